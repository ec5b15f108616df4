"""From where on a table with a cursor is listed: only where no row is skipped by it."""

import shutil
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.index.small_index import DIMENSION, record
from tests.pipeline.planning.index_frames import (
    FINGERPRINTS,
    NOW,
    attachment,
    document,
    quarantined,
)
from vouch.index.store.run_log import write_run
from vouch.index.store.tables import Tables
from vouch.pipeline.planning.incremental_cursor import cursor_start
from vouch.schemas.documents.arrow import DOCUMENTS, QUARANTINE
from vouch.schemas.documents.records import Fingerprints
from vouch.schemas.runs.record import SourceSummary, Status
from vouch.schemas.settings.sources import FilesSource
from vouch.schemas.settings.table_source import TableSource

TRIPS = TableSource(
    name="trips", url="sqlite:///trips.db", table="trips", key=("id",), text="{{ id }}", cursor="at"
)
FIRST = "20260101T000000-aaaaaa"


def row(number: int, at: str | None, run: str = FIRST, **other: Any) -> dict[str, Any]:
    """Return the row of a published document of the table, with its value of the cursor."""
    metadata = [{"key": "id", "value": str(number)}]
    if at is not None:
        metadata.append({"key": "at", "value": at})
    columns = {
        "etag": f"{TRIPS.reading}:{number}",
        "metadata": metadata,
        "run_id": run,
    }
    return document(f"#key/id={number}", "trips", **(columns | other))


@pytest.fixture(scope="module")
def empty_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Tables.create(tmp_path_factory.mktemp("empty") / "index", DIMENSION).location.local_path


def stored(rows: Sequence[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    """Return rows that can be stored: required columns that do not matter here are filled."""
    fillers = {pa.string(): "", pa.int64(): 0, pa.int32(): 0}
    fill = {field.name: fillers.get(field.type) for field in schema if not field.nullable}
    fill |= dict.fromkeys(("ingested_at", "quarantined_at"), NOW) | {"metadata": []}
    filled = [
        {name: fill.get(name) if row.get(name) is None else row[name] for name in schema.names}
        for row in rows
    ]
    return pa.Table.from_pylist(filled, schema=schema)


@pytest.fixture
def index_of(empty_index: Path, tmp_path: Path) -> Callable[..., Tables]:
    """Makes an index of these documents and rejects, without any run."""

    def make(*rows: dict[str, Any], rejects: tuple[dict[str, Any], ...] = ()) -> Tables:
        tables = Tables.open(shutil.copytree(empty_index, tmp_path / "index"))
        tables.documents.add(stored(rows, DOCUMENTS))
        if rejects:
            tables.quarantine.add(stored(rejects, QUARANTINE))
        return tables

    return make


def log_run(
    tables: Tables,
    run: str = FIRST,
    *,
    complete: bool = True,
    kind: str = "ingest",
    status: Status = Status.PUBLISHED,
    since: str | None = None,
    problems: tuple[str, ...] = (),
) -> None:
    """Log a run that has listed the table."""
    source = SourceSummary(
        name="trips", path="trips.db", listed=1, filtered=0, complete=complete, since=since,
        problems=problems,
    )  # fmt: skip
    columns = {"sources": (source,), "kind": kind, "status": status}
    write_run(tables, record(run).model_copy(update=columns))


def start(tables: Tables, now: Fingerprints = FINGERPRINTS, at: datetime = NOW) -> str | None:
    return cursor_start(TRIPS, tables, now, at)


def test_a_table_is_listed_from_its_greatest_indexed_value_on(index_of):
    tables = index_of(row(1, "9"), row(2, "10"), row(3, None))
    log_run(tables)
    assert start(tables) == "10"


def test_without_cursor_or_index_the_whole_source_is_listed(index_of):
    tables = index_of(row(1, "9"))
    log_run(tables)
    without_cursor = TRIPS.model_copy(update={"cursor": None})
    assert cursor_start(without_cursor, tables, FINGERPRINTS, NOW) is None
    files = FilesSource(name="trips", path="trips")
    assert cursor_start(files, tables, FINGERPRINTS, NOW) is None
    assert cursor_start(TRIPS, None, FINGERPRINTS, NOW) is None


@pytest.mark.parametrize(
    "stale",
    [
        {"chunk_fingerprint": "old"},
        {"parse_fingerprint": "old"},
        {"embedding_fingerprint": "old"},
        # The template has changed, and with it the settings that are part of an etag.
        {"etag": "old reading:2"},
        {"etag": None},
        {"remove_after": NOW},
        {"status": "filtered", "reason": "doubled_key"},
        {"status": "filtered", "reason": "no_key"},
    ],
)
def test_the_whole_table_is_listed_where_a_row_is_to_be_processed_again(index_of, stale):
    tables = index_of(row(1, "9"), row(2, "10", **stale))
    log_run(tables)
    assert start(tables) is None


def test_a_row_that_is_filtered_by_the_settings_needs_nothing(index_of):
    tables = index_of(row(1, "9"), row(2, "10", status="filtered", reason="excluded"))
    log_run(tables)
    assert start(tables) == "10"


@pytest.mark.parametrize(
    ("columns", "expected"),
    [({}, "10"), ({"rule_fingerprint": "old"}, None), ({"next_retry_at": NOW}, None)],
)
def test_a_row_in_quarantine_is_listed_again_once_it_is_to_be_tried_again(
    index_of, columns: dict[str, Any], expected: str | None
):
    failed, reject = quarantined(row(2, "10"), **columns)
    tables = index_of(row(1, "9"), failed, rejects=(reject,))
    log_run(tables)
    assert start(tables) == expected


def test_a_stale_attachment_makes_its_row_stale(index_of):
    parent = row(1, "9")
    attached = attachment(parent, chunk_fingerprint="old")
    tables = index_of(parent, attached)
    log_run(tables)
    assert start(tables) is None


def test_values_that_a_backfill_published_do_not_count(index_of):
    """It may have taken newer rows than those that no ingest run has listed yet."""
    later = "20260102T000000-bbbbbb"
    tables = index_of(row(1, "10"), row(2, "30", run=later))
    log_run(tables)
    log_run(tables, later, complete=False, kind="backfill")
    assert start(tables) == "10"


INCREMENTAL = {"complete": False, "since": "5"}
WITH_PROBLEMS = {"complete": False, "problems": ("2 rows share 1 keys",)}


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ([], None),
        ([{}], "10"),
        ([{"status": Status.UNCHANGED}], "10"),
        # A run that was rejected or that failed has published nothing of what it listed.
        ([{"status": Status.REJECTED}], None),
        ([{"status": Status.FAILED}], None),
        # Incremental listings continue the last whole one.
        ([{}, INCREMENTAL, INCREMENTAL], "10"),
        ([INCREMENTAL], None),
        ([{}, WITH_PROBLEMS], None),
        ([{}, WITH_PROBLEMS, {}], "10"),
        ([{}, {"status": Status.FAILED, **WITH_PROBLEMS}], "10"),
        # Going back may have brought rows from before the last whole listing.
        ([{}, {"kind": "rollback"}], None),
        ([{"kind": "rollback"}, {}], "10"),
    ],
)
def test_only_after_a_whole_listing_is_a_table_listed_from_its_cursor_on(
    index_of, runs: list[dict[str, Any]], expected: str | None
):
    tables = index_of(row(1, "10", run="run-0"))
    # The row is an ingest run's, whichever runs came afterwards.
    if not runs or runs[0].get("kind") == "rollback":
        runs = [{"status": Status.FAILED}, *runs] if runs else runs
    for number, columns in enumerate(runs):
        log_run(tables, f"run-{number}", **columns)
    assert start(tables) == expected
