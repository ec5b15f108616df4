"""The kinds of run that people and schedules start, each with the parameters that it can be given.

Each reads the settings once, makes its requests and hands them to `run_one`, which is
`vouch.pipeline.local_runner.run_locally` or `vouch.flows.prefect_runner.run_in_flow`. The command
line, the Python API and the flows all call these functions.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from vouch.index.lineage.checks import HealthCheck, Repair
from vouch.index.lineage.impact import roots_of
from vouch.index.store.lookups import indexed_ids
from vouch.index.store.tables import Tables
from vouch.pipeline.backfill import Backfill, RunOne
from vouch.pipeline.context.backfill_windows import cut_windows
from vouch.pipeline.context.scope import Scope
from vouch.pipeline.context.settings_loader import SettingsFile, read_golden, read_settings
from vouch.pipeline.operations import maintenance
from vouch.pipeline.operations.doctor import Diagnosis, diagnose, repair_stored
from vouch.pipeline.planning.saved_plan import SavedPlan
from vouch.pipeline.run_request import RunRequest
from vouch.pipeline.shadows.update import request_update
from vouch.schemas.errors import SettingsError
from vouch.schemas.runs.record import RunRecord
from vouch.schemas.settings.choices import Redo, TimeBasis, WindowLength


def ingest(
    run_one: RunOne,
    config: str | Path = "vouch.yaml",
    allow_mass_delete: bool = False,
    plan: str | Path | None = None,
    max_documents: int | None = None,
    max_tokens: int | None = None,
    wait_s: float = 0.0,
    device: str | None = None,
) -> RunRecord:
    """Bring the index up to date with its sources.

    `plan` is the path or URL of a saved plan, which is then all that is done; `max_documents` and
    `max_tokens` replace the limits of the settings, `device` its embedding.device; `wait_s` is how
    long to wait for another ingest run, in seconds. Raises `RunRejected` where the verdict is
    reject, and other `VouchError`s where the run cannot be finished; in both cases nothing that
    readers see has changed.
    """
    file = read_settings(Path(config)).with_limits(max_documents, max_tokens).with_device(device)
    saved = SavedPlan.read(file.location(str(plan), Path.cwd())) if plan else None
    return run_one(
        RunRequest(file, allow_mass_delete=allow_mass_delete, wait_s=wait_s, saved_plan=saved)
    )


def backfill(
    run_one: RunOne,
    config: str | Path = "vouch.yaml",
    since: datetime | None = None,
    until: datetime | None = None,
    every: WindowLength | None = None,
    by: TimeBasis = TimeBasis.MODIFIED,
    sources: Sequence[str] | None = None,
    path: str | None = None,
    reasons: Sequence[str] | None = None,
    reprocess: Redo | None = None,
    max_documents: int | None = None,
    max_tokens: int | None = None,
    wait_s: float = 0.0,
    restart: bool = False,
    device: str | None = None,
) -> list[RunRecord]:
    """Do one run a window `[since, until)`, cut along the calendar by `every`, oldest first.

    Each window publishes by itself; nothing is ever removed. A document's source time is when it
    was `modified`, or the date in its `path` (the source's `path_date`). `path` is a pattern as in
    .gitignore, `reasons` are those of documents in quarantine; `reprocess` does a stage and those
    after it again though nothing has changed. Windows without work have no run.

    A backfill that was stopped continues where it was, if it is asked for the same with the same
    settings; `restart` begins it again. `max_documents` and `max_tokens` are limits of the whole
    backfill, those of the settings of each run. Between windows runs of other kinds go first. A
    window that is rejected does not keep the others from being tried: `RunRejected` is raised when
    all were.
    """
    file = read_settings(Path(config)).with_device(device)
    windows = cut_windows(since, until, every, by)
    scope = Scope(
        "backfill", tuple(sources or ()), path, tuple(reasons or ()), redo=reprocess, partial=True
    )
    scope.check(file.settings)
    request = RunRequest(file, scope, wait_s=wait_s)
    if len(windows) > 1:
        cut = [window for window in windows if window]
        return Backfill(request, cut, max_documents, max_tokens, restart).run(run_one)
    # A single window lists in its run, where the listing is a stage that Prefect's pages show.
    limited = file.with_limits(max_documents, max_tokens)
    (window,) = windows
    return [run_one(replace(request, file=limited, scope=replace(scope, window=window)))]


def replay(
    run_one: RunOne,
    config: str | Path = "vouch.yaml",
    sources: Sequence[str] | None = None,
    path: str | None = None,
    reasons: Sequence[str] | None = None,
    wait_s: float = 0.0,
) -> RunRecord:
    """Try just the documents in quarantine again, parked ones too.

    `path` is a pattern as in .gitignore. Nothing is removed. Raises as `ingest` does.
    """
    scope = Scope("replay", tuple(sources or ()), path, tuple(reasons or ()), quarantined_only=True)
    return run_one(RunRequest(read_settings(Path(config)), scope, wait_s=wait_s))


def reindex(
    run_one: RunOne,
    config: str | Path = "vouch.yaml",
    sources: Sequence[str] | None = None,
    golden: str | Path | None = None,
    switch: bool = False,
    again: Redo | None = None,
    wait_s: float = 0.0,
    shadow: str | None = None,
    device: str | None = None,
) -> RunRecord:
    """Chunk and embed the stored texts with the present chunker, contracts and model.

    No file is read, nothing is parsed. The candidate is staged beside the published state and,
    with `golden` (the path of golden queries), compared with it; `switch` publishes it in one
    step. `again` does a stage again though nothing has changed. Raises `SettingsError` for parsing
    again, else as `ingest` does.

    With `shadow` it is the shadow of that name in the settings that is made, or brought up to date,
    and the other parameters do not apply, but for the device.
    """
    file = read_settings(Path(config)).with_device(device)
    if shadow:
        if sources or golden or switch or again:
            raise SettingsError(
                "a shadow is made of all documents and compared by the golden queries of the "
                "settings; `vouch switch NAME` publishes it"
            )
        return run_one(request_update(file, shadow, wait_s))
    if again is Redo.PARSE:
        raise SettingsError("reindex never parses; `vouch backfill --reprocess parse` does")
    return run_one(
        RunRequest(
            file,
            Scope("reindex", tuple(sources or ()), redo=again, from_index=True),
            wait_s=wait_s,
            golden=read_golden(Path(golden)) if golden else None,
            publish=switch,
        )
    )


def repair(run_one: RunOne, config: str | Path = "vouch.yaml") -> Diagnosis:
    """Repair what can be repaired, and return what is left.

    Rows of damaged documents are made again from the stored text, or, where that is damaged
    itself or lost, from the source. Sound vectors are kept, and their texts are not embedded again.
    """
    file = read_settings(Path(config))
    # First what stored data can repair: a document that is processed again would be new work.
    stored = repair_stored(file)
    for scope in _repair_scopes(file, stored):
        run_one(RunRequest(file, scope))
    return replace(diagnose(file), repaired=stored.repaired)


def _repair_scopes(file: SettingsFile, stored: Diagnosis) -> list[Scope]:
    """Return the scopes of the runs that make damaged documents again."""
    tables = Tables.open(file.index_location)
    reread, remade = (
        {
            identity
            for finding in stored.findings
            if finding.repair is way
            for identity in finding.documents
        }
        for way in (Repair.REREAD, Repair.REMAKE)
    )
    scopes = [
        Scope("repair", redo=redo, from_index=redo is Redo.CHUNK, documents=roots)
        for redo, damaged in ((Redo.PARSE, reread), (Redo.CHUNK, remade | stored.rebuild))
        if (roots := frozenset(roots_of(tables, damaged)))
    ]
    is_incomplete = stored.incomplete or _lacks_rejects(stored) or reread - indexed_ids(tables)
    if is_incomplete:
        # Rows are lost: a run over everything, which removes nothing, makes them again.
        scopes.append(Scope("repair", partial=True))
    return scopes


def _lacks_rejects(diagnosis: Diagnosis) -> bool:
    return any(finding.id is HealthCheck.QUARANTINED_HAVE_REJECT for finding in diagnosis.findings)


def maintain(config: str | Path = "vouch.yaml", wait_s: float = 0.0) -> RunRecord:
    """Compact, index and clean up; the rows that readers see stay as they are.

    It has no stages, and so takes no runner.
    """
    return maintenance.maintain(read_settings(Path(config)), wait_s)
