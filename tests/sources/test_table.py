"""Tables in files: every format, what a row's key tells, what cannot be read, and what is fetched."""

import gzip
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from vouch.schemas.errors import SourceRefused
from vouch.schemas.records import Listing, Reason
from vouch.schemas.table_source import TableSource, without_secrets
from vouch.sources.registry import open_source
from vouch.sources.tables.table import Table

TEXT = "{{ name }} costs {{ price }}"


def source(folder: Path, since: str | None = None, **settings) -> Table:
    told = {"name": "shop", "path": ".", "key": ("id",), "text": TEXT, **settings}
    found = open_source(TableSource(**told), folder, since)
    assert isinstance(found, Table)
    return found


def uris(found: Listing) -> list[str]:
    return [item.uri for item in found.items]


def fetched(found: Table, uri: str) -> dict:
    return json.loads(found.fetch(uri))


def csv(folder: Path, text: str, name: str = "a.csv") -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    return folder


def test_a_row_is_a_document(tmp_path: Path):
    table = source(csv(tmp_path, "id,name,price,zip\n1,Pen,12.50,01234\n"), title="{{ name }}")
    found = table.list()
    assert (found.complete, found.problems, uris(found)) == (True, (), ["a.csv#key/id=1"])
    assert fetched(table, "a.csv#key/id=1") == {
        "vouch_row": 1,
        "title": "Pen",
        "text": "Pen costs 12.50",
        "metadata": {"id": "1", "zip": "01234"},
    }


def test_csv_values_are_kept_whatever_they_hold(tmp_path: Path):
    rows = 'id,name,price,note\n"a,b",Zoë 🖋,9007199254740993,"two\nlines, ""quoted"""\n/%?#=,x,,\n'
    table = source(csv(tmp_path, rows), metadata=("note", "price"))
    assert uris(table.list()) == ["a.csv#key/id=a%2Cb", "a.csv#key/id=%2F%25%3F%23%3D"]
    told = fetched(table, "a.csv#key/id=a%2Cb")
    assert told["text"] == "Zoë 🖋 costs 9007199254740993"
    assert told["metadata"] == {"note": 'two\nlines, "quoted"', "price": "9007199254740993"}
    assert fetched(table, "a.csv#key/id=%2F%25%3F%23%3D") == {
        "vouch_row": 1,
        "title": None,
        "text": "x costs ",
        "metadata": {},
    }


def test_every_format_gives_the_same_rows(tmp_path: Path):
    rows = [{"id": "1", "name": "Pen", "price": "1"}, {"id": "2", "name": "Ink", "price": "2"}]
    lines = ["id,name,price", *(",".join(row.values()) for row in rows)]
    (tmp_path / "a.csv").write_text("\r\n".join(lines) + "\r\n")
    (tmp_path / "b.csv").write_bytes(b"\xef\xbb\xbf" + "\n".join(lines).encode())
    (tmp_path / "c.tsv").write_text("\n".join(lines).replace(",", "\t"))
    (tmp_path / "d.jsonl").write_text("\n\n".join(map(json.dumps, rows)))
    (tmp_path / "e.ndjson.gz").write_bytes(gzip.compress("\n".join(map(json.dumps, rows)).encode()))
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "f.parquet")
    (tmp_path / "README.md").write_text("no table")
    table = source(tmp_path)
    found = table.list()
    assert found.problems == ()
    files = ["a.csv", "b.csv", "c.tsv", "d.jsonl", "e.ndjson.gz", "f.parquet"]
    assert uris(found) == [f"{file}#key/id={number}" for file in files for number in (1, 2)]
    assert {table.fetch(f"{file}#key/id=2") for file in files} == {table.fetch("a.csv#key/id=2")}
    assert len({item.etag for item in found.items}) == 2


def test_parquet_types(tmp_path: Path):
    types = pa.schema(
        [
            ("id", pa.int64()), ("name", pa.dictionary(pa.int8(), pa.string())), ("price", pa.decimal128(10, 2)), ("day", pa.date32()),
            ("at", pa.timestamp("ns", "Europe/Berlin")), ("naive", pa.timestamp("us")), ("score", pa.float64()), ("raw", pa.binary()),
            ("tags", pa.list_(pa.string())), ("big", pa.uint64()), ("gone", pa.float32()),
        ]
    )  # fmt: skip
    row = {
        "id": 1, "name": "Pen", "price": Decimal("1.10"), "day": date(2024, 1, 5), "at": datetime(2024, 1, 5, 10, tzinfo=UTC),
        "naive": datetime(2024, 1, 5, 10), "score": float("nan"), "raw": b"\x01", "tags": ["a", "b"], "big": 2**64 - 1, "gone": None,
    }  # fmt: skip
    pq.write_table(pa.Table.from_pylist([row], schema=types), tmp_path / "a.parquet")
    table = source(tmp_path, modified="at")
    (item,) = table.list().items
    assert item.modified == datetime(2024, 1, 5, 10, tzinfo=UTC)
    told = fetched(table, item.uri)
    assert told["text"] == "Pen costs 1.10"
    assert told["metadata"] == {
        "id": "1", "day": "2024-01-05", "at": "2024-01-05T10:00:00+00:00", "naive": "2024-01-05T10:00:00", "raw": "01",
        "tags": '["a","b"]', "big": "18446744073709551615",
    }  # fmt: skip


def test_json_lines_keep_numbers_as_they_are_written(tmp_path: Path):
    table = source(
        csv(tmp_path, '{"id": 12345678901234567890, "name": "é", "price": 1.10}\n', "a.jsonl")
    )
    (item,) = table.list().items
    assert item.uri == "a.jsonl#key/id=12345678901234567890"
    assert fetched(table, item.uri)["text"] == "é costs 1.10"


def test_a_column_that_a_file_lacks_is_null_there(tmp_path: Path):
    csv(tmp_path, "id,name\n1,Pen\n", "a.csv")
    csv(tmp_path, "name,price,id\nInk,2,2\n", "b.csv")
    table = source(tmp_path)
    assert table.list().problems == ()
    assert [fetched(table, uri)["text"] for uri in ("a.csv#key/id=1", "b.csv#key/id=2")] == [
        "Pen costs ",
        "Ink costs 2",
    ]


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("b.csv", b"id,name,price\n1,Pen,1\n2,Ink\n3,Cap,3\n", "b.csv, line 3: 2 cells, but the header has 3"),
        ("b.csv", b'id,name,price\n1,"Pen,1\n', "b.csv, line 2: unexpected end of data"),
        ("b.csv", b"id,name,name\n1,2,3\n", "b.csv, line 1: the header names 'name' 2 times"),
        ("b.csv", b"number,name,price\n1,2,3\n", "b.csv, line 1: there is no column id; there are number, name, price"),
        ("b.csv", b"", "b.csv, line 1: there is no header"),
        ("b.csv", b"id,name,price\n1,caf\xe9,2\n", "b.csv, after line 0: 'utf-8' codec can't decode byte 0xe9"),
        ("b.jsonl", b'{"id": 1, "name": "x", "price": 1}\n{"id": \n', "b.jsonl, line 2: Expecting value"),
        ("b.jsonl", b"[1]\n", "b.jsonl, line 1: it is no JSON object"),
        ("b.jsonl", b'{"id": 1, "id": 2}\n', "b.jsonl, line 1: a name stands twice"),
        ("b.jsonl", b'{"id": 1, "x": ' + b"[" * 5000 + b"]" * 5000 + b"}\n", "b.jsonl, line 1: maximum recursion"),
        ("b.jsonl", b'{"id": 1, "x": ' + b"[" * 150 + b"]" * 150 + b"}\n", "b.jsonl, row 1: it is nested deeper"),
        ("b.parquet", b"PAR1 this is none PAR1", "b.parquet, after row 0:"),
        ("b.csv.gz", gzip.compress(b"id,name,price\n1,Pen,1\n" * 900, mtime=0)[:-20], "b.csv.gz could not be read:"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_told_and_the_others_go_on(
    tmp_path: Path, name: str, content: bytes, problem: str
):
    csv(tmp_path, "id,name,price\n7,Pen,1\n", "a.csv")
    csv(tmp_path, "id,name,price\n8,Pen,1\n", "z.csv")
    (tmp_path / name).write_bytes(content)
    found = source(tmp_path).list()
    assert not found.complete
    assert any(problem in one for one in found.problems), found.problems
    assert {"a.csv#key/id=7", "z.csv#key/id=8"} <= set(uris(found))
    assert f"{name}#key/id=3" not in uris(found)


def test_rows_that_no_key_tells_are_filtered_each_by_itself(tmp_path: Path):
    rows = "id,name,price\n1,Pen,1\n2,Ink,2\n1,Pen again,3\n,Cap,4\n,Cap,4\n1,Pen thrice,5\n"
    table = source(csv(tmp_path, rows))
    found = table.list()
    assert uris(found) == ["a.csv#key/id=2"]
    assert [one.rule for one in found.filtered] == [Reason.DOUBLED_KEY] * 2 + [
        Reason.NO_KEY
    ] * 2 + [Reason.DOUBLED_KEY]
    kept_out = [one.item.uri for one in found.filtered]
    assert len(set(kept_out)) == 5
    assert kept_out[0] == "a.csv#doubled/1/id=1"
    assert not found.complete
    assert found.problems == (
        "2 rows have no value in a column of their key (id)",
        "3 rows share 1 keys, the first is a.csv#key/id=1",
    )
    with pytest.raises(SourceRefused, match="not told by its key"):
        table.fetch("a.csv#key/id=1")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"text": "{{ nme }}"},
            "a.csv#key/id=1 of source shop: the template `text` cannot be filled in: 'nme' is undefined",
        ),
        ({"text": "{{ row['the name'] }}"}, "has no attribute 'the name'"),
        ({"text": "{{ price / 2 }}"}, "unsupported operand"),
        ({"text": "{{ price * 1000000000 }}"}, "may multiply numbers only"),
        (
            {"text": "{{ name }}", "title": "{{ row.x.y }}"},
            "the template `title` cannot be filled in",
        ),
        ({"text": "{{ name.__class__.__mro__ }}"}, "is unsafe"),
        ({"types": {"name": "number"}}, "column name: 'Pen' is no number"),
        ({"modified": "name"}, "column name: 'Pen' is no time in ISO 8601"),
        ({"modified": "when"}, "the table has no column when"),
        ({"metadata": ("colour",)}, "the table has no column colour"),
    ],
)
def test_what_is_wrong_with_a_row_is_its_own(tmp_path: Path, settings: dict, message: str):
    table = source(csv(tmp_path, "id,name,price\n1,Pen,2\n"), **settings)
    found = table.list()
    assert found.complete
    with pytest.raises(SourceRefused) as raised:
        table.fetch(uris(found)[0])
    assert message in str(raised.value)


def test_types_are_what_the_templates_see(tmp_path: Path):
    text = "{{ name }}: {{ price * 2 }} in {{ day.year }}{% if new %} (new){% endif %}{% for one in name %} {{ one }}{% endfor %}"
    types = {"price": "number", "day": "date", "new": "boolean"}
    table = source(
        csv(tmp_path, "id,name,price,day,new\n1,Pen,1.10,2024-01-05,no\n"),
        text=text,
        types=types,
        metadata=("price", "new"),
    )
    told = fetched(table, uris(table.list())[0])
    assert told["text"] == "Pen: 2.20 in 2024 P e n"
    assert told["metadata"] == {"price": "1.10", "new": "no"}


def test_what_was_listed_is_fetched_though_the_table_changes(tmp_path: Path):
    table = source(csv(tmp_path, "id,name,price\n1,Pen,1\n"))
    table.list()
    csv(tmp_path, "id,name,price\n1,Changed,1\n")
    assert fetched(table, "a.csv#key/id=1")["text"] == "Pen costs 1"
    assert fetched(source(tmp_path), "a.csv#key/id=1")["text"] == "Changed costs 1"


def test_what_a_row_is_made_of_is_in_its_etag(tmp_path: Path):
    csv(tmp_path, "id,name,price\n1,Pen,1\n")
    etags = {
        source(tmp_path, **settings).list().items[0].etag
        for settings in (
            {},
            {"text": "{{ name }}"},
            {"title": "{{ name }}"},
            {"metadata": ()},
            {"types": {"price": "number"}},
        )
    }
    assert len(etags) == 5
    csv(tmp_path, "price,id,name,new\n1,1,Pen,\n")
    assert source(tmp_path).list().items[0].etag in etags


def test_columns_shown_are_not_kept_twice_but_for_the_key(tmp_path: Path):
    csv(tmp_path, "id,name,price,Item Name,colour\n1,Pen,1,x,red\n")
    told = fetched(
        source(tmp_path, text="{{ id }} {{ row['Item Name'] }} {{ name }}"), "a.csv#key/id=1"
    )
    assert told["metadata"] == {"id": "1", "price": "1", "colour": "red"}


@pytest.mark.parametrize(
    ("rows", "since", "expected"),
    [
        ("1,9\n2,10\n3,11\n", "10", ["2", "3"]),
        ("1,2024-01-01\n2,2024-01-02 00:00\n3,2024-01-02T00:00:01Z\n", "2024-01-02", ["2", "3"]),
        ("1,a\n2,b\n3,\n", "b", ["2", "3"]),
        ("1,9\n2,10\n3,11\n", "2024-01-02", ["1", "2", "3"]),
    ],
)
def test_only_rows_at_or_past_the_cursor_are_listed(
    tmp_path: Path, rows: str, since: str, expected: list[str]
):
    table = source(csv(tmp_path, "id,at\n" + rows), since, text="{{ id }}", cursor="at")
    found = table.list()
    assert [uri.removeprefix("a.csv#key/id=") for uri in uris(found)] == expected
    assert (found.since, found.complete, found.problems) == (since, False, ())
    assert "at" in fetched(table, uris(found)[0])["metadata"]


@pytest.mark.parametrize(
    "path",
    ["memory://vouch-table", "memory://vouch-table/in/*.csv", "memory://vouch-table/in/a.csv"],
)
def test_tables_stand_anywhere_that_fsspec_reaches(tmp_path: Path, path: str):
    fsspec.filesystem("memory").pipe("/vouch-table/in/a.csv", b"id,name,price\n1,Pen,1\n")
    table = source(tmp_path, path=path)
    (item,) = table.list().items
    assert item.uri.endswith("a.csv#key/id=1")
    assert fetched(table, item.uri)["text"] == "Pen costs 1"


def test_a_file_of_another_name_is_read_as_the_settings_say(tmp_path: Path):
    csv(tmp_path, "id;name;price\n1;Pen;1\n", "export.txt")
    assert uris(source(tmp_path, path="export.txt", format="csv", delimiter=";").list()) == [
        "export.txt#key/id=1"
    ]
    with pytest.raises(SourceRefused, match="holds no table .*set its `format`"):
        source(tmp_path).list()


def test_what_is_excluded_is_filtered(tmp_path: Path):
    csv(tmp_path, "id,name,price\n1,Pen,1\n")
    csv(tmp_path, "id,name,price\n2,Pen,1\n", "old/b.csv")
    found = source(tmp_path, exclude=("old/",)).list()
    assert uris(found) == ["a.csv#key/id=1"]
    assert [(one.item.uri, one.rule) for one in found.filtered] == [("old/b.csv", Reason.EXCLUDED)]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("data/*.csv", "data/*.csv"),
        ("postgresql://me:s3cret@host/db?sslpassword=x", "postgresql://***@host/db"),
        ("postgresql://me:s3@c/r?et@host:1/db", "postgresql://***@host:1/db"),
        ("${DATABASE_URL}", "${DATABASE_URL}"),
        ("sqlite:///shop.db", "sqlite:///shop.db"),
    ],
)
def test_a_place_is_shown_without_secrets(url: str, shown: str):
    assert without_secrets(url) == shown
