"""Drift of the candidate against the last published state, and against the window of the last runs."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from flows.context import Run
from flows.outcome import Outcome
from index.candidate import State
from index.runs import published_before
from index.samples import Sample, choose, joined, published_sample, staged_sample
from schemas.run import Check, Drift, Severity
from schemas.run import Outcome as CheckOutcome
from validators.distribution import new_words, separation
from validators.drift import drift, threshold
from validators.drift_checks import OWNER, drift_checks, window_check
from validators.duplicates import repeated_over_documents
from validators.profile import Profile, figures, profile

_DOCUMENTS = 200  # of each side, for what needs texts and vectors
_AGAIN = 16
_SAME = 0.99  # cosine of a text's vector with the one that is published: bfloat16 gives 0.9998


def drift_gate(run: Run, result: Outcome) -> tuple[list[Check], dict[str, Any]]:
    """Every figure of the index, of each source, and of what the run brings, with the series' point of this run."""
    after, before, arrivals = result.candidate, result.candidate.before, result.candidate.arrivals
    settings = run.settings.drift
    limit = run.settings.policy.boilerplate_documents
    repeated = frozenset(repeated_over_documents(after.chunks, limit)["text_sha256"])
    whole = profile(after.documents, after.chunks, repeated)
    series = _series(run, whole, after, repeated)
    checks = [window_check(series, _window(run), settings)]
    if before.chunks.height == 0:
        return checks, {"metrics": series}
    found: list[Drift] = []
    for scope, old, new, came in _scopes(run, before, after, arrivals):
        held = profile(old.documents, old.chunks, repeated)
        found += drift(held, profile(new.documents, new.chunks, repeated), settings, scope, "index", _owned(run))
        if scope != "all":
            found += drift(held, profile(came.documents, came.chunks, repeated), settings, scope, "arrivals", _owned(run))
            found += _samples(run, scope, old, new, came)
    moved = drift_checks(found)
    if _made_otherwise(before, after):
        moved = [check.model_copy(update={"severity": Severity.WARN}) for check in moved]
    checks += [*moved, *_vectors_come_again(run, result)]
    return checks, {"drift": tuple(sorted(found, key=_by_urgency)), "metrics": series}


def _made_otherwise(before: State, after: State) -> bool:
    """Somebody has changed the chunking or the model: chunks are meant to be others, and a person has to say whether better."""
    made = ("chunk_fingerprint", "embedding_fingerprint")
    return any(set(before.chunks[name]) != set(after.chunks[name]) for name in made)


def _scopes(run: Run, before: State, after: State, arrivals: State) -> Iterator[tuple[str, State, State, State]]:
    """The index as a whole where it has several sources, and each source."""
    sources = pl.concat([before.documents["source"], after.documents["source"]]).unique().sort()
    if len(sources) > 1:
        yield "all", before, after, arrivals
    for source in sources:
        yield source, before.of(source), after.of(source), arrivals.of(source)


def _owned(run: Run) -> set[str]:
    """Fields of which a contract says how many may be missing: it decides, not drift."""
    fields = [field for source in run.settings.sources for field in source.contract.fields.items()]
    return {name for name, field in fields if field.max_missing is not None or field.required}


def _samples(run: Run, source: str, before: State, after: State, arrivals: State) -> list[Drift]:
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
    if before.means.shape[1] == after.means.shape[1] and run.fingerprints.embedding in _generations(run):
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


def _generations(run: Run) -> set[str]:
    return set(run.tables.generations.to_arrow().column("embedding_fingerprint").to_pylist())


def _vectors_come_again(run: Run, result: Outcome) -> list[Check]:
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


def _series(run: Run, whole: Profile, after: State, repeated: frozenset[str]) -> dict[str, float]:
    series = figures(whole)
    sources = after.documents["source"].unique().sort()
    if len(sources) > 1:
        for source in sources:
            part = after.of(source)
            own = figures(profile(part.documents, part.chunks, repeated))
            series |= {f"{source}: {name}": value for name, value in own.items()}
    return series


def _window(run: Run) -> list[dict[str, float]]:
    """The points of the last published runs."""
    settings = run.settings.drift
    if not settings.window_runs:
        return []
    records = published_before(run.tables, run.begin_record(), settings.window_runs)
    return [record.metrics for record in records if record.metrics]


def _by_urgency(one: Drift) -> tuple[int, float, str]:
    return {"block": 0, "warn": 1, "none": 2}[one.level], -one.distance, one.figure
