"""Drift of the candidate against the last published state, and against the window of the last runs."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from vouch.index.publishing.candidate import Candidate, State
from vouch.index.store.run_log import published_before
from vouch.pipeline.audit.changeset import Outcome
from vouch.pipeline.audit.drift_sampling import sample_drift
from vouch.pipeline.context.run_context import Run
from vouch.schemas.run import Check, Drift, Severity
from vouch.validators.drift.drift_checks import drift_checks, window_check
from vouch.validators.drift.drift_metrics import drift
from vouch.validators.drift.profile import Profile, figures, profile
from vouch.validators.rows.near_duplicates import repeated_over_documents

_ALL = "all"


@dataclass(frozen=True, slots=True)
class _Scope:
    """A source, or all of them: as published, as it would be, and what the run brings."""

    name: str
    before: State
    after: State
    arrivals: State


def drift_gate(run: Run, result: Outcome) -> tuple[list[Check], dict[str, Any]]:
    """Every figure of the index, of each source, and of what the run brings, with the series' point of this run."""
    after, before = result.candidate, result.candidate.before
    limit = run.settings.policy.boilerplate_documents
    repeated = frozenset(repeated_over_documents(after.chunks, limit)["text_sha256"])
    scopes = _scopes(result.candidate, {source.name for source in run.settings.sources})
    profiles = [_profile(scope.after, repeated) for scope in scopes]
    series = _series(scopes, profiles)
    checks = [window_check(series, _window(run), run.settings.drift)]
    if before.chunks.height == 0:
        return checks, {"metrics": series}
    found = [
        one
        for scope, own in zip(scopes, profiles, strict=True)
        for one in _drift(run, scope, own, repeated)
    ]
    moved = drift_checks(found)
    if _made_otherwise(before, after):
        moved = [check.model_copy(update={"severity": Severity.WARN}) for check in moved]
    checks += moved
    return checks, {
        "drift": tuple(sorted(found, key=lambda one: (*one.urgency, one.figure))),
        "metrics": series,
    }


def _profile(state: State, repeated: frozenset[str]) -> Profile:
    return profile(state.documents, state.chunks, repeated)


def _drift(run: Run, scope: _Scope, after: Profile, repeated: frozenset[str]) -> list[Drift]:
    """Of the index as a whole every figure; of a source also those of what the run brings, and of its words and vectors."""
    settings, owned = run.settings.drift, _owned(run)
    before = _profile(scope.before, repeated)
    found = drift(before, after, settings, scope.name, "index", owned)
    if scope.name == _ALL:
        return found
    found += drift(
        before, _profile(scope.arrivals, repeated), settings, scope.name, "arrivals", owned
    )
    return found + sample_drift(run, scope.name, scope.before, scope.after, scope.arrivals)


def _made_otherwise(before: State, after: State) -> bool:
    """Somebody has changed the chunking or the model: chunks are meant to be others, and a person has to say whether better."""
    made = ("chunk_fingerprint", "embedding_fingerprint")
    return any(
        set(before.chunks[name].unique()) != set(after.chunks[name].unique()) for name in made
    )


def _scopes(candidate: Candidate, named: Collection[str]) -> list[_Scope]:
    """The index as a whole, then each source where there are several; one that is the only one is the whole.

    One that the settings name no more is not held against what it was: it is meant to go, and who guards that is the plan.
    """
    before, arrivals = candidate.before, candidate.arrivals
    sources = (
        pl.concat([before.documents["source"], candidate.documents["source"]])
        .unique()
        .sort()
        .to_list()
    )
    if len(sources) == 1:
        return [_Scope(sources[0], before, candidate, arrivals)]
    parts = [
        _Scope(name, before.of(name), candidate.of(name), arrivals.of(name))
        for name in sources
        if name in named
    ]
    return [_Scope(_ALL, before, candidate, arrivals), *parts]


def _owned(run: Run) -> set[str]:
    """Fields of which a contract says how many may be missing: it decides, not drift."""
    fields = [field for source in run.settings.sources for field in source.contract.fields.items()]
    return {name for name, field in fields if field.max_missing is not None or field.required}


def _series(scopes: Sequence[_Scope], profiles: Sequence[Profile]) -> dict[str, float]:
    """The figures of the whole, and of each source that it still has, where it has several."""
    series = figures(profiles[0])
    parts = zip(scopes[1:], profiles[1:], strict=True)
    held = [(scope.name, own) for scope, own in parts if scope.after.documents.height]
    if len(held) > 1:
        series |= {
            f"{source}: {name}": value
            for source, own in held
            for name, value in figures(own).items()
        }
    return series


def _window(run: Run) -> list[dict[str, float]]:
    """The points of the last published runs."""
    settings = run.settings.drift
    if not settings.window_runs:
        return []
    records = published_before(run.tables, run.run_id, settings.window_runs)
    return [record.metrics for record in records if record.metrics]
