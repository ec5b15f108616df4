"""What a run would publish that was rejected, or only staged, as long as its shards are kept."""

from vouch.index.publishing.publish import staging_of
from vouch.index.store.run_log import Intent, intent_of, newest_published
from vouch.index.store.staging import Staging
from vouch.index.store.tables import Tables
from vouch.reports.explanation import run_again
from vouch.schemas.errors import IndexError_, NotFound
from vouch.schemas.runs.record import RunRecord, Status
from vouch.schemas.settings.vouch_yaml import Settings

_STATE = ("chunks", "documents")


def candidate_of(
    tables: Tables, record: RunRecord, settings: Settings, then: str, instead: str = ""
) -> Intent:
    """Return what a run would publish that was rejected or staged, if it can still be published.

    Args:
        tables: The tables, at their newest versions.
        record: The run.
        settings: The settings.
        then: What to do after such a run was made again: part of a message.
        instead: What to do where the run kept nothing: likewise.

    Raises:
        IndexError_: The index has changed since the run was audited.
        NotFound: The run kept nothing, or its shards are gone.
    """
    again = f"run `{run_again(record)}` again, then {then}"
    was = "audited" if record.status is Status.REJECTED else "staged"
    now, newest = tables.versions(), newest_published(tables)
    intent = intent_of(tables, record.run_id)
    has_changed = any(now[name] != record.versions.get(name) for name in _STATE)
    if has_changed or (intent and intent.base and newest and intent.base != newest.run_id):
        by = f" (run {newest.run_id})" if newest else ""
        raise IndexError_(
            f"the index has changed since run {record.run_id} was {was}{by}, so its candidate "
            f"is not what would be published now; {again}"
        )
    if intent is None:
        has_any = record.accounting.published or record.accounting.removed
        why = (
            f"was {record.status} by an earlier version of Vouch, which did not keep what it would "
            "publish"
            if has_any
            else "has nothing to publish"
        )
        raise NotFound(f"run {record.run_id} {why}; {again}{instead}")
    staged_candidate(intent, settings, record.run_id, again)
    return intent


def staged_candidate(intent: Intent, settings: Settings, run_id: str, again: str) -> Staging:
    """Return the shards of what a rejected or staged run would have published.

    `again` says what to do where some are gone. Raises `NotFound` then.
    """
    staging = staging_of(intent, settings)
    gone = set(intent.shards) - staging.finished(intent.shards)
    if gone:
        raise NotFound(
            f"{len(gone)} of {len(intent.shards)} staged shards of run {run_id} are gone or "
            f"damaged (they are kept for run.keep_staged_h, {settings.run.keep_staged_h:g} hours); "
            f"{again}"
        )
    return staging
