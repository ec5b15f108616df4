"""A publication is complete or has not happened, and the next run finishes one that was cut short."""

from pathlib import Path

import lancedb
import pytest

from tests.index.interrupt import Interrupted, interrupt_at
from tests.index.small_index import FIRST, SECOND, SETTINGS, TEXTS, intent, record, stage, texts
from vouch.index.lineage.health_checks import examine
from vouch.index.publishing.publish import finish, publish
from vouch.index.publishing.states import candidate
from vouch.index.store.lookups import indexed_documents
from vouch.index.store.run_log import Intent, newest_published, unfinished, write_run
from vouch.index.store.tables import Tables, rows
from vouch.schemas.boundary import Boundary, Side
from vouch.schemas.documents.ids import document_id
from vouch.schemas.errors import IndexError_
from vouch.schemas.runs.record import Status


def begin_publishing(tables: Tables, plan: Intent) -> None:
    """Leave what a run leaves that dies after it has recorded its intent."""
    write_run(tables, record(SECOND).model_copy(update={"status": Status.PUBLISHING}), plan)


def test_upserts_and_deletes_are_one_commit(small_tables: Tables, tmp_path: Path):
    before = small_tables.latest().chunks.version
    staging = stage(tmp_path, SECOND, {"a.md": "ALPHA", "d.md": "delta"})
    plan = intent(staging, 3, replaced=("a.md",), removed=("b.md",))
    published = publish(small_tables, staging, plan, record(SECOND), SETTINGS)
    states = []
    for version in range(before, small_tables.chunks.version + 1):
        raw = lancedb.connect(small_tables.location.url).open_table("chunks")
        raw.checkout(version)
        states.append({row["uri"]: row["text"] for row in rows(raw, ("uri", "text")).to_pylist()})
    new = {"a.md": "ALPHA", "c.md": "gamma", "d.md": "delta"}
    assert [state for state in states if state not in (TEXTS, new)] == []
    assert texts(small_tables) == new
    assert published.status is Status.PUBLISHED
    assert published.versions["chunks"] == small_tables.chunks.version
    assert set(indexed_documents(small_tables)["uri"]) == set(new)


def test_the_tag_brings_back_the_state(small_tables: Tables, tmp_path: Path):
    staging = stage(tmp_path, SECOND, {"d.md": "delta"})
    publish(small_tables, staging, intent(staging, 4), record(SECOND), SETTINGS)
    old = lancedb.connect(small_tables.location.url).open_table("chunks")
    old.checkout(f"run-{FIRST}")
    assert set(rows(old, ("uri",)).column("uri").to_pylist()) == set(TEXTS)


# After one boundary is before the next; after the last one everything is done.
BOUNDARIES = (
    Boundary.RECORD_INTENT,
    Boundary.COMMIT_CHUNKS,
    Boundary.COMMIT_DOCUMENTS,
    Boundary.COMMIT_QUARANTINE,
    Boundary.REFRESH_INDEXES,
    Boundary.TAG,
    Boundary.WRITE_RUN,
    Boundary.RETAIN,
)
INTERRUPTIONS = [
    *((boundary, Side.BEFORE) for boundary in BOUNDARIES),
    (Boundary.RETAIN, Side.AFTER),
]


@pytest.mark.parametrize(("boundary", "side"), INTERRUPTIONS)
def test_a_publication_that_is_cut_short_is_finished_by_the_next_run(
    small_tables: Tables, tmp_path: Path, boundary: Boundary, side: Side
):
    new = {"a.md": "ALPHA", "c.md": "gamma"}
    staging = stage(tmp_path, SECOND, {"a.md": "ALPHA"})
    plan = intent(staging, 2, ("a.md",), ("b.md",))
    with interrupt_at(boundary, side), pytest.raises(Interrupted):
        publish(small_tables, staging, plan, record(SECOND), SETTINGS)
    tables = Tables.open(small_tables.location)
    intended = boundary is not Boundary.RECORD_INTENT
    ended = boundary is Boundary.RETAIN
    assert len(unfinished(tables)) == (intended and not ended)
    finished = finish(tables, SETTINGS)
    assert [run.status for run in finished] == [Status.PUBLISHED] * (intended and not ended)
    assert unfinished(tables) == []
    assert texts(tables) == (new if intended else TEXTS)
    assert set(indexed_documents(tables)["uri"]) == set(new if intended else TEXTS)
    assert newest_published(tables).run_id == (SECOND if intended else FIRST)
    assert not (staging.has(staging.names[0]) and intended and not ended)
    assert examine(tables.latest()) == []


def test_missing_staged_files_are_an_error(small_tables: Tables, tmp_path: Path):
    staging = stage(tmp_path, SECOND, {"a.md": "ALPHA"})
    begin_publishing(small_tables, intent(staging, 3, ("a.md",)))
    staging.discard()
    with pytest.raises(IndexError_, match="1 of 1 staged shards are missing"):
        finish(small_tables, SETTINGS)


def test_another_writer_is_noticed(small_tables: Tables, tmp_path: Path):
    staging = stage(tmp_path, SECOND, {"d.md": "delta"})
    with pytest.raises(IndexError_, match="holds 4 rows after the commit, not 5"):
        publish(small_tables, staging, intent(staging, 5), record(SECOND), SETTINGS)


def test_the_candidate_is_what_is_published(small_tables: Tables, tmp_path: Path):
    staging = stage(tmp_path, SECOND, {"a.md": "ALPHA", "d.md": "delta"})
    plan = intent(staging, 3, ("a.md",), ("b.md",))
    files = tmp_path / "candidate"
    files.mkdir()
    after = candidate(small_tables, staging, plan.replaced, plan.removed, set(), files)
    publish(small_tables, staging, plan, record(SECOND), SETTINGS)
    published = rows(small_tables.latest().chunks, ("chunk_id",)).column("chunk_id").to_pylist()
    assert sorted(after.chunks.lazy().collect()["chunk_id"]) == sorted(published)
    documents = indexed_documents(small_tables)["document_id"]
    assert sorted(after.documents.lazy().collect()["document_id"]) == sorted(documents)


def test_a_publication_of_an_earlier_version_of_vouch_is_not_finished(small_tables: Tables):
    """Its intent names no shards: to finish it would delete the chunks that it meant to replace."""
    begin_publishing(
        small_tables,
        Intent(staging=f"/data/work/{SECOND}", replaced=[document_id("docs", "a.md")], chunks=3),
    )
    with pytest.raises(IndexError_, match="an earlier version of Vouch"):
        finish(small_tables, SETTINGS)
    assert texts(small_tables) == TEXTS
