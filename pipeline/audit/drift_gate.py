"""The drift gate: the candidate against the last published state and the last published runs."""

from collections.abc import Iterable, Sequence

from vouch.index.publishing.states import Candidate, State
from vouch.index.store.run_log import published_before
from vouch.pipeline.audit.changeset import Changeset
from vouch.pipeline.audit.drift_sampling import sample_drift
from vouch.pipeline.audit.drift_scopes import ALL_SOURCES, DriftScope, drift_scopes
from vouch.pipeline.audit.gate_result import GateResult
from vouch.pipeline.context.run_context import Run
from vouch.schemas.runs.record import Drift, Severity
from vouch.schemas.settings.sources import SourceSettings
from vouch.validators.drift.drift_checks import drift_checks, usual_range_check
from vouch.validators.drift.drift_metrics import compare_profiles
from vouch.validators.drift.profile import Profile, build_profile, to_series
from vouch.validators.row_parts import count, values_of
from vouch.validators.rows.near_duplicates import repeated_over_documents


def drift_gate(run: Run, changeset: Changeset) -> GateResult:
    """Compare every figure of the index, of each source, and of what the run brings.

    The result has this run's point of the series.
    """
    settings, sources, candidate = run.settings.drift, run.settings.sources, changeset.candidate
    limit = run.settings.policy.boilerplate_documents
    boilerplate = frozenset(repeated_over_documents(candidate.chunks, limit)["text_sha256"])
    scopes = drift_scopes(candidate, {source.name for source in sources})
    profiles = [_profile(scope.after, boilerplate) for scope in scopes]
    point = series_point(scopes, profiles)
    range_check = usual_range_check(point, _window(run), settings)
    if not count(candidate.before.chunks):
        return GateResult((range_check,), metrics=point)

    contract_fields = fields_with_missing_limit(sources)
    drifts: list[Drift] = []
    for scope, after in zip(scopes, profiles, strict=True):
        before = _profile(scope.before, boilerplate)
        drifts += compare_profiles(before, after, settings, scope.name, "index", contract_fields)
        # What the run brings, and its words and vectors, are compared source by source: over all
        # sources they would drift wherever the run is about a few of them.
        if scope.name != ALL_SOURCES:
            arrivals = _profile(scope.arrivals, boilerplate)
            drifts += compare_profiles(
                before, arrivals, settings, scope.name, "arrivals", contract_fields
            )
            drifts += sample_drift(run, scope.name, scope.before, scope.after, scope.arrivals)
    checks = drift_checks(drifts)
    if was_made_differently(candidate):
        checks = [check.model_copy(update={"severity": Severity.WARN}) for check in checks]
    drifts.sort(key=lambda drift: (*drift.urgency, drift.figure))
    return GateResult((range_check, *checks), fields={"drift": tuple(drifts)}, metrics=point)


def _profile(state: State, boilerplate: frozenset[str]) -> Profile:
    return build_profile(state.documents, state.chunks, boilerplate)


def was_made_differently(candidate: Candidate) -> bool:
    """Return whether the chunking or the model has changed.

    Then drift is intended, and a person has to judge whether the result is better.
    """
    return any(
        values_of(candidate.before.chunks, column) != values_of(candidate.chunks, column)
        for column in ("chunk_fingerprint", "embedding_fingerprint")
    )


def fields_with_missing_limit(sources: Iterable[SourceSettings]) -> set[str]:
    """Return the metadata fields whose missing share a contract limits."""
    return {
        name
        for source in sources
        for name, field in source.contract.fields.items()
        if field.max_missing is not None or field.required
    }


def series_point(scopes: Sequence[DriftScope], profiles: Sequence[Profile]) -> dict[str, float]:
    """Return the figures of the whole index, and of each source that still has documents."""
    point = to_series(profiles[0])
    sources = [
        (scope.name, profile)
        for scope, profile in zip(scopes[1:], profiles[1:], strict=True)
        if count(scope.after.documents)
    ]
    if len(sources) > 1:
        for source, profile in sources:
            point |= {f"{source}: {name}": value for name, value in to_series(profile).items()}
    return point


def _window(run: Run) -> list[dict[str, float]]:
    """Return the points of the last published runs."""
    runs = run.settings.drift.window_runs
    if not runs:
        return []
    records = published_before(run.tables, run.run_id, runs)
    return [record.metrics for record in records if record.metrics]
