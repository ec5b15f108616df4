"""Tables through whole runs: each row accounted for, changed rows and only those read again, cursors that lose nothing."""

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
from vouch.schemas.run import RunRecord, Status

Rows = dict[int, tuple[str, str]]


@pytest.fixture
def project(tmp_path: Path, tiny_model: Path) -> Callable[[str], Path]:
    def make(source: str) -> Path:
        settings = tmp_path / "vouch.yaml"
        settings.write_text(
            f"sources:\n  - kind: table\n    name: trips\n{source}\nembedding: {{model: {tiny_model}}}\nparsing: {{workers: 1}}\n"
            "index: {max_delete_share: 1.0}\ncontracts: {batch: {max_quarantine_share: 1.0}}\n"
        )
        return settings

    return make


CSV = """\
    path: trips/*.csv
    key: [id]
    text: "Trip {{ id }} from {{ start }} to {{ end }}."
    title: "{{ start }}"
    modified: at
"""


def write(folder: Path, rows: Rows, name: str = "trips/a.csv") -> None:
    file = folder / name
    file.parent.mkdir(exist_ok=True)
    lines = [
        f"{number},{start},{end},2024-01-{number % 28 + 1:02},{number}.50"
        for number, (start, end) in rows.items()
    ]
    file.write_text("\n".join(["id,start,end,at,fare", *lines]) + "\n")


def fifty() -> Rows:
    return {number: (f"street {number}", f"square {number * 7}") for number in range(1, 51)}


def counts(record: RunRecord) -> dict[str, int]:
    assert record.accounting.problems() == []
    return {
        name: value
        for name, value in record.accounting.model_dump().items()
        if value and not name.startswith(("chunks", "vectors"))
    }


def uri(number: int) -> str:
    return f"a.csv#key/id={number}"


def test_rows_are_documents_from_the_first_run_to_the_last(project, tmp_path: Path):
    rows = fifty()
    write(tmp_path, rows)
    settings = project(CSV)
    assert counts(run(settings)) == {"listed": 50, "published": 50}
    told = {
        row["uri"]: row
        for row in indexed(
            settings, "documents", "uri", "title", "media_type", "metadata", "source_modified_at"
        )
    }
    assert told[uri(7)]["title"] == "street 7"
    assert told[uri(7)]["media_type"] == "application/vnd.vouch.row+json"
    assert f"{told[uri(7)]['source_modified_at']:%Y-%m-%d}" == "2024-01-08"

    again = run(settings)
    assert (again.status, counts(again)) == (Status.UNCHANGED, {"listed": 50, "unchanged": 50})
    assert not {"fetch", "parse"} & set(items_by_stage(again))

    rows[3] = ("Abbey Road", "Baker Street")
    del rows[4]
    write(tmp_path, rows)
    third = run(settings)
    assert counts(third) == {"listed": 49, "published": 1, "unchanged": 48, "removed": 1}
    assert items_by_stage(third)["parse"] == 1
    assert uri(4) not in texts(settings)

    hit = vouch.open(read_settings(settings).index_folder).search("Abbey Road", k=1, mode="text")[0]
    assert (hit.uri, hit.title) == (uri(3), "Abbey Road")
    (metadata,) = (
        row["metadata"]
        for row in indexed(settings, "chunks", "chunk_id", "metadata")
        if row["chunk_id"] == hit.chunk_id
    )
    assert {pair["key"]: pair["value"] for pair in metadata} == {
        "at": "2024-01-04",
        "fare": "3.50",
        "id": "3",
    }
    found = vouch.open(read_settings(settings).index_folder).search(
        "square", k=5, filters=["metadata.fare=9.50"]
    )
    assert {one.uri for one in found} == {uri(9)}
    traced = trace_chunk(read_settings(settings), hit.chunk_id)
    assert traced.proved, traced.proofs


def test_a_changed_template_makes_all_rows_again(project, tmp_path: Path):
    write(tmp_path, {1: ("a street", "a square"), 2: ("a lane", "a yard")})
    settings = project(CSV)
    run(settings)
    settings.write_text(settings.read_text().replace("Trip {{ id }} from", "A journey from"))
    record = run(settings)
    assert record.change_counts == {"changed": 2}
    assert all("A journey from" in found[-1] for found in texts(settings).values())
    settings.write_text(settings.read_text().replace("modified: at", "types: {fare: number}"))
    record = run(settings)
    assert (items_by_stage(record)["fetch"], counts(record)) == (2, {"listed": 2, "unchanged": 2})
    assert "parse" not in items_by_stage(record)


def test_what_a_broken_file_and_a_doubled_key_hide_is_not_removed(project, tmp_path: Path):
    write(tmp_path, {1: ("a street", "a square"), 2: ("a lane", "a yard")})
    write(tmp_path, {3: ("a road", "a park"), 4: ("a court", "a gate")}, "trips/b.csv")
    settings = project(CSV)
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
    write(tmp_path, {1: ("a street", "a square"), 2: ("a lane", "a yard")})
    write(tmp_path, {3: ("a road", "a park")}, "trips/b.csv")
    record = run(settings)
    assert counts(record) == {"listed": 3, "unchanged": 3, "removed": 3}
    assert set(texts(settings)) == {uri(1), uri(2), "b.csv#key/id=3"}
    assert {row["status"] for row in indexed(settings, "documents", "status")} == {"published"}


def test_a_row_that_its_template_cannot_take_is_in_quarantine(project, tmp_path: Path):
    write(tmp_path, {1: ("a street", "a square"), 2: ("a lane", "a yard")})
    settings = project(CSV + "    types: {start: text, end: text, fare: number}\n")
    (tmp_path / "trips/a.csv").write_text(
        (tmp_path / "trips/a.csv").read_text().replace("2.50", "much")
    )
    assert counts(run(settings)) == {"listed": 2, "published": 1, "quarantined": 1, "rejected": 1}
    (reject,) = indexed(settings, "quarantine", "uri", "reason", "message")
    assert (reject["uri"], reject["reason"]) == (uri(2), "fetch_failed")
    assert "column fare: 'much' is not a valid number" in reject["message"]


SQL = """\
    url: sqlite:///trips.db
    table: trips
    key: [id]
    text: "Trip to {{ goal }}."
    cursor: at
"""


class Database:
    def __init__(self, file: Path) -> None:
        self.file = file
        self.do("create table trips (id integer primary key, goal text, at integer)")

    def do(self, statement: str, *values: object) -> None:
        connection = sqlite3.connect(self.file)
        with connection:
            connection.execute(statement, values)
        connection.close()

    def put(self, number: int, goal: str, at: int) -> None:
        self.do("insert or replace into trips values (?, ?, ?)", number, goal, at)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    made = Database(tmp_path / "trips.db")
    for number in range(1, 11):
        made.put(number, f"the town {number}", number)
    return made


def since(record: RunRecord) -> str | None:
    return record.sources[0].since


def test_a_cursor_reads_only_what_is_new_and_removes_nothing(project, database: Database):
    settings = project(SQL)
    first = run(settings)
    assert (since(first), counts(first)) == (None, {"listed": 10, "published": 10})
    database.put(11, "the sea", 11)
    database.put(2, "the lake", 12)
    database.do("delete from trips where id = 5")
    planned = dry_run(read_settings(settings))
    assert (planned.listings[0].since, planned.plan.counts) == (
        "10",
        {"unchanged": 1, "changed": 1, "new": 1},
    )
    second = run(settings)
    assert (since(second), counts(second)) == ("10", {"listed": 3, "published": 2, "unchanged": 1})
    assert texts(settings)["#key/id=2"] == ["Trip to the lake."]
    assert "#key/id=5" in texts(settings)
    report = Path(second.report or "").read_text()
    assert "rows since 10" in report
    assert "incomplete" not in report
    third = run(settings)
    assert (since(third), third.status, counts(third)) == (
        "12",
        Status.UNCHANGED,
        {"listed": 1, "unchanged": 1},
    )
    settings.write_text(settings.read_text().replace("    cursor: at\n", ""))
    assert counts(run(settings)) == {"listed": 10, "unchanged": 10, "removed": 1}


@pytest.mark.parametrize(
    ("before", "after"),
    [("Trip to", "A trip to"), ("index: {", "chunking: {max_tokens: 100}\nindex: {")],
)
def test_all_rows_are_listed_where_old_ones_are_to_be_made_again(
    project, database: Database, before: str, after: str
):
    settings = project(SQL)
    run(settings)
    settings.write_text(settings.read_text().replace(before, after))
    record = run(settings)
    assert (since(record), counts(record)) == (None, {"listed": 10, "published": 10})
    assert since(run(settings)) == "10"


def test_a_backfill_of_the_newest_does_not_hide_what_came_before(project, database: Database):
    settings = project(SQL + "    metadata: [at]\n")
    run(settings)
    for number in (20, 30):
        database.put(number, f"the town {number}", number)
    (record,) = backfill(config=str(settings), path="*id=30")
    assert (since(record), record.accounting.published) == (None, 1)
    record = run(settings)
    assert (since(record), counts(record)) == ("10", {"listed": 3, "published": 1, "unchanged": 2})


def test_a_doubled_key_makes_every_listing_whole_until_it_is_mended(project, database: Database):
    settings = project(
        SQL.replace(
            "table: trips",
            "query: select * from trips union all select 1, 'nowhere', 1 from trips where id = 99",
        )
    )
    run(settings)
    database.put(99, "the moon", 99)
    assert since(run(settings)) == "10"
    database.put(3, "the hill", 100)
    settings.write_text(settings.read_text().replace("Trip to", "Off to"))
    record = run(settings)
    assert (since(record), record.accounting.filtered, record.accounting.removed) == (None, 2, 0)
    database.do("delete from trips where id = 99")
    record = run(settings)
    assert (since(record), record.accounting.filtered, record.accounting.removed) == (None, 0, 3)
    assert since(run(settings)) == "100"


def test_no_index_means_no_cursor(project, database: Database):
    settings = project(SQL)
    assert dry_run(read_settings(settings)).listings[0].since is None
    run(settings)
    assert tables(settings).documents.count_rows() == 10
