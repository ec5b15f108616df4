"""From where on a table with a cursor is listed: told by the index alone, and only where that passes no row over."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lancedb.expr import col, lit

from vouch.index.store.lookups import indexed_documents, indexed_quarantine
from vouch.index.store.run_log import list_runs
from vouch.index.store.tables import Tables, rows
from vouch.pipeline.planning.index_state import HeldState, Staleness, staleness
from vouch.schemas.records import Fingerprints, Reason
from vouch.schemas.run import Status
from vouch.schemas.settings import SourceSettings
from vouch.schemas.table_source import TableSource
from vouch.sources.tables.cursor import newest

_RUNS = 200  # looked at; where none of them listed the whole table, this one does
_UNTOLD = (Reason.NO_KEY, Reason.DOUBLED_KEY)


def newest_held(
    source: SourceSettings, tables: Tables | None, now: Fingerprints, at: datetime
) -> str | None:
    """The greatest value of the cursor among the rows that the index holds; None where the whole table is to be listed.

    That is so where the table has no cursor, where no run has listed the whole of it, and where something that the index
    holds of it is to be made again or looked at again: old rows would not be listed for it.
    """
    if not isinstance(source, TableSource) or source.cursor is None or tables is None:
        return None
    if not _listed_whole(source.name, tables) or not _settled(source, tables, now, at):
        return None
    held = rows(
        tables.documents, ["run_id", "metadata"], col("source") == lit(source.name)
    ).to_pylist()
    # A backfill may have taken newer rows than those that no run has listed yet.
    ingests = set(
        rows(tables.runs, ["run_id"], col("kind") == lit("ingest")).column("run_id").to_pylist()
    )
    values = (
        pair["value"]
        for row in held
        if row["run_id"] in ingests
        for pair in row["metadata"]
        if pair["key"] == source.cursor
    )
    return newest(values)


def _listed_whole(name: str, tables: Tables) -> bool:
    """Whether the runs since a complete listing have all listed what came after it."""
    for record in list_runs(tables, _RUNS):
        if record.kind == "rollback":
            return False
        told = next((one for one in record.sources if one.name == name), None)
        if (
            record.kind != "ingest"
            or record.status not in (Status.PUBLISHED, Status.UNCHANGED)
            or told is None
        ):
            continue
        if told.in_doubt or told.complete:
            return not told.in_doubt
    return False


def _settled(source: TableSource, tables: Tables, now: Fingerprints, at: datetime) -> bool:
    state = HeldState(indexed_documents(tables), indexed_quarantine(tables))
    return all(_is_settled(row, source, state, now, at) for row in state.roots(source.name))


def _is_settled(
    row: Mapping[str, Any], source: TableSource, state: HeldState, now: Fingerprints, at: datetime
) -> bool:
    """Whether a held row needs nothing, as the settings say now."""
    if (
        row["remove_after"]
        or row["reason"] in _UNTOLD
        or not (row["etag"] or "").startswith(f"{source.reading}:")
    ):
        return False
    family = state.family(row["document_id"])
    return (
        family is None or row["status"] == "filtered" or staleness(family, now, at) == Staleness()
    )
