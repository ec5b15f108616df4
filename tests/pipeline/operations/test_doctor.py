"""The doctor on indexes that were really damaged: it names the damage, and repairs what it can."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from lancedb.expr import col

from tests.pipeline.faults import at
from tests.pipeline.local_runs import repair
from tests.pipeline.steps import configure, indexed, items_by_stage, run, tables, write
from vouch.embedders.local.precision import MIN_COSINE
from vouch.index.lineage.checks import HealthCheck, Repair
from vouch.index.store.run_log import list_runs, write_run
from vouch.index.store.tables import rows, upsert
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.doctor import diagnose
from vouch.pipeline.operations.operation_record import locks_of
from vouch.schemas.boundary import Boundary, Side
from vouch.schemas.errors import IndexError_, StorageError
from vouch.schemas.runs.record import RunRecord, Status

MAIL = """From: ada@example.org
Subject: Minutes
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="part"

--part
Content-Type: text/plain

The minutes of the meeting are attached.
--part
Content-Type: text/markdown
Content-Disposition: attachment; filename="minutes.md"

# Minutes

Everything was decided.
--part--
"""
# The links of a chunk follow the metadata of its document.
LINKS = (
    "---\nauthor: Ada\n---\n# Links\n\n"
    "See [one](https://example.org/1) and [two](https://example.org/2)."
)
CHUNK = (
    "chunk_id",
    "uri",
    "text",
    "char_start",
    "heading_path",
    "vector",
    "vector_sha256",
    "title",
)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    """Documents of several chunks, a mail with an attachment, links, and one in quarantine."""
    folder = tmp_path_factory.mktemp("doctor")
    settings = configure(folder, tiny_model)
    for number in range(3):
        sentences = f"Sentence of document {number}. " * 60
        write(settings, f"{number}.md", f"# Number {number}\n\n{sentences}")
    write(settings, "mail.eml", MAIL)
    write(settings, "links.md", LINKS)
    write(settings, "empty.txt", "")
    run(settings)
    return folder


@pytest.fixture
def settings(published: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(published, tmp_path / "project")) / "vouch.yaml"


def findings(settings: Path) -> dict[str, int]:
    """Return the number of cases by check, with the table that the check is about."""
    return {
        f"{finding.id} {finding.table}".strip(): finding.count
        for finding in diagnose(read_settings(settings)).findings
    }


def chunks(settings: Path) -> list[dict]:
    return sorted(indexed(settings, "chunks", *CHUNK), key=lambda row: row["chunk_id"])


def repair_all(settings: Path) -> RunRecord:
    """Repair everything, and return the record of the run that did it."""
    before = {record.run_id for record in list_runs(tables(settings))}
    assert repair(config=str(settings)).findings == ()
    (record,) = [run for run in list_runs(tables(settings)) if run.run_id not in before]
    return record


def test_a_sound_index_has_no_findings_and_is_not_changed_by_a_repair(settings: Path):
    versions = tables(settings).versions()
    assert findings(settings) == {}
    assert repair(config=str(settings)).findings == ()
    assert tables(settings).versions() == versions


def delete_rows(settings: Path) -> None:
    ids = [row["chunk_id"] for row in chunks(settings)][::3]
    tables(settings).chunks.delete(col("chunk_id").isin(ids))


def add_a_foreign_row(settings: Path) -> None:
    table = tables(settings).chunks
    row = rows(table, table.schema.names).slice(0, 1)
    place = row.schema.get_field_index("chunk_id")
    table.add(row.set_column(place, row.schema.field("chunk_id"), [["f" * 32]]))


def duplicate_rows(settings: Path) -> None:
    table = tables(settings).chunks
    table.add(rows(table, table.schema.names).slice(0, 2))


def change_value(column: str) -> Callable[[Path], None]:
    def change(settings: Path) -> None:
        (first, *_) = chunks(settings)
        table, where = tables(settings).chunks, f"chunk_id = '{first['chunk_id']}'"
        table.update(where=where, values={column: "something else"})

    return change


@pytest.mark.parametrize(
    ("damage", "checks"),
    [
        (delete_rows, {"rows_present chunks", HealthCheck.CHUNKS_COMPLETE}),
        (add_a_foreign_row, {"rows_published chunks", HealthCheck.CHUNK_IDS}),
        (duplicate_rows, {"keys_unique chunks"}),
        (change_value("text"), {HealthCheck.CHUNK_SPANS}),
        (change_value("title"), {HealthCheck.CHUNKS_AGREE_WITH_DOCUMENT}),
        (change_value("embedded_text"), {HealthCheck.CHUNK_TEXT_HASHES}),
    ],
    ids=["deleted", "foreign", "duplicate", "text", "title", "embedded text"],
)
def test_damaged_rows_are_found_and_restored_without_embedding(
    settings: Path, damage: Callable[[Path], None], checks: set[str]
):
    before = chunks(settings)
    damage(settings)
    assert checks <= set(findings(settings))
    record = repair_all(settings)
    assert (record.kind, items_by_stage(record)) == ("repair", {})
    assert chunks(settings) == before


def test_a_flipped_byte_of_a_vector_is_found_and_only_its_text_is_embedded_again(settings: Path):
    before = chunks(settings)
    vector = np.array(before[3]["vector"], dtype="<f4").tobytes()
    folder = read_settings(settings).index_location.local_path / "chunks.lance"
    (file, *_) = [
        file for file in folder.rglob("*.lance") if file.is_file() and vector in file.read_bytes()
    ]
    data = bytearray(file.read_bytes())
    data[data.index(vector) + 2] ^= 0x01
    file.write_bytes(data)
    assert findings(settings) == {"files_intact chunks": 1, HealthCheck.VECTOR_HASHES: 1}
    first = len(list_runs(tables(settings)))
    assert repair(config=str(settings)).findings == ()
    (run, file_repair) = list_runs(tables(settings))[:-first]
    assert "rows were written again" in str(file_repair.window)
    assert items_by_stage(run)["embed"] == 1
    assert "parse" not in items_by_stage(run)
    after = chunks(settings)
    assert [row["chunk_id"] for row in after] == [row["chunk_id"] for row in before]
    products = np.array([row["vector"] for row in after]) * [row["vector"] for row in before]
    assert np.sum(products, axis=1).min() >= MIN_COSINE


def damage_text(settings: Path) -> None:
    values = {"canonical_text": "nonsense"}
    tables(settings).documents.update(where="uri = '2.md'", values=values)


def publish_something(settings: Path) -> None:
    """Publish after the damage: now no kept state has the sound text."""
    write(settings, "new.md", "# New\n\nPublished afterwards.")
    run(settings)


def test_a_damaged_text_is_read_again_from_its_source(settings: Path):
    before = chunks(settings)
    damage_text(settings)
    publish_something(settings)
    assert findings(settings)[HealthCheck.TEXT_HASHES] == 1
    record = repair_all(settings)
    assert items_by_stage(record)["parse"] == 1
    assert [row for row in chunks(settings) if row["uri"] != "new.md"] == before


def test_a_text_that_was_damaged_since_the_last_run_is_restored_without_its_source(settings: Path):
    before = chunks(settings)
    damage_text(settings)
    (settings.parent / "documents/2.md").unlink()
    record = repair_all(settings)
    assert (record.kind, items_by_stage(record)) == ("repair", {})
    assert chunks(settings) == before


def test_what_cannot_be_repaired_stays_a_finding(settings: Path):
    damage_text(settings)
    publish_something(settings)
    (settings.parent / "documents/2.md").unlink()
    left = repair(config=str(settings))
    repairs = [finding.repair for finding in left.findings if finding.id == HealthCheck.TEXT_HASHES]
    assert repairs == [Repair.REREAD]
    assert left.waiting == {"removed": 1}


def test_files_of_crashed_runs_are_found_and_removed(settings: Path):
    shards = settings.parent / "data/work/shards"
    orphan = shards / "shard-0000000000000000"
    orphan.mkdir(parents=True)
    (orphan / "_DONE").write_text("{}")
    (shards / "shard-1.abcd.part").mkdir()  # as a version until 0.9.0 left it
    (shards / "shard-1.abcd.part/chunks.parquet").touch()
    assert findings(settings) == {HealthCheck.NO_LEFTOVERS: 2}
    repair(config=str(settings))
    assert findings(settings) == {}
    assert list(shards.iterdir()) == []


def test_shards_that_the_next_run_reuses_are_no_leftovers(settings: Path):
    write(settings, "new.md", "# New\n\nA new text.")

    def fill_disk() -> None:
        raise OSError(28, "No space left on device")

    with at(Boundary.AUDIT, Side.BEFORE, fill_disk), pytest.raises(StorageError, match="No space"):
        run(settings)
    diagnosis = diagnose(read_settings(settings))
    assert (diagnosis.findings, diagnosis.waiting) == ((), {"new": 1})
    assert run(settings).shards_resumed == 1


def test_what_a_run_in_progress_has_staged_is_no_leftover(settings: Path):
    file = read_settings(settings)
    unfinished = settings.parent / "data/work/shards/shard-2/ingest-12ab34cd/chunks.parquet"
    unfinished.parent.mkdir(parents=True)
    unfinished.touch()
    with locks_of(file).kind("ingest", 0.0):
        diagnosis = diagnose(file)
        assert (diagnosis.findings, diagnosis.in_progress) == ((), ("ingest",))
        with pytest.raises(IndexError_, match="another ingest run is in progress"):
            repair(config=str(settings))
    assert findings(settings) == {HealthCheck.NO_LEFTOVERS: 1}
    run(settings)
    assert findings(settings) == {}


def test_a_search_index_behind_its_rows_is_brought_up_to_date(settings: Path):
    table = tables(settings).chunks
    upsert(table, rows(table, table.schema.names), "chunk_id")
    assert HealthCheck.SEARCH_INDEXES_CURRENT in findings(settings)
    assert repair(config=str(settings)).findings == ()


def test_a_run_that_was_killed_is_marked_as_failed_by_the_next(settings: Path):
    (record,) = list_runs(tables(settings))
    killed = {"run_id": "20250101T000000-dddddd", "status": Status.RUNNING, "ended_at": None}
    write_run(tables(settings), record.model_copy(update=killed))
    run(settings)
    (marked,) = [run for run in list_runs(tables(settings)) if run.run_id == killed["run_id"]]
    assert (marked.status, "cut short" in (marked.error or "")) == (Status.FAILED, True)


def test_a_table_that_cannot_be_read_is_reported_with_its_files(settings: Path):
    folder = read_settings(settings).index_location.local_path / "chunks.lance/data"
    for file in folder.glob("*.lance"):
        os.truncate(file, 100)
    assert findings(settings) == {"files_intact chunks": 1, HealthCheck.TABLES_READABLE: 1}
