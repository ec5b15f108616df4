"""Tables in a real PostgreSQL: types, cursors, read-only transactions, and no secret in a message."""

import json
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.postgres import running_postgres
from vouch.schemas.documents.records import Listing
from vouch.schemas.errors import SourceRefused, SourceUnavailable
from vouch.schemas.settings.table_source import TableSource
from vouch.sources.base import Source
from vouch.sources.registry import open_source

STATEMENTS = (
    "create sequence counter",
    """create table goods (
           id bigint, price numeric(10,2), at timestamptz, naive timestamp, day date, tags text[],
           extra jsonb, code uuid, "Mixed Case" text, raw bytea, score float8
       )""",
    """insert into goods values
       (1, 1.10, '2024-01-05 10:00+02', '2024-01-05 10:00:00.5', '2024-01-05', '{a,b}',
        '{"b": 1, "a": null}', '00000000-0000-0000-0000-000000000001', 'x', '\\x01ff', 'NaN'),
       (2, 1e3, '2024-01-06 10:00+00', '2024-01-06 10:00', '2024-01-06',
        null, null, null, null, null, 0.1),
       (3, null, null, null, null, null, null, null, null, null, null)""",
)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The URL of a database with the table goods, which no test here may change."""
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    with running_postgres() as url:
        with create_engine(url, poolclass=NullPool).begin() as connection:
            for statement in STATEMENTS:
                connection.exec_driver_sql(statement)
        yield url


@pytest.fixture
def open_table(url: str) -> Callable[..., Source]:
    def open_table(since: str | None = None, **settings) -> Source:
        defaults = {
            "name": "goods",
            "url": url,
            "key": ("id",),
            "text": "{{ id }} at {{ price }}",
        }
        if "query" not in settings:
            defaults["table"] = "public.goods"
        return open_source(TableSource(**{**defaults, **settings}), Path("/"), since)

    return open_table


def uris(listing: Listing) -> list[str]:
    return [item.uri for item in listing.items]


def test_every_type_has_a_text(open_table: Callable[..., Source]):
    table = open_table(modified="at")
    listing = table.list()
    assert listing.complete
    assert [str(item.modified) for item in listing.items] == [
        "2024-01-05 08:00:00+00:00",
        "2024-01-06 10:00:00+00:00",
        "None",
    ]
    document = json.loads(table.fetch("#key/id=1").data)
    assert document["text"] == "1 at 1.10"
    assert document["metadata"] == {
        "id": 1,
        "at": {"time": "2024-01-05T08:00:00Z"},
        "naive": {"time": "2024-01-05T10:00:00.500000Z"},
        "day": {"time": "2024-01-05"},
        "tags": ["a", "b"],
        "extra": '{"a":null,"b":1}',
        "code": "00000000-0000-0000-0000-000000000001",
        "Mixed Case": "x",
        "raw": "01ff",
    }


@pytest.mark.parametrize(
    ("cursor", "since", "expected"),
    [
        ("at", "2024-01-06T10:00:00+00:00", [2, 3]),
        ("naive", "2024-01-06T10:00:00", [2, 3]),
        ("day", "2024-01-06", [2, 3]),
        ("id", "2", [2, 3]),
        ("price", "1000.00", [2, 3]),
        ("Mixed Case", "y", [2, 3]),
    ],
)
def test_only_rows_at_or_past_the_cursor_are_read(
    open_table: Callable[..., Source], cursor: str, since: str, expected: list[int]
):
    listing = open_table(since, cursor=cursor).list()
    assert [int(uri.removeprefix("#key/id=")) for uri in uris(listing)] == expected
    assert (listing.since, listing.complete) == (since, False)


def test_a_query_is_sent_unchanged(open_table: Callable[..., Source]):
    query = (
        "select id, price::numeric::text as price, 'a:b %s' as note from goods "
        "where at > '2024-01-01 00:00:00' order by id -- %"
    )
    assert uris(open_table(query=query).list()) == ["#key/id=1", "#key/id=2"]
    assert uris(open_table("2", query=query, cursor="id").list()) == ["#key/id=2"]


def test_a_query_that_writes_is_refused(open_table: Callable[..., Source]):
    with pytest.raises(SourceRefused, match="read-only transaction"):
        open_table(query="select nextval('counter') as id").list()


def test_no_error_contains_the_password(
    open_table: Callable[..., Source], url: str, monkeypatch: pytest.MonkeyPatch
):
    wrong = url.replace("s3cret%21pw", "wr0ng%21pw")
    monkeypatch.setenv("VOUCH_TEST_URL", wrong)
    for setting in (wrong, "${VOUCH_TEST_URL}"):
        with pytest.raises(SourceUnavailable, match="password authentication failed") as raised:
            open_table(url=setting).list()
        assert "wr0ng" not in "".join(traceback.format_exception(raised.value))
        assert "postgresql+psycopg://***@127.0.0.1" in str(raised.value)


def test_the_password_can_come_from_the_environment(
    open_table: Callable[..., Source], url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("VOUCH_TEST_PASSWORD", "s3cret%21pw")
    setting = url.replace("s3cret%21pw", "${VOUCH_TEST_PASSWORD}")
    assert open_table(url=setting).list().complete
