"""Tables in files: formats, keys, unreadable files, the cursor, and what is fetched."""

import gzip
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from vouch.schemas.documents.records import Listing, Reason
from vouch.schemas.errors import SourceRefused
from vouch.schemas.settings.table_source import TableSource
from vouch.sources.base import Source
from vouch.sources.registry import open_source


def open_table(folder: Path, since: str | None = None, **settings) -> Source:
    defaults = {
        "name": "shop",
        "path": ".",
        "key": ("id",),
        "text": "{{ name }} costs {{ price }}",
    }
    return open_source(TableSource(**{**defaults, **settings}), folder, since)


def uris(listing: Listing) -> list[str]:
    return [item.uri for item in listing.items]


def fetched(table: Source, uri: str) -> dict:
    return json.loads(table.fetch(uri).data)


def write_csv(folder: Path, text: str, name: str = "a.csv") -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    return folder


def test_a_row_is_a_document(tmp_path: Path):
    write_csv(tmp_path, "id,name,price,zip\n1,Pen,12.50,01234\n")
    table = open_table(tmp_path, title="{{ name }}")
    listing = table.list()
    assert (listing.complete, listing.problems, uris(listing)) == (True, (), ["a.csv#key/id=1"])
    assert fetched(table, "a.csv#key/id=1") == {
        "vouch_row": 2,
        "title": "Pen",
        "text": "Pen costs 12.50",
        "metadata": {"id": 1, "zip": "01234"},
    }


def test_csv_values_are_unchanged_whatever_they_contain(tmp_path: Path):
    rows = 'id,name,price,note\n"a,b",Zoë 🖋,9007199254740993,"two\nlines, ""quoted"""\n/%?#=,x,,\n'
    table = open_table(write_csv(tmp_path, rows), metadata=("note", "price"))
    assert uris(table.list()) == ["a.csv#key/id=a%2Cb", "a.csv#key/id=%2F%25%3F%23%3D"]
    first = fetched(table, "a.csv#key/id=a%2Cb")
    assert first["text"] == "Zoë 🖋 costs 9007199254740993"
    assert first["metadata"] == {"note": 'two\nlines, "quoted"', "price": 9007199254740993}
    assert fetched(table, "a.csv#key/id=%2F%25%3F%23%3D") == {
        "vouch_row": 2,
        "title": None,
        "text": "x costs ",
        "metadata": {},
    }


def test_every_format_gives_the_same_rows(tmp_path: Path):
    rows = [{"id": "1", "name": "Pen", "price": "1"}, {"id": "2", "name": "Ink", "price": "2"}]
    lines = ["id,name,price", *(",".join(row.values()) for row in rows)]
    json_lines = list(map(json.dumps, rows))
    (tmp_path / "a.csv").write_text("\r\n".join(lines) + "\r\n")
    (tmp_path / "b.csv").write_bytes(b"\xef\xbb\xbf" + "\n".join(lines).encode())
    (tmp_path / "c.tsv").write_text("\n".join(lines).replace(",", "\t"))
    (tmp_path / "d.jsonl").write_text("\n\n".join(json_lines))
    (tmp_path / "e.ndjson.gz").write_bytes(gzip.compress("\n".join(json_lines).encode()))
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "f.parquet")
    (tmp_path / "README.md").write_text("no table")
    # A text that is written like a number is one in a file of texts only.
    table = open_table(tmp_path, types={"id": "integer"})
    listing = table.list()
    assert listing.problems == ()
    files = ["a.csv", "b.csv", "c.tsv", "d.jsonl", "e.ndjson.gz", "f.parquet"]
    assert uris(listing) == [f"{file}#key/id={number}" for file in files for number in (1, 2)]
    assert len({table.fetch(f"{file}#key/id=2").data for file in files}) == 1
    assert len({item.etag for item in listing.items}) == 2


def test_every_type_of_parquet_has_a_text(tmp_path: Path):
    types = pa.schema(
        [
            ("id", pa.int64()),
            ("name", pa.dictionary(pa.int8(), pa.string())),
            ("price", pa.decimal128(10, 2)),
            ("day", pa.date32()),
            ("at", pa.timestamp("ns", "Europe/Berlin")),
            ("naive", pa.timestamp("us")),
            ("score", pa.float64()),
            ("raw", pa.binary()),
            ("tags", pa.list_(pa.string())),
            ("big", pa.uint64()),
            ("gone", pa.float32()),
        ]
    )
    row = {
        "id": 1,
        "name": "Pen",
        "price": Decimal("1.10"),
        "day": date(2024, 1, 5),
        "at": datetime(2024, 1, 5, 10, tzinfo=UTC),
        "naive": datetime(2024, 1, 5, 10),
        "score": float("nan"),
        "raw": b"\x01",
        "tags": ["a", "b"],
        "big": 2**64 - 1,
        "gone": None,
    }
    pq.write_table(pa.Table.from_pylist([row], schema=types), tmp_path / "a.parquet")
    table = open_table(tmp_path, modified="at")
    (item,) = table.list().items
    assert item.modified == datetime(2024, 1, 5, 10, tzinfo=UTC)
    document = fetched(table, item.uri)
    assert document["text"] == "Pen costs 1.10"
    assert document["metadata"] == {
        "id": 1,
        "day": {"time": "2024-01-05"},
        "at": {"time": "2024-01-05T10:00:00Z"},
        "naive": {"time": "2024-01-05T10:00:00Z"},
        "raw": "01",
        "tags": ["a", "b"],
        "big": "18446744073709551615",
    }


def test_numbers_in_json_lines_keep_their_digits(tmp_path: Path):
    row = '{"id": 12345678901234567890, "name": "é", "price": 1.10}\n'
    table = open_table(write_csv(tmp_path, row, "a.jsonl"))
    (item,) = table.list().items
    assert item.uri == "a.jsonl#key/id=12345678901234567890"
    assert fetched(table, item.uri)["text"] == "é costs 1.10"


def test_a_column_that_a_file_lacks_is_null_in_its_rows(tmp_path: Path):
    write_csv(tmp_path, "id,name\n1,Pen\n", "a.csv")
    write_csv(tmp_path, "name,price,id\nInk,2,2\n", "b.csv")
    table = open_table(tmp_path)
    assert table.list().problems == ()
    texts = [fetched(table, uri)["text"] for uri in ("a.csv#key/id=1", "b.csv#key/id=2")]
    assert texts == ["Pen costs ", "Ink costs 2"]


UNREADABLE = [
    (
        "b.csv",
        b"id,name,price\n1,Pen,1\n2,Ink\n3,Cap,3\n",
        "b.csv, line 3: 2 cells, but the header has 3",
    ),
    ("b.csv", b'id,name,price\n1,"Pen,1\n', "b.csv, line 2: unexpected end of data"),
    ("b.csv", b"id,name,name\n1,2,3\n", "b.csv, line 1: the header names 'name' 2 times"),
    (
        "b.csv",
        b"number,name,price\n1,2,3\n",
        "b.csv, line 1: there is no column id; there are number, name, price",
    ),
    ("b.csv", b"", "b.csv, line 1: there is no header"),
    (
        "b.csv",
        b"id,name,price\n1,caf\xe9,2\n",
        "b.csv, after line 0: 'utf-8' codec can't decode byte 0xe9",
    ),
    (
        "b.jsonl",
        b'{"id": 1, "name": "x", "price": 1}\n{"id": \n',
        "b.jsonl, line 2: Expecting value",
    ),
    ("b.jsonl", b"[1]\n", "b.jsonl, line 1: it is not a JSON object"),
    ("b.jsonl", b'{"id": 1, "id": 2}\n', "b.jsonl, line 1: a name is repeated"),
    (
        "b.jsonl",
        b'{"id": 1, "x": ' + b"[" * 5000 + b"]" * 5000 + b"}\n",
        "b.jsonl, line 1: maximum recursion",
    ),
    (
        "b.jsonl",
        b'{"id": 1, "x": ' + b"[" * 150 + b"]" * 150 + b"}\n",
        "b.jsonl, row 1: it is nested deeper",
    ),
    ("b.parquet", b"PAR1 this is none PAR1", "b.parquet, after row 0:"),
    (
        "b.csv.gz",
        gzip.compress(b"id,name,price\n1,Pen,1\n" * 900, mtime=0)[:-20],
        "b.csv.gz could not be read:",
    ),
]


@pytest.mark.parametrize(("name", "content", "problem"), UNREADABLE)
def test_an_unreadable_file_is_reported_and_the_others_are_read(
    tmp_path: Path, name: str, content: bytes, problem: str
):
    write_csv(tmp_path, "id,name,price\n7,Pen,1\n", "a.csv")
    write_csv(tmp_path, "id,name,price\n8,Pen,1\n", "z.csv")
    (tmp_path / name).write_bytes(content)
    listing = open_table(tmp_path).list()
    assert not listing.complete
    assert any(problem in message for message in listing.problems), listing.problems
    assert {"a.csv#key/id=7", "z.csv#key/id=8"} <= set(uris(listing))
    assert f"{name}#key/id=3" not in uris(listing)


def test_rows_without_a_unique_key_are_filtered_under_uris_of_their_own(tmp_path: Path):
    rows = "id,name,price\n1,Pen,1\n2,Ink,2\n1,Pen again,3\n,Cap,4\n,Cap,4\n1,Pen thrice,5\n"
    table = open_table(write_csv(tmp_path, rows))
    listing = table.list()
    assert uris(listing) == ["a.csv#key/id=2"]
    assert [filtered.rule for filtered in listing.filtered] == [
        Reason.DOUBLED_KEY,
        Reason.DOUBLED_KEY,
        Reason.NO_KEY,
        Reason.NO_KEY,
        Reason.DOUBLED_KEY,
    ]
    filtered_uris = [filtered.item.uri for filtered in listing.filtered]
    assert len(set(filtered_uris)) == 5
    assert filtered_uris[0] == "a.csv#doubled/1/id=1"
    assert not listing.complete
    assert listing.problems == (
        "2 rows have no value in a column of their key (id)",
        "3 rows share 1 keys, the first is a.csv#key/id=1",
    )
    with pytest.raises(SourceRefused, match="its key is not unique"):
        table.fetch("a.csv#key/id=1")


def test_a_fetched_row_is_the_one_that_was_listed(tmp_path: Path):
    table = open_table(write_csv(tmp_path, "id,name,price\n1,Pen,1\n"))
    table.list()
    write_csv(tmp_path, "id,name,price\n1,Changed,1\n")
    assert fetched(table, "a.csv#key/id=1")["text"] == "Pen costs 1"
    assert fetched(open_table(tmp_path), "a.csv#key/id=1")["text"] == "Changed costs 1"


def test_an_etag_depends_on_the_values_and_on_the_settings_of_the_document(tmp_path: Path):
    write_csv(tmp_path, "id,name,price\n1,Pen,1\n")
    etag = open_table(tmp_path).list().items[0].etag
    assert open_table(tmp_path, text="{{ name }}").list().items[0].etag != etag
    write_csv(tmp_path, "price,id,name,new\n1,1,Pen,\n")
    assert open_table(tmp_path).list().items[0].etag == etag
    write_csv(tmp_path, "id,name,price\n1,Pen,2\n")
    assert open_table(tmp_path).list().items[0].etag != etag


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
    folder = write_csv(tmp_path, "id,at\n" + rows)
    table = open_table(folder, since, text="{{ id }}", cursor="at")
    listing = table.list()
    assert [uri.removeprefix("a.csv#key/id=") for uri in uris(listing)] == expected
    assert (listing.since, listing.complete, listing.problems) == (since, False, ())
    assert "at" in fetched(table, uris(listing)[0])["metadata"]


@pytest.mark.parametrize(
    "path",
    ["memory://vouch-table", "memory://vouch-table/in/*.csv", "memory://vouch-table/in/a.csv"],
)
def test_tables_can_be_wherever_fsspec_reaches(tmp_path: Path, path: str):
    fsspec.filesystem("memory").pipe("/vouch-table/in/a.csv", b"id,name,price\n1,Pen,1\n")
    table = open_table(tmp_path, path=path)
    (item,) = table.list().items
    assert item.uri.endswith("a.csv#key/id=1")
    assert fetched(table, item.uri)["text"] == "Pen costs 1"


def test_a_file_with_another_suffix_has_the_format_of_the_settings(tmp_path: Path):
    write_csv(tmp_path, "id;name;price\n1;Pen;1\n", "export.txt")
    settings = {"path": "export.txt", "format": "csv", "delimiter": ";"}
    assert uris(open_table(tmp_path, **settings).list()) == ["export.txt#key/id=1"]
    with pytest.raises(SourceRefused, match=r"holds no table .*set its `format`"):
        open_table(tmp_path).list()


def test_excluded_files_are_listed_as_filtered(tmp_path: Path):
    write_csv(tmp_path, "id,name,price\n1,Pen,1\n")
    write_csv(tmp_path, "id,name,price\n2,Pen,1\n", "old/b.csv")
    listing = open_table(tmp_path, exclude=("old/",)).list()
    assert uris(listing) == ["a.csv#key/id=1"]
    assert [(filtered.item.uri, filtered.rule) for filtered in listing.filtered] == [
        ("old/b.csv", Reason.EXCLUDED)
    ]
