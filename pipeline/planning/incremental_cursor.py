"""Determines from where on a table with a cursor is listed: from the index alone, and only where no
row is skipped by it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import polars as pl

from vouch.index.store.lookups import ingested_metadata
from vouch.index.store.run_log import list_runs
from vouch.index.store.tables import Tables
from vouch.pipeline.planning.index_state import IndexState, Staleness, staleness
from vouch.pipeline.planning.stored_rows import StoredRows
from vouch.pipeline.planning.unchanged_documents import with_current
from vouch.schemas.documents.records import Fingerprints, Reason
from vouch.schemas.runs.record import Status
from vouch.schemas.settings.sources import SourceSettings
from vouch.schemas.settings.table_source import TableSource
from vouch.sources.tables.cursor import newest

_RUNS = 200  # are looked at; where none of them listed the whole table, this run does
_UNKNOWN_ROWS = (Reason.NO_KEY, Reason.DOUBLED_KEY)


def cursor_start(
    source: SourceSettings, tables: Tables | None, now: Fingerprints, at: datetime
) -> str | None:
    """Return the greatest indexed value of the cursor; None where the whole table is to be listed.

    That is so where the table has no cursor, where no run has listed the whole of it, and where an
    indexed row is to be processed again: it would not be listed.
    """
    if not isinstance(source, TableSource) or source.cursor is None or tables is None:
        return None
    if not _was_listed_whole(source.name, tables):
        return None
    if not _all_need_nothing(source, StoredRows.read(tables), now, at):
        return None
    # Rows of ingest runs only: a backfill may have taken newer rows than those that no run has
    # listed yet.
    pairs = (pair for metadata in ingested_metadata(tables, source.name) for pair in metadata)
    return newest(pair["value"] for pair in pairs if pair["key"] == source.cursor)


def _was_listed_whole(name: str, tables: Tables) -> bool:
    """Return whether there was a complete listing and the runs since then have listed all that came
    after it.
    """
    for record in list_runs(tables, _RUNS):
        if record.kind == "rollback":
            # Rows that runs since then have listed may be gone from the index again.
            return False
        if record.kind != "ingest" or record.status not in (Status.PUBLISHED, Status.UNCHANGED):
            continue
        for source in record.sources:
            if source.name == name and (source.in_doubt or source.complete):
                return not source.in_doubt
    return False


def _all_need_nothing(
    source: TableSource, stored: StoredRows, now: Fingerprints, at: datetime
) -> bool:
    """Return whether every row is as the settings would make it; columns show it of most."""
    singly = stored.looked_at_singly
    same_reading = pl.col("etag").str.starts_with(f"{source.reading}:").fill_null(value=False)
    for part in stored.roots():
        rows = part.filter(pl.col("source") == source.name)
        current = with_current(rows, source.name, singly, now)
        rest = current.filter(~(pl.col("current") & same_reading)).drop("current")
        state = IndexState(pl.concat([stored.attached, rest]), stored.quarantine)
        if not all(_needs_nothing(row, source, state, now, at) for row in state.roots(source.name)):
            return False
    return True


def _needs_nothing(
    row: Mapping[str, Any], source: TableSource, state: IndexState, now: Fingerprints, at: datetime
) -> bool:
    """Return whether an indexed row is as the present settings would make it."""
    # The etag of a row begins with a hash of how it is read: other columns make it another row.
    same_reading = (row["etag"] or "").startswith(f"{source.reading}:")
    if row["remove_after"] or row["reason"] in _UNKNOWN_ROWS or not same_reading:
        return False
    if row["status"] == "filtered":
        return True
    family = state.family(row["document_id"])
    return family is None or staleness(family, now, at) == Staleness()
