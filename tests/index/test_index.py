"""The index on a real LanceDB: one commit or nothing, safe filters, recovery, no doubled keys."""

from datetime import UTC, datetime
from pathlib import Path

import lancedb
import numpy as np
import pyarrow as pa
import pytest

from vouch.index.publishing.candidate import candidate
from vouch.index.publishing.publish import finish, publish
from vouch.index.search.filters import where
from vouch.index.store.lookups import indexed_documents, indexed_vectors
from vouch.index.store.row_builders import chunk_rows, document_row, with_vectors
from vouch.index.store.run_log import Intent, list_runs, read_run, unfinished, write_run
from vouch.index.store.staging import ShardSummary, Staging
from vouch.index.store.tables import Tables, rows
from vouch.schemas.arrow import DOCUMENTS, QUARANTINE, chunks_schema
from vouch.schemas.errors import IndexError_, NotFound, SettingsError
from vouch.schemas.ids import document_id
from vouch.schemas.records import Chunk, Document, ElementType, Fingerprints, Metadata, Origin
from vouch.schemas.run import RunRecord, Status
from vouch.schemas.settings import FilesSource, Settings

DIMENSION = 4
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


NOW = Fingerprints("c" * 16, "e" * 16, "k" * 16, "l" * 16, {"docs": "f" * 16})
SETTINGS = Settings(sources=(FilesSource(name="docs", path="documents"),))


def record(run: str) -> RunRecord:
    return RunRecord(run_id=run, started_at=AT, settings_sha256="s", code_version="v")


def stage(folder: Path, run: str, texts: dict[str, str]) -> Staging:
    """Stage documents of one chunk each."""
    staging = Staging(folder / "work", DIMENSION, [f"shard-{run}"])
    chunks, documents = [], []
    for uri, text in texts.items():
        origin = Origin(
            document_id("docs", uri),
            "docs",
            uri,
            size=len(text),
            content_sha256="0" * 64,
            parser="text",
            parse_fingerprint="p" * 16,
        )
        document = Document(text, (), Metadata(title=uri, author="Ada O'Neil"))
        made = Chunk(0, len(text), text, None, 3, ("Top",), (ElementType.PARAGRAPH,), None, None)
        chunks += chunk_rows(origin, document, [made], ["en"], NOW)
        documents.append(
            document_row(origin, NOW, status="published", document=document, chunk_count=1)
        )
    vectors = np.eye(DIMENSION, dtype=np.float32)[np.arange(len(chunks)) % DIMENSION]
    tables = {
        "chunks": with_vectors(chunks, vectors, chunks_schema(DIMENSION)),
        "documents": pa.Table.from_pylist(documents, schema=DOCUMENTS),
        "quarantine": QUARANTINE.empty_table(),
    }
    staging.write(f"shard-{run}", tables, ShardSummary())
    return staging


def intent(
    staging: Staging, chunks: int, replaced: tuple[str, ...] = (), removed: tuple[str, ...] = ()
) -> Intent:
    ids = [[document_id("docs", uri) for uri in uris] for uris in (replaced, removed)]
    return Intent(
        staging=str(staging.root),
        shards=staging.names,
        dimension=DIMENSION,
        replaced=ids[0],
        removed=ids[1],
        settled=[],
        chunks=chunks,
    )


def texts(tables: Tables) -> dict[str, str]:
    found = rows(tables.latest().chunks, ("uri", "text")).to_pylist()
    assert len(found) == tables.chunks.count_rows()
    return {row["uri"]: row["text"] for row in found}


@pytest.fixture
def tables(tmp_path: Path) -> Tables:
    made = Tables.create(tmp_path / "index", DIMENSION)
    staging = stage(
        tmp_path, "20260101T000000-aaaaaa", {"a.md": "alpha", "b.md": "beta", "c.md": "gamma"}
    )
    publish(made, staging, intent(staging, 3), record("20260101T000000-aaaaaa"), SETTINGS)
    return made


def test_upserts_and_deletes_are_one_commit(tables: Tables, tmp_path: Path):
    before = tables.latest().chunks.version
    staging = stage(tmp_path, "20260102T000000-bbbbbb", {"a.md": "ALPHA", "d.md": "delta"})
    plan = intent(staging, 3, replaced=("a.md",), removed=("b.md",))
    done = publish(tables, staging, plan, record("20260102T000000-bbbbbb"), SETTINGS)
    states = []
    for version in range(before, tables.chunks.version + 1):
        raw = lancedb.connect(tables.folder).open_table("chunks")
        raw.checkout(version)
        states.append({row["uri"]: row["text"] for row in rows(raw, ("uri", "text")).to_pylist()})
    old = {"a.md": "alpha", "b.md": "beta", "c.md": "gamma"}
    new = {"a.md": "ALPHA", "c.md": "gamma", "d.md": "delta"}
    assert [state for state in states if state not in (old, new)] == []
    assert texts(tables) == new
    assert done.status is Status.PUBLISHED
    assert done.versions["chunks"] == tables.chunks.version
    assert set(indexed_documents(tables)["uri"]) == {"a.md", "c.md", "d.md"}


def test_the_tag_brings_back_the_state(tables: Tables, tmp_path: Path):
    staging = stage(tmp_path, "20260102T000000-bbbbbb", {"d.md": "delta"})
    publish(tables, staging, intent(staging, 4), record("20260102T000000-bbbbbb"), SETTINGS)
    old = lancedb.connect(tables.folder).open_table("chunks")
    old.checkout("run-20260101T000000-aaaaaa")
    assert set(rows(old, ("uri",)).column("uri").to_pylist()) == {"a.md", "b.md", "c.md"}


def test_a_publish_that_was_cut_short_is_finished_by_the_next_run(tables: Tables, tmp_path: Path):
    run = "20260102T000000-bbbbbb"
    staging = stage(tmp_path, run, {"a.md": "ALPHA"})
    write_run(
        tables,
        record(run).model_copy(update={"status": Status.PUBLISHING}),
        intent(staging, 2, ("a.md",), ("b.md",)),
    )
    assert texts(tables) == {"a.md": "alpha", "b.md": "beta", "c.md": "gamma"}
    (done,) = finish(tables, SETTINGS)
    assert done.status is Status.PUBLISHED
    assert texts(tables) == {"a.md": "ALPHA", "c.md": "gamma"}
    assert unfinished(tables) == []
    assert not staging.has(staging.names[0])


@pytest.mark.parametrize("committed", ["chunks", "documents"])
def test_it_is_finished_wherever_it_was_cut(
    tables: Tables, tmp_path: Path, committed: str, monkeypatch
):
    import vouch.index.publishing.publish as module

    run = "20260102T000000-bbbbbb"
    staging = stage(tmp_path, run, {"a.md": "ALPHA"})
    upsert = module.upsert

    def cut_after(table, data, key, delete=None):
        upsert(table, data, key, delete)
        if table.name == committed:
            raise KeyboardInterrupt

    monkeypatch.setattr(module, "upsert", cut_after)
    with pytest.raises(KeyboardInterrupt):
        publish(tables, staging, intent(staging, 2, ("a.md",), ("b.md",)), record(run), SETTINGS)
    monkeypatch.undo()
    finish(Tables.open(tables.folder), SETTINGS)
    assert texts(tables) == {"a.md": "ALPHA", "c.md": "gamma"}
    assert set(indexed_documents(tables)["uri"]) == {"a.md", "c.md"}


def test_staged_files_that_are_gone_are_an_error_that_says_so(tables: Tables, tmp_path: Path):
    run = "20260102T000000-bbbbbb"
    staging = stage(tmp_path, run, {"a.md": "ALPHA"})
    write_run(
        tables,
        record(run).model_copy(update={"status": Status.PUBLISHING}),
        intent(staging, 3, ("a.md",)),
    )
    staging.discard()
    with pytest.raises(IndexError_, match="1 of 1 staged shards are missing"):
        finish(tables, SETTINGS)


def test_a_shard_without_its_marker_counts_as_not_there(tmp_path: Path):
    staging = stage(tmp_path, "run", {"a.md": "alpha"})
    (staging.root / "shard-run" / "_DONE").unlink()
    assert not staging.has("shard-run")
    with pytest.raises(IndexError_, match="the first is shard-run"):
        staging.rows("chunks")


def test_another_writer_is_noticed(tables: Tables, tmp_path: Path):
    staging = stage(tmp_path, "20260102T000000-bbbbbb", {"d.md": "delta"})
    with pytest.raises(IndexError_, match="holds 4 rows after the commit, not 5"):
        publish(tables, staging, intent(staging, 5), record("20260102T000000-bbbbbb"), SETTINGS)


def test_the_candidate_is_what_will_be_published(tables: Tables, tmp_path: Path):
    staging = stage(tmp_path, "20260102T000000-bbbbbb", {"a.md": "ALPHA", "d.md": "delta"})
    plan = intent(staging, 3, ("a.md",), ("b.md",))
    after = candidate(tables, staging, plan.replaced, plan.removed, set(plan.settled))
    publish(tables, staging, plan, record("20260102T000000-bbbbbb"), SETTINGS)
    held = rows(tables.latest().chunks, ("chunk_id",)).column("chunk_id").to_pylist()
    assert sorted(after.chunks["chunk_id"]) == sorted(held)
    assert sorted(after.documents["document_id"]) == sorted(indexed_documents(tables)["document_id"])


def test_vectors_that_are_held_are_found_by_their_texts_hash(tables: Tables):
    held = rows(tables.chunks, ("embedded_sha256", "vector")).to_pylist()
    found = indexed_vectors(tables, "e" * 16, [held[0]["embedded_sha256"], "f" * 64])
    assert {key: value.tolist() for key, value in found.items()} == {
        held[0]["embedded_sha256"]: held[0]["vector"]
    }
    assert indexed_vectors(tables, "x" * 16, [held[0]["embedded_sha256"]]) == {}


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ([], {"a.md", "b.md", "c.md"}),
        (["uri=a.md"], {"a.md"}),
        (["uri!=a.md"], {"b.md", "c.md"}),
        (["title~b"], {"b.md"}),
        (["char_end>=5"], {"a.md", "c.md"}),
        (["char_end < 5"], {"b.md"}),
        (["ingested_at>=2027-01-01"], set()),
        (["ingested_at<2027-01-01", "uri=c.md"], {"c.md"}),
        (["heading_path=Top"], {"a.md", "b.md", "c.md"}),
        (["element_types!=paragraph"], set()),
        (["metadata.author=Ada O'Neil"], {"a.md", "b.md", "c.md"}),
        (["metadata.author=Ada' OR '1'='1"], set()),
        (["uri=x' OR 'a'='a"], set()),
    ],
)
def test_filters(tables: Tables, filters: list[str], expected: set[str]):
    found = rows(tables.chunks, ("uri",), where(filters, tables.chunks.schema))
    assert set(found.column("uri").to_pylist()) == expected


@pytest.mark.parametrize(
    "wrong", ["uri", "nope=1", "vector=1", "char_start=x", "heading_path>a", "uri = a; DROP", "1=1"]
)
def test_a_filter_that_cannot_be_read_is_refused(tables: Tables, wrong: str):
    if wrong == "uri = a; DROP":
        assert rows(tables.chunks, ("uri",), where([wrong], tables.chunks.schema)).num_rows == 0
        return
    with pytest.raises(SettingsError, match="filter"):
        where([wrong], tables.chunks.schema)


def test_runs_are_found_by_the_beginning_of_their_id(tables: Tables):
    assert (
        read_run(tables, "2026").run_id
        == read_run(tables, "latest").run_id
        == "20260101T000000-aaaaaa"
    )
    assert [one.run_id for one in list_runs(tables)] == ["20260101T000000-aaaaaa"]
    with pytest.raises(NotFound, match="there is no run '1999'"):
        read_run(tables, "1999")


def test_no_index_is_an_error_that_says_what_to_do(tmp_path: Path):
    with pytest.raises(IndexError_, match="run `vouch ingest` first"):
        Tables.open(tmp_path / "nowhere")


def test_a_publication_that_an_earlier_version_began_is_left_to_it(tables: Tables):
    """Its intent names no shards; taking it for ours would delete the chunks that it meant to replace."""
    old = Intent(
        staging="/data/work/20260102T000000-bbbbbb",
        replaced=[document_id("docs", "a.md")],
        chunks=3,
    )
    write_run(
        tables,
        record("20260102T000000-bbbbbb").model_copy(update={"status": Status.PUBLISHING}),
        old,
    )
    with pytest.raises(IndexError_, match="an earlier version of Vouch"):
        finish(tables, SETTINGS)
    assert set(texts(tables)) == {"a.md", "b.md", "c.md"}
