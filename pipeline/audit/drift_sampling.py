"""Drift of words and vectors, over a bounded number of documents."""

from collections.abc import Iterator

from vouch.index.publishing.candidate import State
from vouch.index.store.generations import published_probe
from vouch.index.store.sampling import Sample, lowest_document_ids, concat_samples, published_sample, staged_sample
from vouch.pipeline.context.run_context import Run
from vouch.schemas.run import Drift
from vouch.validators.drift.two_sample_tests import new_words, separation

_DOCUMENTS = 200  # of each side


def sample_drift(
    run: Run, source: str, before: State, after: State, arrivals: State
) -> list[Drift]:
    """What takes texts and vectors, of a bounded number of documents: of what the run brings, and of the whole with it."""
    least = run.settings.drift.min_documents
    ours, theirs = lowest_document_ids(before.documents, _DOCUMENTS), lowest_document_ids(arrivals.documents, _DOCUMENTS)
    if min(len(ours), len(theirs)) < least:
        return []
    published, arrived = published_sample(run.tables, ours), staged_sample(run.staging, theirs)
    found = [*_distances(run, source, "arrivals", published, arrived)]
    whole, staged = lowest_document_ids(after.documents, _DOCUMENTS), set(arrivals.documents["document_id"])
    kept = published_sample(run.tables, [identity for identity in whole if identity not in staged])
    fresh = staged_sample(run.staging, [identity for identity in whole if identity in staged])
    return [*found, *_distances(run, source, "index", published, concat_samples(kept, fresh))]


def _distances(run: Run, source: str, part: str, before: Sample, after: Sample) -> Iterator[Drift]:
    share = new_words(before.texts, after.texts)
    yield _drift(run, "vocabulary", source, part, f"{share:.1%} more new words", share)
    # Only within one generation: vectors of another model are meant to lie elsewhere.
    if (
        before.means.shape[1] == after.means.shape[1]
        and published_probe(run.tables, run.fingerprints.embedding) is not None
    ):
        found = separation(before.means, after.means)
        distance = found.coefficient if found.p <= run.settings.drift.alpha else 0.0
        told = f"energy coefficient {found.coefficient:.2f} (p {found.p:.3f})"
        yield _drift(run, "vectors", source, part, told, distance)


def _drift(run: Run, figure: str, source: str, part: str, after: str, distance: float) -> Drift:
    settings = run.settings.drift
    limit = (settings.index if part == "index" else settings.arrivals).of(figure)
    return Drift(
        figure=figure,
        scope=source,
        part=part,
        before="",
        after=after,
        distance=round(distance, 4),
        warn=limit.warn,
        block=limit.block,
    )
