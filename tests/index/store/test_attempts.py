"""Attempts at rejected documents: how they are counted, how long they wait, when they are parked."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from vouch.index.store.publication_columns import Stamp, stamped_quarantine
from vouch.index.store.row_builders import quarantine_row
from vouch.index.store.staging import ShardSummary, Staging
from vouch.index.store.tables import Tables, upsert
from vouch.schemas.documents.records import Fingerprints, Origin, Reason, Reject, Stage
from vouch.schemas.settings.run import RunSettings

DIMENSION = 4
AT = datetime(2026, 5, 1, tzinfo=UTC)
SETTINGS = RunSettings(retry_after_h=1.0, retry_budget=3)


@pytest.fixture
def tables(tmp_path: Path) -> Tables:
    return Tables.create(tmp_path / "index", DIMENSION)


def attempt(
    tables: Tables,
    run_id: str,
    reason: Reason = Reason.FETCH_FAILED,
    content: str = "bytes",
    limits: str = "l",
) -> dict[str, Any]:
    """Publish a reject of the same document by this run; return its row."""
    stage = Stage.FETCH if reason is Reason.FETCH_FAILED else Stage.PARSE
    origin = Origin("d1", "docs", "a.md", content_sha256=content)
    prints = Fingerprints(chunk="c", embedding="e", check="k", limits=limits, fetch={"docs": "f"})
    row = quarantine_row(origin, Reject(stage, reason, "why"), prints)
    staging = Staging(tables.location.local_path / "staged", DIMENSION, [f"shard-{run_id}"])
    schemas = staging.schemas
    staged = {name: schema.empty_table() for name, schema in schemas.items()}
    staged["quarantine"] = pa.Table.from_pylist([row], schema=schemas["quarantine"])
    staging.write(f"shard-{run_id}", staged, ShardSummary())
    rows = stamped_quarantine(tables, staging, Stamp(run_id, AT), SETTINGS)
    upsert(tables.quarantine, rows, "quarantine_id")
    (stamped,) = rows.to_pylist()
    return dict(stamped)


def test_attempts_wait_twice_as_long_each_time_until_the_document_is_parked(tables: Tables):
    rows = [attempt(tables, f"run-{number}") for number in (1, 2, 3)]
    assert [row["attempts"] for row in rows] == [1, 2, 3]
    waits = [row["next_retry_at"] and row["next_retry_at"] - AT for row in rows]
    assert waits == [timedelta(hours=1), timedelta(hours=2), None]
    assert [row["parked"] for row in rows] == [False, False, True]
    assert {row["first_run_id"] for row in rows} == {"run-1"}


def test_a_run_that_publishes_again_after_a_crash_counts_itself_once(tables: Tables):
    attempt(tables, "run-1")
    assert attempt(tables, "run-2")["attempts"] == 2
    assert attempt(tables, "run-2")["attempts"] == 2


@pytest.mark.parametrize(
    "change", [{"content": "other bytes"}, {"limits": "other limits"}, {"reason": Reason.UNSAFE}]
)
def test_other_bytes_rules_or_reasons_start_a_new_count(tables: Tables, change: dict):
    first = {"reason": Reason.MALFORMED}
    attempt(tables, "run-1", **first)
    assert attempt(tables, "run-2", **first)["attempts"] == 2
    assert attempt(tables, "run-3", **first | change)["attempts"] == 1


def test_a_reject_that_is_not_transient_waits_for_a_change_and_is_never_parked(tables: Tables):
    rows = [attempt(tables, f"run-{number}", Reason.MALFORMED) for number in range(5)]
    assert {(row["next_retry_at"], row["parked"]) for row in rows} == {(None, False)}
