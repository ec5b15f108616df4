"""What only the run that publishes can write into a row: its id, the time, first sights, counts of tries."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from vouch.index.store.staging import Staging
from vouch.index.store.tables import Tables, dicts, frame, is_in
from vouch.schemas.arrow import QUARANTINE
from vouch.schemas.records import Reason
from vouch.schemas.settings import RunSettings

Row = dict[str, Any]

# What may pass by itself: the others are tried again when the file, its parser or a setting has changed.
MAY_PASS = frozenset(
    {Reason.FETCH_FAILED, Reason.PARSER_TIMEOUT, Reason.PARSER_MEMORY, Reason.PARSER_CRASHED}
)


@dataclass(frozen=True, slots=True)
class Stamp:
    """The run that publishes."""

    run_id: str
    at: datetime


def now() -> datetime:
    """Aware, in UTC."""
    return datetime.now(UTC)


def stamped_chunks(staging: Staging, schema: pa.Schema, stamp: Stamp) -> pa.RecordBatchReader:
    """The staged chunk rows as they are published."""
    return _reader(staging, "chunks", schema, lambda batch: _filled(batch, stamp))


def stamped_documents(
    tables: Tables, staging: Staging, stamp: Stamp, renamed: Mapping[str, str]
) -> pa.RecordBatchReader:
    """The staged document rows; a document keeps the run that saw it first, and what it was once called."""
    held = frame(tables.documents, ("document_id", "first_run_id", "renamed_from"))
    held = held.join(staging.frame("documents", ("document_id",)), on="document_id", how="semi")
    first = dict(zip(held["document_id"], held["first_run_id"], strict=True))
    before = {**dict(zip(held["document_id"], held["renamed_from"], strict=True)), **renamed}

    def fill(batch: pa.RecordBatch) -> pa.RecordBatch:
        ids = batch.column("document_id").to_pylist()
        batch = _with(
            batch, "first_run_id", [first.get(identity, stamp.run_id) for identity in ids]
        )
        return _filled(
            _with(batch, "renamed_from", [before.get(identity) for identity in ids]), stamp
        )

    return _reader(staging, "documents", tables.documents.schema, fill)


def stamped_quarantine(
    tables: Tables, staging: Staging, stamp: Stamp, settings: RunSettings
) -> pa.Table:
    """The staged rejects, with their tries counted on from those that the index holds."""
    rows = [row for batch in staging.batches("quarantine") for row in batch.to_pylist()]
    held = (
        dicts(tables.quarantine, is_in("document_id", {row["document_id"] for row in rows}))
        if rows
        else []
    )
    earlier = {row["quarantine_id"]: row for row in held}
    done = [row | _tries(row, earlier.get(row["quarantine_id"]), stamp, settings) for row in rows]
    return pa.Table.from_pylist(done, schema=QUARANTINE)


def _tries(row: Row, earlier: Row | None, stamp: Stamp, settings: RunSettings) -> Row:
    """Tries are counted while the same bytes fail under the same rules; done again by the same run, nothing changes."""
    same = earlier is not None and all(
        earlier[name] == row[name]
        for name in ("content_sha256", "reason", "parse_fingerprint", "rule_fingerprint")
    )
    before = earlier["attempts"] - (earlier["run_id"] == stamp.run_id) if same and earlier else 0
    attempts = before + 1
    may_pass = row["reason"] in MAY_PASS
    parked = may_pass and attempts >= settings.retry_budget
    wait = timedelta(hours=settings.retry_after_h * 2 ** min(attempts - 1, 20))
    return {
        "attempts": attempts,
        "first_run_id": earlier["first_run_id"] if earlier else stamp.run_id,
        "run_id": stamp.run_id,
        "quarantined_at": stamp.at,
        "next_retry_at": stamp.at + wait if may_pass and not parked else None,
        "parked": parked,
    }


def _filled(batch: pa.RecordBatch, stamp: Stamp) -> pa.RecordBatch:
    for name, value in (
        ("run_id", stamp.run_id),
        ("ingested_at", pa.scalar(stamp.at, pa.timestamp("us", tz="UTC"))),
    ):
        place = batch.schema.get_field_index(name)
        batch = batch.set_column(
            place, batch.schema.field(name), pc.fill_null(batch.column(name), value)
        )
    return batch


def _with(batch: pa.RecordBatch, name: str, values: list[str | None]) -> pa.RecordBatch:
    place = batch.schema.get_field_index(name)
    return batch.set_column(place, batch.schema.field(name), pa.array(values, pa.string()))


def _reader(
    staging: Staging, name: str, schema: pa.Schema, fill: Callable[[pa.RecordBatch], pa.RecordBatch]
) -> pa.RecordBatchReader:
    def batches() -> Iterator[pa.RecordBatch]:
        for batch in staging.batches(name):
            yield fill(batch).select(schema.names).cast(schema)

    return pa.RecordBatchReader.from_batches(schema, batches())
