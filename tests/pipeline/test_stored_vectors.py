"""Vectors that are stored as float16: from the first run, and after a change of the setting."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import vouch
from tests.pipeline.faults import Killed, at
from tests.pipeline.local_runs import maintain, reindex, repair
from tests.pipeline.sample_documents import DOCUMENTS
from tests.pipeline.steps import configure, failed, outcome, run, tables, write
from vouch.embedders.models import find_model
from vouch.index.publishing.versions import published_state, states
from vouch.index.store.lookups import indexed_vectors
from vouch.index.store.run_log import newest_published
from vouch.index.store.stored_vectors import matrix
from vouch.index.store.tables import rows
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.approval import approve
from vouch.pipeline.operations.doctor import diagnose
from vouch.pipeline.operations.index_copy import copy_index
from vouch.pipeline.operations.rollback import release, rollback
from vouch.pipeline.operations.trace import trace_chunk
from vouch.pipeline.planning.dry_run import dry_run
from vouch.schemas.boundary import Boundary, Side
from vouch.schemas.errors import IndexError_
from vouch.schemas.runs.record import RunRecord, Status
from vouch.schemas.settings.choices import Redo, VectorType

LIMIT = {"max_delete_share": 1.0}


def store_as(settings: Path, vectors: VectorType, **more: dict[str, object]) -> None:
    """Change the setting of a project."""
    content = json.loads(settings.read_text())
    content["index"] = LIMIT | {"vectors": vectors}
    settings.write_text(json.dumps(content | more))


def stored(settings: Path) -> dict[str, tuple[bytes, str]]:
    """Return vector and hash of each chunk that readers see, by its id."""
    state = published_state(tables(settings)).chunks
    table = rows(state, ("chunk_id", "vector", "vector_sha256"))
    vectors = [vector.tobytes() for vector in matrix(table.column("vector"))]
    ids, hashes = (table.column(name).to_pylist() for name in ("chunk_id", "vector_sha256"))
    return dict(zip(ids, zip(vectors, hashes, strict=True), strict=True))


def rounded(vectors: dict[str, tuple[bytes, str]]) -> dict[str, bytes]:
    return {
        key: np.frombuffer(vector, np.float32).astype(np.float16).astype(np.float32).tobytes()
        for key, (vector, _) in vectors.items()
    }


def bytes_of(vectors: dict[str, tuple[bytes, str]]) -> dict[str, bytes]:
    return {key: vector for key, (vector, _) in vectors.items()}


def cosines(settings: Path) -> dict[str, float]:
    hits = vouch.open(read_settings(settings).index_location).search(
        "the first of three", mode="vector", breadth="all", k=50
    )
    # Not their relevance: random vectors are all alike, and it makes much of small differences.
    return {hit.chunk_id: hit.scores.vector for hit in hits}


@pytest.fixture
def converted(published: Path) -> Path:
    """The settings of the published project after its vectors became float16."""
    store_as(published, "float16")
    maintain(config=str(published))
    return published


def test_a_new_index_has_them_and_is_the_same_however_it_came_about(
    published: Path, tmp_path: Path, tiny_model: Path
):
    # In one run, and in two of which the second looks most of its vectors up.
    all_at_once = configure(tmp_path, tiny_model, index=LIMIT | {"vectors": "float16"})
    shutil.copytree(published.parent / "documents", tmp_path / "documents")
    run(all_at_once)
    assert tables(all_at_once).vectors == "float16"
    assert bytes_of(stored(all_at_once)) == rounded(stored(published))
    folder = tmp_path / "again"
    folder.mkdir()
    in_two = configure(folder, tiny_model, index=LIMIT | {"vectors": "float16"})
    write(in_two, "a.md", str(DOCUMENTS["a.md"]))
    run(in_two)
    write(in_two, "a.md", f"{DOCUMENTS['a.md']}\n\n# More\n\nIt was not there.")
    record = run(in_two)
    assert (record.accounting.vectors_reused, record.accounting.vectors_computed) == (1, 1)
    kept = stored(in_two)
    common = kept.keys() & stored(all_at_once).keys()
    assert {key: kept[key] for key in common} == {
        key: value for key, value in stored(all_at_once).items() if key in common
    }
    assert diagnose(read_settings(in_two)).findings == ()
    assert diagnose(read_settings(all_at_once)).findings == ()


def test_a_change_is_announced_and_made_by_maintenance_without_embedding(published: Path):
    file, before, scores = read_settings(published), stored(published), cosines(published)
    reader = published_state(tables(published))
    assert dry_run(file).conversion == ""
    store_as(published, "float16")
    announced = dry_run(read_settings(published)).conversion
    assert announced.startswith("vectors are stored as float32 (0 MB); the next `vouch maintain`")
    assert run(published).status is Status.UNCHANGED
    assert stored(published) == before

    record = maintain(config=str(published))
    assert record.maintenance.after.vectors == "exact search, stored as float16"
    assert tables(published).vectors == "float16"
    assert bytes_of(stored(published)) == rounded(before)
    assert dry_run(read_settings(published)).conversion == ""
    # Who has opened the former state keeps it.
    assert reader.vectors == "float32"
    assert bytes_of(before) == {
        key: vector.tobytes()
        for key, vector in zip(
            rows(reader.chunks, ["chunk_id"]).column(0).to_pylist(),
            matrix(rows(reader.chunks, ["vector"]).column(0)),
            strict=True,
        )
    }
    after = cosines(published)
    assert after.keys() == scores.keys()
    assert all(abs(after[key] - cosine) < 1e-3 for key, cosine in scores.items())
    versions = tables(published).versions()
    assert run(published).status is Status.UNCHANGED
    assert maintain(config=str(published)).maintenance.tried == ()
    assert tables(published).versions() == versions
    assert diagnose(read_settings(published)).findings == ()


def test_runs_look_rounded_vectors_up_and_publish_the_same_bytes(converted: Path):
    file, before = read_settings(converted), stored(converted)
    card = find_model(file.settings.embedding, file.folder)
    hashes = rows(tables(converted).chunks, ["embedded_sha256"]).column(0).to_pylist()
    assert len(indexed_vectors(tables(converted), card.fingerprint, hashes)) == len(set(hashes))
    write(converted, "d.md", f"{DOCUMENTS['a.md']}\n\n# More\n\nNobody has read this before.")
    record = run(converted)
    assert record.status is Status.PUBLISHED
    assert (record.accounting.vectors_reused, record.accounting.vectors_computed) == (1, 1)
    assert {key: stored(converted)[key] for key in before} == before
    for key in list(before)[:3]:
        proofs = {proof.name: proof.holds for proof in trace_chunk(file, key).proofs}
        assert all(holds is not False for holds in proofs.values()), proofs
    assert diagnose(file).findings == ()


def test_a_rollback_crosses_the_change_in_both_directions(published: Path):
    file, first = read_settings(published), stored(published)
    write(published, "new.md", "# New\n\nA document of the second state.")
    run(published)
    store_as(published, "float16")
    maintain(config=str(published))
    second = stored(published)
    rollback(file, states(tables(published))[0])
    assert stored(published) == first
    release(file)
    assert run(published).status is Status.PUBLISHED
    assert bytes_of(stored(published)).keys() == second.keys()
    maintain(config=str(published))
    assert bytes_of(stored(published)) == bytes_of(second)
    store_as(published, "float32")
    assert "they stay rounded until" in dry_run(read_settings(published)).conversion
    maintain(config=str(published))
    assert bytes_of(stored(published)) == bytes_of(second)
    assert tables(published).vectors == "float32"
    reindex(config=str(published), again=Redo.EMBED, switch=True)
    assert stored(published).items() >= first.items()
    assert diagnose(file).findings == ()


@pytest.mark.parametrize("side", Side)
def test_a_conversion_that_is_cut_short_shows_nothing_and_loses_nothing(
    published: Path, side: Side
):
    before = stored(published)
    store_as(published, "float16")
    with at(Boundary.CONVERT_VECTORS, side), pytest.raises(Killed):
        maintain(config=str(published))
    assert stored(published) == before
    # The setting is back: what had been rounded, and nobody saw, is not what stays.
    shutil.copytree(published.parent, published.parent.parent / "copy")
    store_as(published, "float32")
    maintain(config=str(published))
    assert stored(published) == before
    copy = published.parent.parent / "copy" / "vouch.yaml"
    maintain(config=str(copy))
    assert bytes_of(stored(copy)) == rounded(before)
    for each in (published, copy):
        assert diagnose(read_settings(each)).findings == ()


def test_a_run_publishes_on_a_conversion_that_was_cut_short(published: Path):
    before = stored(published)
    store_as(published, "float16")
    with at(Boundary.CONVERT_VECTORS, Side.AFTER), pytest.raises(Killed):
        maintain(config=str(published))
    write(published, "new.md", "# New\n\nIt comes after the cut.")
    assert run(published).status is Status.PUBLISHED
    assert bytes_of(stored(published)).items() >= rounded(before).items()
    maintain(config=str(published))
    assert diagnose(read_settings(published)).findings == ()


def test_a_rejected_run_is_approved_on_the_vectors_that_it_was_audited_on(published: Path):
    strict, before = {"contracts": {"batch": {"min_documents": 50}}}, stored(published)
    store_as(published, "float32", **strict)
    write(published, "new.md", "# New\n\nSomebody agrees to this.")
    assert failed(outcome(published))["published_documents"] == "reject"
    store_as(published, "float16", **strict)
    copy = Path(shutil.copytree(published.parent, published.parents[1] / "copy")) / "vouch.yaml"

    agree(published)
    assert stored(published).items() > before.items()
    maintain(config=str(published))
    # Converted in between, it is another index: the run is repeated, and embeds nothing again.
    maintain(config=str(copy))
    with pytest.raises(IndexError_, match="run `vouch ingest` again, then approve that run"):
        agree(copy)
    assert failed(outcome(copy))["published_documents"] == "reject"
    assert agree(copy).accounting.vectors_computed == 1
    assert stored(copy) == stored(published)
    for each in (published, copy):
        assert tables(each).vectors == "float16"
        assert diagnose(read_settings(each)).findings == ()


def agree(settings: Path) -> RunRecord:
    return approve(read_settings(settings), "latest", "it is meant to be so", "Ada")


def test_rows_that_come_back_from_before_the_change_are_converted(converted: Path):
    file, before = read_settings(converted), stored(converted)
    data = file.index_location / "chunks.lance" / "data"
    newest_file = max(data.files(), key=lambda stored: stored.modified)
    (data / newest_file.path).delete()
    assert any("came back from version" in action for action in repair(str(converted)).repaired)
    assert tables(converted).vectors == "float16"
    assert stored(converted) == before
    assert diagnose(file).findings == ()


def test_a_copy_is_as_the_index_is(converted: Path, tmp_path: Path):
    copy_index(read_settings(converted), str(tmp_path / "copy"))
    content = json.loads(converted.read_text())
    content["index"] |= {"path": str(tmp_path / "copy")}
    before = stored(converted)
    converted.write_text(json.dumps(content))
    assert stored(converted) == before
    assert tables(converted).vectors == "float16"
    newest = newest_published(tables(converted))
    assert newest is not None
    assert newest.versions["chunks"] == tables(converted).chunks.version
