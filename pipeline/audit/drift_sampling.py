"""Drift of words and vectors, measured on a bounded number of documents."""

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from vouch.index.publishing.states import State
from vouch.index.store.generations import has_chunks
from vouch.index.store.sampling import (
    Sample,
    concat_samples,
    lowest_document_ids,
    published_sample,
    staged_sample,
)
from vouch.pipeline.context.run_context import Run
from vouch.schemas.runs.record import Drift
from vouch.validators.concerned import Concerned, concerned
from vouch.validators.drift.drift_metrics import Figure, to_drift
from vouch.validators.drift.two_sample_tests import (
    distances_from,
    new_words,
    separation,
    unknown_share,
    vocabulary_of,
)
from vouch.validators.row_parts import Rows, values_of

_DOCUMENTS = 200  # of each state
_USUAL = 0.95  # of the published documents are as near as this


def sample_drift(
    run: Run, source: str, before: State, after: State, arrivals: State
) -> list[Drift]:
    """Compare a source's words and vectors: those the run brings, then the whole with them.

    Returns nothing where a state has too few documents to compare.
    """
    published_ids, arrived_ids = sampled_ids(before), sampled_ids(arrivals)
    if min(len(published_ids), len(arrived_ids)) < run.settings.drift.min_documents:
        return []
    published = published_sample(run.tables, published_ids)
    arrived = staged_sample(run.staging, arrived_ids)

    whole_ids = sampled_ids(after)
    ids = pl.Series(whole_ids, dtype=pl.String).implode()
    staged = values_of(arrivals.documents.filter(pl.col("document_id").is_in(ids)), "document_id")
    whole = concat_samples(
        published_sample(run.tables, [key for key in whole_ids if key not in staged]),
        staged_sample(run.staging, [key for key in whole_ids if key in staged]),
    )
    settings = run.settings.drift
    return [
        to_drift(figure, source, part, limits)
        for part, sample, limits in (
            ("arrivals", arrived, settings.arrivals),
            ("index", whole, settings.index),
        )
        for figure in _figures(run, published, sample)
    ]


def sampled_ids(state: State) -> list[str]:
    """Return the documents of a state that are compared."""
    return lowest_document_ids(state.documents, _DOCUMENTS)


def _figures(run: Run, before: Sample, after: Sample) -> Iterator[Figure]:
    share = new_words(before.texts, after.texts)
    yield "vocabulary", "", f"{share:.1%} more new words than usual", share
    # Only within one generation: vectors of another model are meant to be elsewhere.
    has_same_dimension = before.means.shape[1] == after.means.shape[1]
    if has_same_dimension and has_chunks(run.tables, run.fingerprints.embedding):
        test = separation(before.means, after.means)
        distance = test.coefficient if test.p <= run.settings.drift.alpha else 0.0
        yield "vectors", "", f"energy coefficient {test.coefficient:.2f} (p {test.p:.3f})", distance


def farthest(figure: str, documents: Rows, published: Sample, arrived: Sample) -> Concerned:
    """Return the sampled `documents` of a run that are farther from the published ones, by their
    words or vectors, than 95 % of those are.
    """
    find = _new_words_of_each if figure == "vocabulary" else _distances
    distances, usual, phrase = find(published, arrived)
    rows = pl.DataFrame(
        {"document_id": arrived.documents, "distance": distances},
        schema={"document_id": pl.String, "distance": pl.Float64},
    ).filter(pl.col("distance") > usual)
    named = rows.lazy().join(documents.lazy().select("document_id", "uri"), on="document_id")
    distance = (100 * pl.col("distance")).round(0).cast(pl.Int64)
    message = pl.format(phrase, distance, pl.lit(f"{100 * usual:.0f}"))
    return concerned(named, message, pl.col("distance"))


def _new_words_of_each(published: Sample, arrived: Sample) -> tuple[Sequence[float], float, str]:
    vocabulary = vocabulary_of(published.texts)
    unread = _texts(published, every_second=True)
    usual = [unknown_share(texts, vocabulary) for texts in unread.values()]
    texts = _texts(arrived)
    shares = [unknown_share(texts[key], vocabulary) for key in arrived.documents]
    phrase = "{} % of its words are new, in published documents at most {} %"
    return shares, _limit(usual), phrase


def _texts(sample: Sample, *, every_second: bool = False) -> dict[str, list[str]]:
    """Return the texts by document; `every_second` are those that make no vocabulary."""
    texts: dict[str, list[str]] = {}
    step = slice(1, None, 2) if every_second else slice(None)
    for owner, text in zip(sample.owners[step], sample.texts[step], strict=True):
        texts.setdefault(owner, []).append(text)
    return texts


def _distances(published: Sample, arrived: Sample) -> tuple[Sequence[float], float, str]:
    usual = distances_from(published.means, published.means)
    distances = distances_from(published.means, arrived.means)
    phrase = "cosine distance {} % from the mean of the published documents, of those at most {} %"
    return distances.tolist(), _limit(usual.tolist()), phrase


def _limit(usual: Sequence[float]) -> float:
    return float(np.quantile(usual, _USUAL)) if usual else 0.0
