"""Tables in databases: real SQLite, by SQLAlchemy and by ADBC, and real PostgreSQL; nothing is changed, no secret is told."""

import json
import sqlite3
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.postgres import running_postgres
from vouch.schemas.errors import SourceRefused, SourceUnavailable
from vouch.schemas.records import Listing, Reason
from vouch.schemas.table_source import TableSource
from vouch.sources.registry import open_source
from vouch.sources.tables.table import Table

DRIVERS = ("sqlite", "adbc+sqlite")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    with sqlite3.connect(tmp_path / "shop.db") as database:
        database.execute(
            'create table products (id integer, name text, price real, "Updated At" text, raw blob, seq integer)'
        )
        database.executemany(
            "insert into products values (?, ?, ?, ?, ?, ?)",
            [
                (1, "Pen", 1.5, "2024-01-01 10:00:00", b"\x01", 9),
                (2, "Ink: 100% 'new'", None, "2024-01-02 10:00:00", None, 10),
                (3, None, 2**53 + 2.0, None, None, None),
            ],
        )
    database.close()
    return tmp_path


def source(folder: Path, driver: str, since: str | None = None, **settings) -> Table:
    told = {
        "name": "shop",
        "url": f"{driver}:///shop.db",
        "table": "products",
        "key": ("id",),
        "text": "{{ name }} at {{ price }}",
    }
    if "query" in settings:
        del told["table"]
    found = open_source(TableSource(**{**told, **settings}), folder, since)
    assert isinstance(found, Table)
    return found


def uris(found: Listing) -> list[str]:
    return [item.uri for item in found.items]


@pytest.mark.parametrize("driver", DRIVERS)
def test_rows_of_a_database_are_documents(shop: Path, driver: str):
    table = source(shop, driver)
    found = table.list()
    assert (uris(found), found.complete, found.problems) == (
        ["#key/id=1", "#key/id=2", "#key/id=3"],
        True,
        (),
    )
    assert json.loads(table.fetch("#key/id=1")) == {
        "vouch_row": 1,
        "title": None,
        "text": "Pen at 1.5",
        "metadata": {"id": "1", "Updated At": "2024-01-01 10:00:00", "raw": "01", "seq": "9"},
    }
    assert json.loads(table.fetch("#key/id=2"))["text"] == "Ink: 100% 'new' at "


def test_both_drivers_give_the_same_rows(shop: Path):
    tables = [source(shop, driver) for driver in DRIVERS]
    assert len({table.list().items[0].size for table in tables}) == 1
    assert len({table.fetch("#key/id=1") for table in tables}) == 1


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize(
    "query",
    [
        "select id, name || ':b' || '12:30' as name, price from products where name like '%e%' or id > 1;",
        "with some as (select * from products) select * from some -- a comment",
        "select 1 as id, 'x:y' as name, 100 % 7 as price",
    ],
)
def test_queries_are_asked_as_they_are_written(shop: Path, driver: str, query: str):
    assert source(shop, driver, query=query).list().complete
    assert uris(source(shop, driver, "0", query=query, cursor="id").list()) == uris(
        source(shop, driver, query=query).list()
    )


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize(
    ("cursor", "since", "expected", "told"),
    [
        ("Updated At", "2024-01-02 10:00:00", [2, 3], "2024-01-02 10:00:00"),
        ("seq", "10", [2, 3], "10"),
        ("seq", "a text", [1, 2, 3], None),
        ("price", "9007199254740993.0", [1, 3], "9007199254740993.0"),
    ],
)
def test_only_rows_at_or_past_the_cursor_are_asked_for(
    shop: Path, driver: str, cursor: str, since: str, expected: list[int], told: str | None
):
    if cursor == "price":
        with sqlite3.connect(shop / "shop.db") as database:
            database.execute("update products set price = null where id = 1")
            database.execute("update products set price = 1.5 where id = 2")
        database.close()
    found = source(shop, driver, since, cursor=cursor).list()
    assert [int(uri.removeprefix("#key/id=")) for uri in uris(found)] == expected
    assert (found.since, found.complete) == (told, told is None)


@pytest.mark.parametrize("driver", DRIVERS)
def test_numbers_as_text_are_no_cursor(shop: Path, driver: str):
    with pytest.raises(SourceRefused, match="holds numbers as text"):
        source(
            shop,
            driver,
            "9",
            query="select *, cast(seq as text) as version from products where seq is not null",
            cursor="version",
        ).list()


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"table": "goods"}, "no such table: goods"),
        ({"query": "selekt 1"}, "syntax error"),
        ({"key": ("number",)}, "there is no column number; there are id, name, price"),
        ({"cursor": "version"}, "there is no column version"),
        ({"query": "select a.id, b.id from products a, products b"}, "gives two columns id"),
        ({"table": 'products"; drop table products; --'}, "no such table"),
    ],
)
def test_what_cannot_be_asked_is_refused_at_once(
    shop: Path, driver: str, settings: dict, message: str
):
    with pytest.raises(SourceRefused, match=message):
        source(shop, driver, **settings).list()
    assert source(shop, driver).list().complete


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_query_changes_nothing(shop: Path, driver: str):
    with pytest.raises(SourceRefused):
        source(shop, driver, query="delete from products").list()
    assert len(source(shop, driver).list().items) == 3


@pytest.mark.parametrize("driver", DRIVERS)
def test_rows_that_no_key_tells_are_filtered(shop: Path, driver: str):
    found = source(
        shop,
        driver,
        key=("name",),
        query="select * from products union all select 4, 'Pen', 1, null, null, 1",
    ).list()
    assert [one.rule for one in found.filtered] == [
        Reason.NO_KEY,
        Reason.DOUBLED_KEY,
        Reason.DOUBLED_KEY,
    ]
    assert not found.complete


def test_a_locked_database_may_be_free_later(shop: Path):
    with sqlite3.connect(shop / "shop.db", isolation_level="exclusive") as database:
        database.execute("begin exclusive")
        with pytest.raises(SourceUnavailable, match="database is locked"):
            source(shop, "sqlite", url="sqlite:///shop.db?timeout=0").list()
        database.rollback()
    database.close()


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    with running_postgres() as url:
        yield url


@pytest.fixture
def goods(postgres: str) -> Callable[..., Table]:
    from sqlalchemy import create_engine, text
    from sqlalchemy.pool import NullPool

    statements = (
        "drop table if exists goods",
        "create sequence if not exists counter",
        'create table goods (id bigint, price numeric(10,2), at timestamptz, naive timestamp, day date, tags text[], extra jsonb, code uuid, "Mixed Case" text, raw bytea, score float8)',
        """insert into goods values
           (1, 1.10, '2024-01-05 10:00+02', '2024-01-05 10:00:00.5', '2024-01-05', '{a,b}', '{"b": 1, "a": null}',
            '00000000-0000-0000-0000-000000000001', 'x', '\\x01ff', 'NaN'),
           (2, 1e3, '2024-01-06 10:00+00', '2024-01-06 10:00', '2024-01-06', null, null, null, null, null, 0.1),
           (3, null, null, null, null, null, null, null, null, null, null)""",
    )
    engine = create_engine(postgres, poolclass=NullPool)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement.replace(":00", "\\:00")))

    def open_table(since: str | None = None, **settings) -> Table:
        told = {
            "name": "goods",
            "url": postgres,
            "table": "public.goods",
            "key": ("id",),
            "text": "{{ id }} at {{ price }}",
        }
        if "query" in settings:
            del told["table"]
        found = open_source(TableSource(**{**told, **settings}), Path("/"), since)
        assert isinstance(found, Table)
        return found

    return open_table


def test_postgres_types(goods):
    table = goods(modified="at")
    found = table.list()
    assert found.complete
    assert [str(item.modified) for item in found.items] == [
        "2024-01-05 08:00:00+00:00",
        "2024-01-06 10:00:00+00:00",
        "None",
    ]
    told = json.loads(table.fetch("#key/id=1"))
    assert told["text"] == "1 at 1.10"
    assert told["metadata"] == {
        "id": "1", "at": "2024-01-05T08:00:00+00:00", "naive": "2024-01-05T10:00:00.500000", "day": "2024-01-05", "tags": '["a","b"]',
        "extra": '{"a":null,"b":1}', "code": "00000000-0000-0000-0000-000000000001", "Mixed Case": "x", "raw": "01ff",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("cursor", "since"),
    [
        ("at", "2024-01-06T10:00:00+00:00"), ("naive", "2024-01-06T10:00:00"), ("day", "2024-01-06"), ("id", "2"),
        ("price", "1000.00"), ("Mixed Case", "y"),
    ],
)  # fmt: skip
def test_postgres_cursors(goods, cursor: str, since: str):
    found = goods(since, cursor=cursor).list()
    assert "#key/id=1" not in uris(found)
    assert set(uris(found)) >= {"#key/id=3"} | ({"#key/id=2"} if cursor != "Mixed Case" else set())
    assert (found.since, found.complete) == (since, False)


def test_postgres_queries(goods):
    query = "select id, price::numeric::text as price, 'a:b %s' as note from goods where at > '2024-01-01 00:00:00' order by id -- %"
    assert uris(goods(query=query).list()) == ["#key/id=1", "#key/id=2"]
    assert uris(goods("2", query=query, cursor="id").list()) == ["#key/id=2"]


def test_postgres_is_only_read(goods):
    with pytest.raises(SourceRefused, match="read-only transaction"):
        goods(query="select nextval('counter') as id").list()
    assert len(goods().list().items) == 3


def test_no_secret_is_told(goods, postgres: str, monkeypatch):
    url = postgres.replace("s3cret%21pw", "wr0ng%21pw")
    monkeypatch.setenv("VOUCH_TEST_URL", url)
    for told in (url, "${VOUCH_TEST_URL}"):
        with pytest.raises(SourceUnavailable, match="password authentication failed") as raised:
            goods(url=told).list()
        assert "wr0ng" not in "".join(traceback.format_exception(raised.value))
        assert "postgresql+psycopg://***@127.0.0.1" in str(raised.value)


def test_the_database_is_named_by_the_environment(goods, postgres: str, monkeypatch):
    monkeypatch.setenv("VOUCH_TEST_PASSWORD", "s3cret%21pw")
    assert goods(url=postgres.replace("s3cret%21pw", "${VOUCH_TEST_PASSWORD}")).list().complete
