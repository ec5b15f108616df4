"""A candidate that shares the published files is searched like one that copies them."""

from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from tests.index.large_index import CORPUS
from vouch.index.publishing.candidate import build_candidate
from vouch.index.publishing.states import HEADING_DEPTH_SQL, with_heading_depth
from vouch.index.search.store_queries import Queries
from vouch.index.store.staging import ShardSummary, Staging
from vouch.index.store.tables import Tables, frame, frames, is_in, rows
from vouch.schemas.documents.ids import sha256_text


def stage_changed(tables: Tables, folder: Path, documents: list[str]) -> Staging:
    """Stage the chunks of these documents with more words than they have."""
    published = rows(tables.chunks, tables.chunks.schema.names, is_in("document_id", documents))
    staging = Staging(folder / "shards", tables.dimension, ["changed"])
    changed = [
        row | {"text": f"{row['text']} quince marmalade", "chunk_id": sha256_text(str(number))[:32]}
        for number, row in enumerate(published.to_pylist())
    ]
    parts = {name: schema.empty_table() for name, schema in staging.schemas.items()}
    parts["chunks"] = pa.Table.from_pylist(changed, schema=staging.schemas["chunks"])
    staging.write("changed", parts, ShardSummary())
    return staging


def test_shared_and_copied_candidates_rank_alike(large_tables: Tables, tmp_path: Path):
    before = large_tables.versions()
    ids = sorted(rows(large_tables.chunks, ["document_id"]).column("document_id").to_pylist())
    changed = list(dict.fromkeys(ids))[:4]
    staging = stage_changed(large_tables, tmp_path, changed)
    with (
        build_candidate(large_tables, staging, changed, tmp_path / "shared") as shared,
        build_candidate(large_tables, staging, changed, tmp_path / "copied", 0.0) as copied,
    ):
        assert not (tmp_path / "shared").exists()
        assert list((tmp_path / "copied/chunks.lance/_indices").glob("*"))
        columns = ("chunk_id", "document_id", "text")
        contents = [sorted(frame(tables.chunks, columns).rows()) for tables in (shared, copied)]
        assert contents[0] == contents[1]
        assert sum("quince" in text for _, _, text in contents[0]) == 40
        queries = [Queries(tables) for tables in (shared, copied)]
        for vector in CORPUS.vectors(3, 1)[:4]:
            nearest = [list(query.by_vector(vector, 10, None)) for query in queries]
            assert nearest[0] == nearest[1]
        for words in ("quince marmalade", contents[0][7][2][:60]):
            # In the shared one, words are weighed with the 40 deleted chunks of 1,000 still
            # counted.
            scores = [
                {name: row["_score"] for name, row in query.by_words(words, 2_000, None).items()}
                for query in queries
            ]
            assert scores[0] == pytest.approx(scores[1], rel=0.15)
    assert large_tables.versions() == Tables.open(large_tables.location).versions() == before


def test_reading_a_table_in_batches_gives_the_whole_table(small_tables: Tables):
    names = {"chunk_id": "chunk_id", "heading_path": "heading_path"}
    whole = frame(small_tables.chunks, tuple(names)).sort("chunk_id")
    parts = list(frames(small_tables.chunks, names | {"heading_depth": HEADING_DEPTH_SQL}))
    assert parts[0].is_empty()
    read = pl.concat(parts).sort("chunk_id")
    assert read.drop("heading_depth").equals(whole)
    assert read.drop("heading_path").equals(with_heading_depth(whole))
    assert read["heading_depth"].to_list() == [1, 1, 1]
