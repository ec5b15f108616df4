"""Tables in SQLite by SQLAlchemy and by ADBC: rows, queries, the cursor, and what is refused."""

import json
import sqlite3
from pathlib import Path

import pytest

from vouch.schemas.documents.records import Listing, Reason
from vouch.schemas.errors import SourceRefused, SourceUnavailable
from vouch.schemas.settings.table_source import TableSource
from vouch.sources.base import Source
from vouch.sources.registry import open_source

ROWS = [
    (1, "Pen", 1.5, "2024-01-01 10:00:00", b"\x01", 9),
    (2, "Ink: 100% 'new'", None, "2024-01-02 10:00:00", None, 10),
    (3, None, 2**53 + 2.0, None, None, None),
]
by_each_driver = pytest.mark.parametrize("driver", ["sqlite", "adbc+sqlite"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the database shop.db."""
    with sqlite3.connect(tmp_path / "shop.db") as database:
        database.execute(
            "create table products "
            '(id integer, name text, price real, "Updated At" text, raw blob, seq integer)'
        )
        database.executemany("insert into products values (?, ?, ?, ?, ?, ?)", ROWS)
    database.close()
    return tmp_path


def open_table(folder: Path, driver: str, since: str | None = None, **settings) -> Source:
    defaults = {
        "name": "shop",
        "url": f"{driver}:///shop.db",
        "key": ("id",),
        "text": "{{ name }} at {{ price }}",
    }
    if "query" not in settings:
        defaults["table"] = "products"
    return open_source(TableSource(**{**defaults, **settings}), folder, since)


def uris(listing: Listing) -> list[str]:
    return [item.uri for item in listing.items]


@by_each_driver
def test_rows_are_documents(folder: Path, driver: str):
    table = open_table(folder, driver)
    listing = table.list()
    assert (listing.complete, listing.problems) == (True, ())
    assert uris(listing) == ["#key/id=1", "#key/id=2", "#key/id=3"]
    assert json.loads(table.fetch("#key/id=1").data) == {
        "vouch_row": 2,
        "title": None,
        "text": "Pen at 1.5",
        "metadata": {
            "id": 1,
            "Updated At": {"time": "2024-01-01T10:00:00Z"},
            "raw": "01",
            "seq": 9,
        },
        "written": {"Updated At": "2024-01-01 10:00:00"},
    }
    assert json.loads(table.fetch("#key/id=2").data)["text"] == "Ink: 100% 'new' at "


@by_each_driver
@pytest.mark.parametrize(
    "query",
    [
        "select id, name || ':b' || '12:30' as name, price from products "
        "where name like '%e%' or id > 1;",
        "with some as (select * from products) select * from some -- a comment",
        "select 1 as id, 'x:y' as name, 100 % 7 as price",
    ],
)
def test_a_query_is_sent_unchanged(folder: Path, driver: str, query: str):
    listing = open_table(folder, driver, query=query).list()
    assert listing.complete
    incremental = open_table(folder, driver, "0", query=query, cursor="id").list()
    assert uris(incremental) == uris(listing)


@by_each_driver
@pytest.mark.parametrize(
    ("cursor", "since", "expected", "is_applied"),
    [
        ("Updated At", "2024-01-02 10:00:00", [2, 3], True),
        ("seq", "10", [2, 3], True),
        ("seq", "a text", [1, 2, 3], False),
        ("price", "9007199254740993.0", [2, 3], True),
    ],
)
def test_only_rows_at_or_past_the_cursor_are_read(
    folder: Path, driver: str, cursor: str, since: str, expected: list[int], is_applied: bool
):
    listing = open_table(folder, driver, since, cursor=cursor).list()
    assert [int(uri.removeprefix("#key/id=")) for uri in uris(listing)] == expected
    assert listing.since == (since if is_applied else None)
    assert listing.complete is not is_applied


@by_each_driver
def test_numbers_stored_as_text_are_refused_as_a_cursor(folder: Path, driver: str):
    query = "select *, cast(seq as text) as version from products where seq is not null"
    with pytest.raises(SourceRefused, match="holds numbers as text"):
        open_table(folder, driver, "9", query=query, cursor="version").list()


@by_each_driver
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"table": "goods"}, "no such table: goods"),
        ({"query": "selekt 1"}, "syntax error"),
        ({"key": ("number",)}, "there is no column number; there are id, name, price"),
        ({"cursor": "version"}, "there is no column version"),
        (
            {"query": "select a.id, b.id from products a, products b"},
            "returns two columns id",
        ),
        ({"table": 'products"; drop table products; --'}, "no such table"),
        ({"query": "delete from products"}, "source shop"),
    ],
)
def test_an_invalid_query_is_refused_and_changes_nothing(
    folder: Path, driver: str, settings: dict, message: str
):
    with pytest.raises(SourceRefused, match=message):
        open_table(folder, driver, **settings).list()
    with sqlite3.connect(folder / "shop.db") as database:
        assert database.execute("select count(*) from products").fetchone() == (len(ROWS),)
    database.close()


@by_each_driver
def test_rows_without_a_unique_key_are_filtered(folder: Path, driver: str):
    query = "select * from products union all select 4, 'Pen', 1, null, null, 1"
    listing = open_table(folder, driver, key=("name",), query=query).list()
    assert [filtered.rule for filtered in listing.filtered] == [
        Reason.NO_KEY,
        Reason.DOUBLED_KEY,
        Reason.DOUBLED_KEY,
    ]
    assert not listing.complete


@by_each_driver
def test_the_bytes_of_a_row_do_not_depend_on_the_driver(folder: Path, driver: str):
    table, reference = open_table(folder, driver), open_table(folder, "sqlite")
    assert [item.size for item in table.list().items] == [
        item.size for item in reference.list().items
    ]
    assert table.fetch("#key/id=1") == reference.fetch("#key/id=1")


def test_a_locked_database_can_be_retried(folder: Path):
    with sqlite3.connect(folder / "shop.db", isolation_level="exclusive") as database:
        database.execute("begin exclusive")
        with pytest.raises(SourceUnavailable, match="database is locked"):
            open_table(folder, "sqlite", url="sqlite:///shop.db?timeout=0").list()
        database.rollback()
    database.close()
