"""Examines index, documents, sources and staging together, and mends what can be mended from what is stored."""

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from vouch.index.lineage.checks import HealthCheck, Repair
from vouch.index.lineage.health_checks import Finding, examine
from vouch.index.lineage.integrity import find_flaws
from vouch.index.publishing.publish import finish, restore
from vouch.index.publishing.search_indexes import refresh_indexes
from vouch.index.publishing.versions import at_state, versions_of
from vouch.index.store.run_log import (
    Intent,
    list_runs,
    mark_crashed_runs_failed,
    newest_published,
    unfinished,
)
from vouch.index.store.staging import remove_folders
from vouch.index.store.tables import Tables
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.pipeline.operations.rollback import locks_of, new_record, write_closed
from vouch.pipeline.planning.dry_run import Preview, preview
from vouch.pipeline.planning.plan import WORK, Action
from vouch.pipeline.planning.sharding import shards
from vouch.schemas.run import Status

_REMEMBERED = 200  # runs
_KEEPS = (Status.FAILED, Status.REJECTED, Status.STAGED)
KINDS = ("ingest", "backfill", "replay", "reindex", "repair", "maintain")


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """`findings` are wrong; `waiting` is only not done yet: documents that the next run would take up, by action.

    `unnamed` are documents by source of sources that the settings do not name: the next run over all sources removes them.
    While runs are `at_work` (their kinds), what is staged or half published is theirs, and not looked at.
    """

    findings: tuple[Finding, ...]
    waiting: dict[str, int]
    unnamed: dict[str, int]
    at_work: tuple[str, ...] = ()


def diagnose(file: SettingsFile) -> Diagnosis:
    """Look at everything and change nothing."""
    tables = Tables.open(file.index_folder).require_current()
    seen = preview(file)
    waiting = {
        str(action): len(seen.plan.of(action))
        for action in Action
        if action in WORK or action is Action.REMOVED
    }
    at_work = locks_of(file).at_work(KINDS)
    found = examine(tables)
    if at_work:
        found = [finding for finding in found if finding.repair is not Repair.FINISH]
    else:
        found += _leftovers(file, tables, seen)
    waiting = {action: count for action, count in waiting.items() if count}
    return Diagnosis(tuple(found), waiting, _unnamed(file, seen), at_work)


def _unnamed(file: SettingsFile, seen: Preview) -> dict[str, int]:
    left = seen.plan.held.roots_beside([source.name for source in file.settings.sources])
    return dict(sorted(left.group_by("source").len().iter_rows()))


def _leftovers(file: SettingsFile, tables: Tables, seen: Preview) -> Iterable[Finding]:
    names = tuple(folder.name for folder in _abandoned(file, tables, seen))
    if names:
        yield Finding.of(HealthCheck.NO_LEFTOVERS, names, Repair.SWEEP)


def _abandoned(file: SettingsFile, tables: Tables, seen: Preview) -> list[Path]:
    """What no run, at work or to come, takes up: neither the next one, nor one that keeps its shards to be published."""
    plan, run = seen.plan, file.settings.run
    wanted = {shard.name for shard in shards(plan, seen.fingerprints, run, None, "")}
    wanted |= {name for one in unfinished(tables) for name in one.intent.shards}
    newest = {
        record.kind: record
        for record in reversed(list_runs(tables, _REMEMBERED))
        if record.status is not Status.RUNNING
    }
    wanted |= {
        name for record in newest.values() if record.status in _KEEPS for name in record.staged
    }
    folders = [file.work_folder / "shards", file.work_folder]
    there = [entry for folder in folders if folder.is_dir() for entry in sorted(folder.iterdir())]
    return [entry for entry in there if entry.name not in wanted and entry.name != "shards"]


def repair(file: SettingsFile) -> Diagnosis:
    """Mend what the tables and the staged files alone can mend; returns what is left. Raises `IndexError_` during a run.

    What has to be made again from kept texts or read again is `vouch.flows.repair`'s.
    """
    locks = locks_of(file)
    with ExitStack() as held:
        for kind in KINDS:
            held.enter_context(locks.kind(kind, 0.0))
        held.enter_context(locks.publisher())
        tables = Tables.open(file.index_folder)
        finish(tables, file.settings)
        for kind in KINDS:
            mark_crashed_runs_failed(tables, kind)
        findings = examine(tables)
        if _published_whole(tables, findings):
            _restore(file, tables, findings)
        if findings:
            refresh_indexes(tables, file.settings.index)
        remove_folders(_abandoned(file, tables, preview(file)))
    return diagnose(file)


def _published_whole(tables: Tables, findings: list[Finding]) -> bool:
    """Whether what is wrong came after the last run published: then its rows are there to be brought back."""
    newest = newest_published(tables)
    if newest is None:
        return False
    damaged = {identity for finding in findings for identity in finding.documents}
    if damaged:
        then = {flaw.document_id for flaw in find_flaws(at_state(tables, newest.run_id))}
        return not damaged <= then
    return any(finding.repair is Repair.RESTORE for finding in findings)


def _restore(file: SettingsFile, tables: Tables, findings: list[Finding]) -> None:
    newest = newest_published(tables)
    if newest is None:
        return
    record = new_record(file, "repair", f"rows as run {newest.run_id} published them")
    kept = {"embedding_fingerprint": newest.embedding_fingerprint, "breakdown": newest.breakdown}
    versions = versions_of(tables, newest.run_id)
    # Rejects of a run that published nothing came later, and are right.
    about_rejects = {HealthCheck.QUARANTINED_HAVE_REJECT, HealthCheck.REJECTS_HAVE_DOCUMENT}
    if not any(
        finding.id in about_rejects or finding.table == "quarantine" for finding in findings
    ):
        del versions["quarantine"]
    write_closed(
        file,
        tables,
        restore(tables, Intent(restore=versions), record.model_copy(update=kept), file.settings),
    )
