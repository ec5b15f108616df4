"""Fill in the columns that only the publishing run can know: ids, times, counts of attempts.

Staged shards leave these columns null, because a later run may publish what an earlier one staged.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from vouch.index.store.staging import Staging
from vouch.index.store.stored_vectors import as_stored
from vouch.index.store.tables import Tables, dicts, frames, is_in, row_schema
from vouch.schemas.documents.records import Reason
from vouch.schemas.settings.run import RunSettings

Row = dict[str, Any]

# Transient failures are retried after a delay. All others are retried only when
# the file, its parser or a setting has changed.
TRANSIENT_REASONS = frozenset(
    {Reason.FETCH_FAILED, Reason.PARSER_TIMEOUT, Reason.PARSER_MEMORY, Reason.PARSER_CRASHED}
)
_MAX_DOUBLINGS = 20  # of the retry delay; without a limit the date would overflow


@dataclass(frozen=True, slots=True)
class Stamp:
    """The id and the start of the run that publishes."""

    run_id: str
    at: datetime


def new_run_id(started: datetime) -> str:
    """Return an id for a run that starts at this time; its beginning is the time, to the second."""
    return f"{started:%Y%m%dT%H%M%S}-{token_hex(3)}"


def now() -> datetime:
    """Return the current time, aware, in UTC."""
    return datetime.now(UTC)


def stamped_chunks(staging: Staging, schema: pa.Schema, stamp: Stamp) -> pa.RecordBatchReader:
    """Return the staged chunk rows as they are to be published in a table of this schema."""
    return _reader(
        staging, "chunks", schema, lambda batch: as_stored(_fill_stamp(batch, stamp), schema)
    )


def stamped_documents(
    tables: Tables, staging: Staging, stamp: Stamp, renamed: Mapping[str, str]
) -> pa.RecordBatchReader:
    """Return the staged document rows as they are to be published.

    A document keeps the run that saw it first and its former uri, unless `renamed` (former uris
    by document id) has a newer one.
    """
    columns = ("document_id", "first_run_id", "renamed_from")
    staged_ids = staging.frame("documents", ("document_id",))
    indexed = pl.concat(
        part.join(staged_ids, on="document_id", how="semi")
        for part in frames(tables.documents, {name: name for name in columns})
    )
    first_runs = dict(zip(indexed["document_id"], indexed["first_run_id"], strict=True))
    former_uris = dict(zip(indexed["document_id"], indexed["renamed_from"], strict=True))
    former_uris |= renamed

    def fill(batch: pa.RecordBatch) -> pa.RecordBatch:
        ids = batch.column("document_id").to_pylist()
        runs = [first_runs.get(identity, stamp.run_id) for identity in ids]
        batch = _with_column(batch, "first_run_id", runs)
        batch = _with_column(batch, "renamed_from", [former_uris.get(identity) for identity in ids])
        return _fill_stamp(batch, stamp)

    return _reader(staging, "documents", row_schema(tables.documents), fill)


def stamped_quarantine(
    tables: Tables, staging: Staging, stamp: Stamp, settings: RunSettings
) -> pa.Table:
    """Return the staged rejects, with attempts counted on from the rejects in the index."""
    rows = [row for batch in staging.batches("quarantine") for row in batch.to_pylist()]
    ids = {row["document_id"] for row in rows}
    indexed = dicts(tables.quarantine, is_in("document_id", ids)) if rows else []
    earlier = {row["quarantine_id"]: row for row in indexed}
    stamped = [
        row | _attempts(row, earlier.get(row["quarantine_id"]), stamp, settings) for row in rows
    ]
    return pa.Table.from_pylist(stamped, schema=tables.quarantine.schema)


def _attempts(row: Row, earlier: Row | None, stamp: Stamp, settings: RunSettings) -> Row:
    """Return the columns about attempts at this reject.

    Attempts add up while the same bytes fail for the same reason under the same rules. A run that
    publishes again after a crash does not count itself twice.
    """
    attempts = 1
    if earlier is not None and all(
        earlier[name] == row[name]
        for name in ("content_sha256", "reason", "parse_fingerprint", "rule_fingerprint")
    ):
        attempts += earlier["attempts"] - (earlier["run_id"] == stamp.run_id)
    transient = row["reason"] in TRANSIENT_REASONS
    parked = transient and attempts >= settings.retry_budget
    delay = timedelta(hours=settings.retry_after_h * 2 ** min(attempts - 1, _MAX_DOUBLINGS))
    return {
        "attempts": attempts,
        "first_run_id": earlier["first_run_id"] if earlier else stamp.run_id,
        "run_id": stamp.run_id,
        "quarantined_at": stamp.at,
        "next_retry_at": stamp.at + delay if transient and not parked else None,
        "parked": parked,
    }


def _fill_stamp(batch: pa.RecordBatch, stamp: Stamp) -> pa.RecordBatch:
    for name, value in (
        ("run_id", stamp.run_id),
        ("ingested_at", pa.scalar(stamp.at, pa.timestamp("us", tz="UTC"))),
    ):
        position = batch.schema.get_field_index(name)
        filled = pc.fill_null(batch.column(name), value)
        batch = batch.set_column(position, batch.schema.field(name), filled)
    return batch


def _with_column(batch: pa.RecordBatch, name: str, values: list[str | None]) -> pa.RecordBatch:
    position = batch.schema.get_field_index(name)
    return batch.set_column(position, batch.schema.field(name), pa.array(values, pa.string()))


def _reader(
    staging: Staging, name: str, schema: pa.Schema, fill: Callable[[pa.RecordBatch], pa.RecordBatch]
) -> pa.RecordBatchReader:
    def batches() -> Iterator[pa.RecordBatch]:
        for batch in staging.batches(name):
            yield fill(batch).select(schema.names).cast(schema)

    return pa.RecordBatchReader.from_batches(schema, batches())
