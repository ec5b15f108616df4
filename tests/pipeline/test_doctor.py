"""The doctor on indexes that were really damaged: it names all of it, and mends what is stored."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from lancedb.expr import col, lit

from tests.pipeline.local_runs import repair
from tests.pipeline.steps import indexed, items_by_stage, run, tables, write
from vouch.index.lineage.checks import Repair
from vouch.index.store.run_log import list_runs, write_run
from vouch.index.store.tables import rows, upsert
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.doctor import diagnose
from vouch.pipeline.operations.rollback import locks_of
from vouch.schemas.errors import IndexError_
from vouch.schemas.run import Status

# A chunk's links stand behind its document's metadata.
LINKS = "---\nauthor: Ada\n---\n# Links\n\nSee [one](https://example.org/1) and [two](https://example.org/2)."


@pytest.fixture
def settings(project, tiny_model: Path) -> Path:
    from tests.pipeline.sample_documents import MAIL

    documents = {
        f"{n}.md": f"# Number {n}\n\n" + f"Sentence of document {n}. " * 60 for n in range(6)
    }
    made = project(
        {**documents, "mail.eml": MAIL, "empty.txt": "", "l.md": LINKS},
        f"embedding: {{model: {tiny_model}}}\n",
    )
    run(made)
    return made


def found(settings: Path) -> dict[str, int]:
    return {finding.check: finding.count for finding in diagnose(read_settings(settings)).findings}


def everything(settings: Path) -> list[dict]:
    columns = (
        "chunk_id",
        "uri",
        "text",
        "char_start",
        "heading_path",
        "vector",
        "vector_sha256",
        "title",
    )
    return sorted(indexed(settings, "chunks", *columns), key=lambda row: row["chunk_id"])


def mend(settings: Path):
    left = repair(config=str(settings))
    assert left.findings == ()
    return list_runs(tables(settings))[0]


def test_a_sound_index_is_called_sound_and_left_alone(settings: Path):
    versions = tables(settings).versions()
    assert found(settings) == {}
    assert repair(config=str(settings)).findings == ()
    assert tables(settings).versions() == versions


def test_rows_that_were_deleted_come_back_without_embedding(settings: Path):
    before = everything(settings)
    ids = [row["chunk_id"] for row in before][:: max(1, len(before) // 4)]
    tables(settings).chunks.delete(col("chunk_id").isin(ids))
    told = found(settings)
    assert any(
        "no published rows of chunks are missing" in check and count == len(ids)
        for check, count in told.items()
    )
    assert "every document has its chunks" in told
    record = mend(settings)
    assert (record.kind, items_by_stage(record)) == ("repair", {})
    assert everything(settings) == before


def test_rows_that_somebody_put_in_go(settings: Path):
    before = everything(settings)
    chunks = tables(settings).chunks
    row = rows(chunks, chunks.schema.names).slice(0, 1)
    place = row.schema.get_field_index("chunk_id")
    chunks.add(row.set_column(place, row.schema.field("chunk_id"), [["f" * 32]]))
    told = found(settings)
    assert "ids of chunks match document, span and text" in told
    mend(settings)
    assert everything(settings) == before


def test_a_doubled_key_is_found(settings: Path):
    before = everything(settings)
    chunks = tables(settings).chunks
    chunks.add(rows(chunks, chunks.schema.names).slice(0, 2))
    assert found(settings)["keys of chunks are unique"] == 2
    mend(settings)
    assert everything(settings) == before


@pytest.mark.parametrize(
    ("column", "value", "check"),
    [
        ("text", "another text", "chunks are the text of their spans"),
        ("title", "another title", "chunks agree with their document"),
        ("embedded_text", "another", "texts of chunks match their hashes"),
    ],
)
def test_a_changed_value_is_found_and_made_again(
    settings: Path, column: str, value: str, check: str
):
    before = everything(settings)
    tables(settings).chunks.update(
        where=f"chunk_id = '{before[0]['chunk_id']}'", values={column: value}
    )
    assert check in found(settings)
    record = mend(settings)
    assert "embed" not in items_by_stage(record)
    assert everything(settings) == before


def test_a_flipped_byte_of_a_vector_is_found_and_only_its_text_embedded_again(settings: Path):
    before = everything(settings)
    vector = np.array(before[3]["vector"], dtype="<f4").tobytes()
    file, place = _find(read_settings(settings).index_folder / "chunks.lance", vector)
    data = bytearray(file.read_bytes())
    data[place + 2] ^= 0x01
    file.write_bytes(data)
    assert found(settings) == {"vectors match their hashes": 1}
    record = mend(settings)
    assert items_by_stage(record)["embed"] == 1
    assert "parse" not in items_by_stage(record)
    after = everything(settings)
    assert [row["chunk_id"] for row in after] == [row["chunk_id"] for row in before]
    assert (
        np.abs(np.array([row["vector"] for row in after]) - [row["vector"] for row in before]).max()
        < 1e-3
    )


def _find(folder: Path, needle: bytes) -> tuple[Path, int]:
    for file in sorted(folder.rglob("*.lance")):
        if file.is_file() and needle in (data := file.read_bytes()):
            return file, data.index(needle)
    raise AssertionError("the bytes are in no file")


def test_a_damaged_text_is_read_again_from_its_source(settings: Path):
    before = everything(settings)
    damage_and_publish(settings)
    told = found(settings)
    assert told["canonical texts match their hashes"] == 1
    record = mend(settings)
    assert items_by_stage(record)["parse"] == 1
    assert [row for row in everything(settings) if row["uri"] != "new.md"] == before


def damage_and_publish(settings: Path) -> None:
    """A text is damaged, and a run has published since: no state holds it sound any more."""
    tables(settings).documents.update(where="uri = '2.md'", values={"canonical_text": "nonsense"})
    write(settings, "new.md", "# New\n\nPublished afterwards.")
    run(settings)


def test_a_text_that_was_damaged_since_the_last_run_is_brought_back(settings: Path):
    before = everything(settings)
    tables(settings).documents.update(where="uri = '2.md'", values={"canonical_text": "nonsense"})
    (settings.parent / "documents/2.md").unlink()
    record = mend(settings)
    assert (record.kind, items_by_stage(record)) == ("repair", {})
    assert everything(settings) == before


def test_what_cannot_be_mended_is_said(settings: Path):
    damage_and_publish(settings)
    (settings.parent / "documents/2.md").unlink()
    left = repair(config=str(settings))
    assert [
        finding.repair
        for finding in left.findings
        if finding.check == "canonical texts match their hashes"
    ] == [Repair.REREAD]
    assert left.waiting == {"removed": 1}


def test_leftovers_of_dead_runs_are_found_and_removed(settings: Path):
    shards = settings.parent / "data/work/shards"
    orphan = shards / "shard-0000000000000000"
    orphan.mkdir(parents=True)
    (orphan / "_DONE").write_text("{}")
    (shards / "shard-1.abcd.part").mkdir()
    assert found(settings) == {"no files of crashed runs are left": 2}
    repair(config=str(settings))
    assert found(settings) == {}
    assert list(shards.iterdir()) == []


def test_shards_that_the_next_run_takes_up_are_no_leftovers(settings: Path, monkeypatch):
    import vouch.pipeline.finalize

    write(settings, "new.md", "# New\n\nA new text.")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(vouch.pipeline.finalize, "outcome", full)
    with pytest.raises(OSError, match="No space"):
        run(settings)
    monkeypatch.undo()
    diagnosis = diagnose(read_settings(settings))
    assert (diagnosis.findings, diagnosis.waiting) == ((), {"new": 1})
    assert run(settings).shards_resumed == 1


def test_what_a_run_at_work_has_staged_is_no_leftover(settings: Path):
    file = read_settings(settings)
    (settings.parent / "data/work/shards/shard-2.abcd.ingest.part").mkdir(parents=True)
    with locks_of(file).kind("ingest", 0.0):
        diagnosis = diagnose(file)
        assert (diagnosis.findings, diagnosis.at_work) == ((), ("ingest",))
        with pytest.raises(IndexError_, match="another ingest run is at work"):
            repair(config=str(settings))
    assert found(settings) == {"no files of crashed runs are left": 1}
    run(settings)
    assert found(settings) == {}


def test_an_index_behind_its_rows_is_brought_up_to_date(settings: Path):
    chunks = tables(settings).chunks
    upsert(chunks, rows(chunks, chunks.schema.names), "chunk_id")
    assert "search indexes are up to date" in found(settings)
    mend(settings)


def test_a_run_that_died_is_shown_as_dead(settings: Path):
    (record,) = list_runs(tables(settings))
    dead = record.model_copy(
        update={"run_id": "20250101T000000-dddddd", "status": Status.RUNNING, "ended_at": None}
    )
    write_run(tables(settings), dead)
    run(settings)
    (buried,) = [one for one in list_runs(tables(settings)) if one.run_id == dead.run_id]
    assert (buried.status, "cut short" in (buried.error or "")) == (Status.FAILED, True)


def test_a_table_that_cannot_be_read_is_told_and_nothing_is_changed(settings: Path):
    folder = read_settings(settings).index_folder / "chunks.lance" / "data"
    for file in folder.glob("*.lance"):
        os.truncate(file, 100)
    told = found(settings)
    assert told == {"tables can be read": 1}


def test_going_on_after_the_source_is_back(settings: Path):
    """A source that is not there is an error of the listing, and the index stays what it was."""
    from vouch.schemas.errors import VouchError

    index, folder = tables(settings), settings.parent / "documents"
    versions = index.versions()
    shutil.move(folder, settings.parent / "elsewhere")
    with pytest.raises(VouchError):
        run(settings)
    assert index.latest().versions() == versions
    shutil.move(settings.parent / "elsewhere", folder)
    assert run(settings).status is Status.UNCHANGED


def test_ids_are_compared_safely(settings: Path):
    assert rows(tables(settings).chunks, ["uri"], col("uri") == lit("x' OR '1'='1")).num_rows == 0
