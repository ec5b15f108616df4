"""Drift of words and vectors, measured on a bounded number of documents."""

from collections.abc import Iterator

import polars as pl

from vouch.index.publishing.states import State
from vouch.index.store.generations import published_probe
from vouch.index.store.sampling import (
    Sample,
    concat_samples,
    lowest_document_ids,
    published_sample,
    staged_sample,
)
from vouch.pipeline.context.run_context import Run
from vouch.schemas.runs.record import Drift
from vouch.validators.drift.drift_metrics import Figure, to_drift
from vouch.validators.drift.two_sample_tests import new_words, separation
from vouch.validators.row_parts import values_of

_DOCUMENTS = 200  # of each state


def sample_drift(
    run: Run, source: str, before: State, after: State, arrivals: State
) -> list[Drift]:
    """Compare a source's words and vectors: those the run brings, then the whole with them.

    Returns nothing where a state has too few documents to compare.
    """
    published_ids = lowest_document_ids(before.documents, _DOCUMENTS)
    arrived_ids = lowest_document_ids(arrivals.documents, _DOCUMENTS)
    if min(len(published_ids), len(arrived_ids)) < run.settings.drift.min_documents:
        return []
    published = published_sample(run.tables, published_ids)
    arrived = staged_sample(run.staging, arrived_ids)

    whole_ids = lowest_document_ids(after.documents, _DOCUMENTS)
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


def _figures(run: Run, before: Sample, after: Sample) -> Iterator[Figure]:
    share = new_words(before.texts, after.texts)
    yield "vocabulary", "", f"{share:.1%} more new words", share
    # Only within one generation: vectors of another model are meant to be elsewhere.
    has_same_dimension = before.means.shape[1] == after.means.shape[1]
    if has_same_dimension and published_probe(run.tables, run.fingerprints.embedding) is not None:
        test = separation(before.means, after.means)
        distance = test.coefficient if test.p <= run.settings.drift.alpha else 0.0
        yield "vectors", "", f"energy coefficient {test.coefficient:.2f} (p {test.p:.3f})", distance
