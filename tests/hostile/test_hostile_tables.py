"""Tables that are bombs or have no end: bounded in memory, and nothing is deleted for them."""

import bz2
import gzip
import io
import lzma
import sqlite3
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.pipeline.steps import configure, run, texts
from vouch.schemas.documents.records import Listing
from vouch.schemas.settings.table_source import TableSource
from vouch.sources.base import Source
from vouch.sources.registry import open_source

GOOD = b"id,t\n1,one\n2,two\n"
LINE = b'{"id": 1, "t": "one"}\n'


def open_table(folder: Path, **settings: object) -> Source:
    where = {} if "url" in settings else {"path": "."}
    return open_source(
        TableSource(name="rows", key=("id",), text="{{ t }}", **(where | settings)), folder
    )


def uris(listing: Listing) -> set[str]:
    return {item.uri for item in listing.items}


def parquet(table: pa.Table) -> bytes:
    stream = io.BytesIO()
    pq.write_table(table, stream, compression="zstd")
    return stream.getvalue()


def repeated_text(rows: int, length: int) -> bytes:
    """Return a file of few kilobytes: one long text, in every row."""
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), ["x" * length])
    return parquet(pa.table({"id": list(range(rows)), "t": texts}))


def nested_nulls(number: int) -> bytes:
    """Return a file of few kilobytes whose one row is a list of this many nulls."""
    lists = pa.ListArray.from_arrays([0, number], pa.nulls(number, pa.int8()))
    return parquet(pa.table({"id": [1], "t": lists}))


LONG = 21_000_000
# Few kilobytes each, and the message about them.
BOMBS = {
    "line.jsonl.gz": (gzip.compress(LINE + b" " * LONG), "20,000,000 characters or more"),
    "line.csv.bz2": (bz2.compress(GOOD + b"3" * LONG), "20,000,000 characters or more"),
    "line.tsv.xz": (lzma.compress(b"id\tt\n" + b"\0" * LONG), "20,000,000 characters or more"),
    "quoted.csv.gz": (gzip.compress(GOOD + b'3,"' + b"x\n" * (LONG // 4)), "field larger than"),
    "header.csv.gz": (gzip.compress(b"id," * (LONG // 3)), "20,000,000 characters or more"),
    "cells.csv.gz": (gzip.compress(GOOD + b'3,"' + b'x\n","' * (LONG // 4)), "characters or more"),
    "text.parquet": (repeated_text(2_000, LONG), "a row has more than 20,000,000 bytes"),
    "nulls.parquet": (nested_nulls(200_000_000), "as a bomb does"),
    "cut.csv.gz": (gzip.compress(GOOD + b"3,three\n4,four\n")[:-9], "could not be read"),
    "cut.parquet": (repeated_text(10, 10)[:-20], "after row 0"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_costs_its_own_file(tmp_path: Path, name: str):
    data, message = BOMBS[name]
    assert len(data) < 200_000
    (tmp_path / name).write_bytes(data)
    (tmp_path / "good.csv").write_bytes(GOOD)
    listing = open_table(tmp_path).list()
    assert uris(listing) >= {"good.csv#key/id=1", "good.csv#key/id=2"}
    (problem,) = [problem for problem in listing.problems if name in problem]
    assert message in problem
    assert not listing.complete


def test_a_long_text_in_every_row_is_read_row_by_row(tmp_path: Path):
    (tmp_path / "a.parquet").write_bytes(repeated_text(50, 1_000_000))
    listing = open_table(tmp_path, max_rows_mb=20).list()
    assert 15 <= len(listing.items) <= 20
    assert "first 20 MB of rows were read (max_rows_mb)" in listing.problems[0]


def test_an_endless_query_ends_at_the_limits(tmp_path: Path):
    sqlite3.connect(tmp_path / "shop.db").close()
    endless = "with recursive n(id) as (select 1 union all select id + 1 from n) select id from n"
    settings = {"url": "sqlite:///shop.db", "query": endless}
    for limit, setting in ((2_500, "max_rows"), (0.01, "max_rows_mb"), (0.5, "list_timeout_s")):
        listing = open_table(tmp_path, **settings, **{setting: limit}).list()
        assert not listing.complete
        assert f"({setting})" in listing.problems[0]
        assert listing.items
    assert len(open_table(tmp_path, **settings, max_rows=2_500).list().items) == 2_500


def test_rows_beyond_a_limit_are_not_deleted(tmp_path: Path, tiny_model: Path):
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "a.csv").write_bytes(GOOD)
    source = {"kind": "table", "key": ["id"], "text": "{{ t }}"}
    settings = configure(tmp_path, tiny_model, source)
    run(settings)
    (tmp_path / "documents" / "a.csv").write_bytes(GOOD + b"3,three\n")
    limited = configure(tmp_path, tiny_model, source | {"max_rows": 1})
    record = run(limited)
    assert not record.sources[0].complete
    assert set(texts(settings)) == {"a.csv#key/id=1", "a.csv#key/id=2"}
