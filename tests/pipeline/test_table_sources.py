"""Tables through whole runs: each row accounted for, and just the rows read that have to be."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

import vouch
from tests.pipeline.local_runs import backfill
from tests.pipeline.steps import indexed, items_by_stage, run, tables, texts
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.trace import trace_chunk
from vouch.pipeline.planning.dry_run import dry_run
from vouch.schemas.runs.record import RunRecord, Status

TableRows = dict[int, tuple[str, str]]

CSV = """\
    path: trips/*.csv
    key: [id]
    text: "Trip {{ id }} from {{ start }} to {{ end }}."
    title: "{{ start }}"
    modified: at
"""
SQL = """\
    url: sqlite:///trips.db
    table: trips
    key: [id]
    text: "Trip to {{ goal }}."
    cursor: at
"""
TWO_ROWS: TableRows = {1: ("a street", "a square"), 2: ("a lane", "a yard")}


@pytest.fixture
def table_project(tmp_path: Path, tiny_model: Path) -> Callable[[str], Path]:
    """Makes settings with one table of these keys."""

    def make(source: str) -> Path:
        settings = tmp_path / "vouch.yaml"
        settings.write_text(
            f"sources:\n  - kind: table\n    name: trips\n{source}\n"
            f"embedding: {{model: {tiny_model}}}\nparsing: {{workers: 1}}\n"
            "index: {max_delete_share: 1.0}\n"
            "contracts: {batch: {max_quarantine_share: 1.0}}\n"
        )
        return settings

    return make


def write_csv(folder: Path, rows: TableRows, name: str = "trips/a.csv") -> None:
    file = folder / name
    file.parent.mkdir(exist_ok=True)
    lines = [
        f"{number},{start},{end},2024-01-{number % 28 + 1:02},{number}.50"
        for number, (start, end) in rows.items()
    ]
    file.write_text("\n".join(["id,start,end,at,fare", *lines]) + "\n")


def counts(record: RunRecord) -> dict[str, int]:
    """Return what the run counted of documents; the sums must close."""
    assert record.accounting.problems() == []
    return {
        name: value
        for name, value in record.accounting.model_dump().items()
        if value and not name.startswith(("chunks", "vectors"))
    }


def uri(number: int) -> str:
    return f"a.csv#key/id={number}"


def test_rows_are_documents_from_the_first_run_to_the_last(table_project, tmp_path: Path):
    rows = {number: (f"street {number}", f"square {number * 7}") for number in range(1, 21)}
    write_csv(tmp_path, rows)
    settings = table_project(CSV)
    assert counts(run(settings)) == {"listed": 20, "published": 20}
    columns = ("uri", "title", "media_type", "source_modified_at")
    documents = {row["uri"]: row for row in indexed(settings, "documents", *columns)}
    assert documents[uri(7)]["title"] == "street 7"
    assert documents[uri(7)]["media_type"] == "application/vnd.vouch.row+json"
    assert f"{documents[uri(7)]['source_modified_at']:%Y-%m-%d}" == "2024-01-08"

    again = run(settings)
    assert (again.status, counts(again)) == (Status.UNCHANGED, {"listed": 20, "unchanged": 20})
    assert not {"fetch", "parse"} & set(items_by_stage(again))

    rows[3] = ("Abbey Road", "Baker Street")
    del rows[4]
    write_csv(tmp_path, rows)
    third = run(settings)
    assert counts(third) == {"listed": 19, "published": 1, "unchanged": 18, "removed": 1}
    assert items_by_stage(third)["parse"] == 1
    assert uri(4) not in texts(settings)

    published = vouch.open(read_settings(settings).index_location)
    hit = published.search("Abbey Road", k=1, mode="text", breadth="precise")[0]
    assert (hit.uri, hit.title) == (uri(3), "Abbey Road")
    (metadata,) = (
        row["metadata"]
        for row in indexed(settings, "chunks", "chunk_id", "metadata")
        if row["chunk_id"] == hit.chunk_id
    )
    pairs = {pair["key"]: pair["value"] for pair in metadata}
    assert pairs == {"at": "2024-01-04", "fare": "3.50", "id": "3"}
    hits = published.search("square", k=5, filters=["metadata.fare=9.50"])
    assert {row_hit.uri for row_hit in hits} == {uri(9)}
    traced = trace_chunk(read_settings(settings), hit.chunk_id)
    assert traced.proved, traced.proofs


def test_a_changed_template_makes_all_rows_again(table_project, tmp_path: Path):
    write_csv(tmp_path, TWO_ROWS)
    settings = table_project(CSV)
    run(settings)
    settings.write_text(settings.read_text().replace("Trip {{ id }} from", "A journey from"))
    assert run(settings).change_counts == {"changed": 2}
    assert all("A journey from" in row_texts[-1] for row_texts in texts(settings).values())
    # Where the rows come out the same, they are read and no more.
    settings.write_text(settings.read_text().replace("modified: at", "types: {start: text}"))
    record = run(settings)
    assert items_by_stage(record)["fetch"] == 2
    assert counts(record) == {"listed": 2, "unchanged": 2}
    assert "parse" not in items_by_stage(record)


def test_rows_behind_a_broken_file_or_a_repeated_key_are_not_removed(table_project, tmp_path: Path):
    write_csv(tmp_path, TWO_ROWS)
    write_csv(tmp_path, {3: ("a road", "a park"), 4: ("a court", "a gate")}, "trips/b.csv")
    settings = table_project(CSV)
    run(settings)
    (tmp_path / "trips/b.csv").write_text("id,start,end,at,fare\n3,a road\n")
    with (tmp_path / "trips/a.csv").open("a") as file:
        file.write("1,another street,a square,2024-01-02,1\n")
    record = run(settings)
    (source,) = record.sources
    assert counts(record) == {"listed": 3, "unchanged": 1, "filtered": 2}
    assert not source.complete
    assert source.problems[0] == "b.csv, line 2: 2 cells, but the header has 5"
    assert "2 rows share 1 keys" in source.problems[1]
    assert set(texts(settings)) == {uri(1), uri(2), "b.csv#key/id=3", "b.csv#key/id=4"}
    write_csv(tmp_path, TWO_ROWS)
    write_csv(tmp_path, {3: ("a road", "a park")}, "trips/b.csv")
    assert counts(run(settings)) == {"listed": 3, "unchanged": 3, "removed": 3}
    assert set(texts(settings)) == {uri(1), uri(2), "b.csv#key/id=3"}
    assert {row["status"] for row in indexed(settings, "documents", "status")} == {"published"}


def test_a_row_whose_values_have_another_type_goes_to_quarantine(table_project, tmp_path: Path):
    write_csv(tmp_path, TWO_ROWS)
    settings = table_project(CSV + "    types: {start: text, end: text, fare: number}\n")
    file = tmp_path / "trips/a.csv"
    file.write_text(file.read_text().replace("2.50", "much"))
    assert counts(run(settings)) == {"listed": 2, "published": 1, "quarantined": 1, "rejected": 1}
    (reject,) = indexed(settings, "quarantine", "uri", "reason", "message")
    assert (reject["uri"], reject["reason"]) == (uri(2), "fetch_failed")
    assert "column fare: 'much' is not a valid number" in reject["message"]


class Database:
    """A table of trips in SQLite, of which each has a value `at` for the cursor."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.execute("create table trips (id integer primary key, goal text, at integer)")
        for number in range(1, 6):
            self.put(number, f"the town {number}", number)

    def execute(self, statement: str, *values: object) -> None:
        connection = sqlite3.connect(self.file)
        with connection:
            connection.execute(statement, values)
        connection.close()

    def put(self, number: int, goal: str, at: int) -> None:
        self.execute("insert or replace into trips values (?, ?, ?)", number, goal, at)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path / "trips.db")


def since(record: RunRecord) -> str | None:
    return record.sources[0].since


def test_a_table_with_a_cursor_is_read_from_its_newest_row_on(table_project, database: Database):
    settings = table_project(SQL)
    assert dry_run(read_settings(settings)).listings[0].since is None
    first = run(settings)
    assert (since(first), counts(first)) == (None, {"listed": 5, "published": 5})
    database.put(11, "the sea", 11)
    database.put(2, "the lake", 12)
    database.execute("delete from trips where id = 4")
    planned = dry_run(read_settings(settings))
    assert planned.listings[0].since == "5"
    assert planned.plan.counts == {"unchanged": 1, "changed": 1, "new": 1}
    second = run(settings)
    assert (since(second), counts(second)) == ("5", {"listed": 3, "published": 2, "unchanged": 1})
    assert texts(settings)["#key/id=2"] == ["Trip to the lake."]
    # A row that is not listed may still be there, so an incremental run removes nothing.
    assert "#key/id=4" in texts(settings)
    report = Path(second.report or "").read_text()
    assert "rows since 5" in report
    assert "incomplete" not in report
    third = run(settings)
    assert (since(third), third.status) == ("12", Status.UNCHANGED)
    assert counts(third) == {"listed": 1, "unchanged": 1}
    settings.write_text(settings.read_text().replace("    cursor: at\n", ""))
    assert counts(run(settings)) == {"listed": 5, "unchanged": 5, "removed": 1}


def test_all_rows_are_listed_where_old_ones_are_to_be_made_again(table_project, database: Database):
    settings = table_project(SQL)
    run(settings)
    settings.write_text(settings.read_text().replace("Trip to", "A trip to"))
    record = run(settings)
    assert (since(record), counts(record)) == (None, {"listed": 5, "published": 5})
    assert since(run(settings)) == "5"


def test_a_backfill_of_the_newest_row_does_not_hide_those_before_it(
    table_project, database: Database
):
    settings = table_project(SQL + "    metadata: [at]\n")
    run(settings)
    for number in (20, 30):
        database.put(number, f"the town {number}", number)
    (record,) = backfill(config=str(settings), path="*id=30")
    assert (since(record), record.accounting.published) == (None, 1)
    record = run(settings)
    assert (since(record), counts(record)) == ("5", {"listed": 3, "published": 1, "unchanged": 2})


def test_a_repeated_key_has_the_whole_table_listed_until_it_is_fixed(
    table_project, database: Database
):
    settings = table_project(
        SQL.replace(
            "table: trips",
            "query: select * from trips union all select 1, 'nowhere', 1 from trips where id = 99",
        )
    )
    database.put(99, "the moon", 99)
    record = run(settings)
    assert (since(record), record.accounting.filtered, record.accounting.published) == (None, 2, 5)
    database.put(3, "the hill", 100)
    record = run(settings)
    assert (since(record), record.accounting.filtered, record.accounting.removed) == (None, 2, 0)
    database.execute("delete from trips where id = 99")
    record = run(settings)
    assert (since(record), record.accounting.filtered, record.accounting.removed) == (None, 0, 3)
    assert since(run(settings)) == "100"
    assert tables(settings).documents.count_rows() == 5
