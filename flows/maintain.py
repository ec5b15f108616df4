"""Keeps the index quick to search: puts its files together, brings its search indexes up to date, lets go of what is old."""

from pathlib import Path

from prefect import flow

from vouch.flows.artifacts import publish_artifacts
from vouch.flows.flow_options import POLICY
from vouch.flows.parameters import Config, Wait
from vouch.index.publishing.maintenance import maintain as maintain_tables
from vouch.index.publishing.publish import finish
from vouch.index.store.publication_columns import now
from vouch.index.store.run_log import mark_crashed_runs_failed, newest_published, write_run
from vouch.index.store.tables import Tables
from vouch.pipeline.context.notifications import came_and_went
from vouch.pipeline.context.settings_loader import SettingsFile, read_settings
from vouch.pipeline.operations.rollback import locks_of, new_record, write_closed
from vouch.schemas.errors import IndexError_, note_recorded
from vouch.schemas.run import RunRecord, Status

_KIND = "maintain"


@flow(name=_KIND, **POLICY)
def maintain(config: Config = "vouch.yaml", wait_s: Wait = 0.0) -> RunRecord:
    """Put together, index, clean; the rows that readers see stay as they are. Returns the run's record.

    No other run publishes meanwhile. Raises `IndexError_` where nothing is published, or rows are not as they were published.
    """
    file = read_settings(Path(config))
    record = run_maintenance(file, wait_s)
    publish_artifacts(file, record)
    return record


def run_maintenance(file: SettingsFile, wait_s: float = 0.0) -> RunRecord:
    """As the flow, without a server. Cut short it leaves what is read as it is, and the next one goes on from there."""
    locks = locks_of(file)
    with locks.kind(_KIND, wait_s), locks.publisher():
        tables = Tables.open(file.index_folder).require_current()
        mark_crashed_runs_failed(tables, _KIND)
        finish(tables, file.settings)
        newest = newest_published(tables)
        if newest is None:
            raise IndexError_(
                "nothing is published yet, so there is nothing to maintain; run `vouch ingest`"
            )
        kept = {
            "embedding_fingerprint": newest.embedding_fingerprint,
            "model": newest.model,
            "breakdown": newest.breakdown,
        }
        record = new_record(file, _KIND, f"the state of {newest.run_id}").model_copy(update=kept)
        write_run(tables, record)
        return _maintained(file, tables, record)


def _maintained(file: SettingsFile, tables: Tables, record: RunRecord) -> RunRecord:
    try:
        told = maintain_tables(tables, file.settings.index)
    except BaseException as error:
        ended = {
            "status": Status.FAILED,
            "error": f"{type(error).__name__}: {error}",
            "ended_at": now(),
        }
        failed = record.model_copy(update=ended)
        write_run(tables, failed)
        came_and_went(file, tables, failed)
        note_recorded(error)
        raise
    figures = told.after.model_dump(exclude={"vectors"}) if told else {}
    done = {
        "status": Status.UNCHANGED,
        "maintenance": told,
        "metrics": {name: float(figures[name]) for name in figures},
    }
    return write_closed(file, tables, record.model_copy(update=done))
