"""Drift of the candidate against the last published state, and against the window of the last runs."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from flows.context import Run
from flows.drift_samples import sample_drift, vectors_come_again
from flows.outcome import Outcome
from index.candidate import State
from index.runs import published_before
from schemas.run import Check, Drift, Severity
from validators.drift import drift
from validators.drift_checks import drift_checks, window_check
from validators.duplicates import repeated_over_documents
from validators.profile import Profile, figures, profile


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
            found += sample_drift(run, scope, old, new, came)
    moved = drift_checks(found)
    if _made_otherwise(before, after):
        moved = [check.model_copy(update={"severity": Severity.WARN}) for check in moved]
    checks += [*moved, *vectors_come_again(run, result)]
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
    records = published_before(run.tables, run.run_id, settings.window_runs)
    return [record.metrics for record in records if record.metrics]


def _by_urgency(one: Drift) -> tuple[int, float, str]:
    return {"block": 0, "warn": 1, "none": 2}[one.level], -one.distance, one.figure
