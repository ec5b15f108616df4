"""Drift of words and vectors, over a bounded number of documents; and whether the model still gives the vectors it gave."""

from collections.abc import Iterator

import numpy as np

from flows.context import Run
from flows.outcome import Outcome
from index.candidate import State
from index.generations import published_probe
from index.samples import Sample, choose, joined, published_sample, staged_sample
from schemas.run import Check, Drift, Severity
from schemas.run import Outcome as CheckOutcome
from validators.distribution import new_words, separation
from validators.drift import threshold
from validators.drift_checks import OWNER

_DOCUMENTS = 200  # of each side
_AGAIN = 16
_SAME = 0.99  # cosine of a text's vector with the one that is published: bfloat16 gives 0.9998


def sample_drift(run: Run, source: str, before: State, after: State, arrivals: State) -> list[Drift]:
    """What takes texts and vectors, of a bounded number of documents: of what the run brings, and of the whole with it."""
    least = run.settings.drift.min_documents
    ours, theirs = choose(before.documents, _DOCUMENTS), choose(arrivals.documents, _DOCUMENTS)
    if min(len(ours), len(theirs)) < least:
        return []
    published, arrived = published_sample(run.tables, ours), staged_sample(run.staging, theirs)
    found = [*_distances(run, source, "arrivals", published, arrived)]
    whole, staged = choose(after.documents, _DOCUMENTS), set(arrivals.documents["document_id"])
    kept = published_sample(run.tables, [identity for identity in whole if identity not in staged])
    fresh = staged_sample(run.staging, [identity for identity in whole if identity in staged])
    return [*found, *_distances(run, source, "index", published, joined(kept, fresh))]


def _distances(run: Run, source: str, part: str, before: Sample, after: Sample) -> Iterator[Drift]:
    share = new_words(before.texts, after.texts)
    yield _drift(run, "vocabulary", source, part, f"{share:.1%} more new words", share)
    # Only within one generation: vectors of another model are meant to lie elsewhere.
    if before.means.shape[1] == after.means.shape[1] and published_probe(run.tables, run.fingerprints.embedding) is not None:
        found = separation(before.means, after.means)
        distance = found.coefficient if found.p <= run.settings.drift.alpha else 0.0
        told = f"energy coefficient {found.coefficient:.2f} (p {found.p:.3f})"
        yield _drift(run, "vectors", source, part, told, distance)


def _drift(run: Run, figure: str, source: str, part: str, after: str, distance: float) -> Drift:
    settings = run.settings.drift
    limit = threshold(settings.index if part == "index" else settings.arrivals, figure)
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


def vectors_come_again(run: Run, result: Outcome) -> list[Check]:
    """The model gives published texts the vectors that they have: else a service or a library under it has changed."""
    same = result.candidate.before.chunks["embedding_fingerprint"].unique().to_list() == [run.fingerprints.embedding]
    if not result.accounting.vectors_computed or not same:
        return []
    held = published_sample(run.tables, choose(result.candidate.before.documents, _AGAIN))
    count = min(_AGAIN, len(held.inputs))
    vectors = run.embedder.embed_documents(held.inputs[:count], held.tokens[:count], lambda _: None)
    cosines = np.sum(vectors * held.vectors[:count], axis=1)
    worst = float(cosines.min()) if count else 1.0
    return [
        Check(
            name="published texts get their vectors again",
            scope="chunks",
            owner=OWNER,
            severity=Severity.REJECT,
            outcome=CheckOutcome.PASSED if worst >= _SAME else CheckOutcome.FAILED,
            figure=round(worst, 4),
            threshold=_SAME,
            message=f"least cosine {worst:.4f} over {count} texts, at least {_SAME} wanted",
        )
    ]
