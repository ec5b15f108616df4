"""Damage to a stored index is detected, and each kind of damage has its repair."""

from pathlib import Path

import numpy as np
import pytest
from lancedb.expr import col, lit

from tests.index.small_index import SECOND, intent, record, stage
from vouch.index.lineage.checks import HealthCheck, Repair
from vouch.index.lineage.health_checks import examine
from vouch.index.store.run_log import write_run
from vouch.index.store.tables import Tables, rows, upsert
from vouch.schemas.runs.record import Status


def findings(tables: Tables) -> dict[HealthCheck, tuple[int, Repair]]:
    return {finding.id: (finding.count, finding.repair) for finding in examine(tables.latest())}


def test_an_intact_index_has_no_findings(small_tables: Tables):
    assert examine(small_tables) == []


@pytest.mark.parametrize(
    ("column", "value", "check"),
    [
        ("text", "another text", HealthCheck.CHUNK_SPANS),
        ("embedded_text", "another", HealthCheck.CHUNK_TEXT_HASHES),
        ("char_start", 1, HealthCheck.CHUNK_IDS),
        ("vector", [2.0, 0.0, 0.0, 0.0], HealthCheck.VECTORS_UNIT_LENGTH),
        ("vector", [0.6, 0.8, 0.0, 0.0], HealthCheck.VECTOR_HASHES),
        ("title", "another title", HealthCheck.CHUNKS_AGREE_WITH_DOCUMENT),
    ],
)
def test_a_changed_value_of_a_chunk_is_detected(
    small_tables: Tables, column: str, value: object, check: HealthCheck
):
    small_tables.chunks.update(where="uri = 'a.md'", values={column: value})
    detected = findings(small_tables)
    assert detected[check] == (1, Repair.REMAKE)
    (finding,) = [finding for finding in examine(small_tables) if finding.id is check]
    assert len(finding.documents) == 1
    assert finding.examples[0].startswith("a.md [")


def test_a_damaged_text_has_its_document_read_again(small_tables: Tables):
    small_tables.documents.update(where="uri = 'a.md'", values={"canonical_text": "nonsense"})
    detected = findings(small_tables)
    assert detected[HealthCheck.TEXT_HASHES] == (1, Repair.REREAD)
    assert detected[HealthCheck.CHUNK_SPANS] == (1, Repair.REREAD)


def test_missing_rows_are_detected(small_tables: Tables):
    small_tables.chunks.delete(col("uri") == lit("a.md"))
    assert findings(small_tables) == {
        HealthCheck.ROWS_PRESENT: (1, Repair.RESTORE),
        HealthCheck.CHUNKS_COMPLETE: (1, Repair.REMAKE),
    }


def test_rows_of_another_program_are_detected(small_tables: Tables):
    chunks = small_tables.chunks
    row = rows(chunks, chunks.schema.names).slice(0, 1)
    position = row.schema.get_field_index("chunk_id")
    chunks.add(row.set_column(position, row.schema.field("chunk_id"), [["f" * 32]]))
    detected = findings(small_tables)
    assert detected[HealthCheck.ROWS_PUBLISHED] == (1, Repair.RESTORE)
    assert detected[HealthCheck.CHUNK_IDS] == (1, Repair.REMAKE)


def test_duplicate_keys_are_detected(small_tables: Tables):
    chunks = small_tables.chunks
    chunks.add(rows(chunks, chunks.schema.names).slice(0, 2))
    assert findings(small_tables)[HealthCheck.KEYS_UNIQUE] == (2, Repair.RESTORE)


def test_a_chunk_without_its_document_is_detected(small_tables: Tables):
    small_tables.documents.delete(col("uri") == lit("a.md"))
    detected = findings(small_tables)
    assert detected[HealthCheck.CHUNKS_HAVE_DOCUMENT] == (1, Repair.REREAD)
    assert detected[HealthCheck.ROWS_PRESENT] == (1, Repair.RESTORE)
    small_tables.documents.delete("true")
    assert findings(small_tables)[HealthCheck.CHUNKS_HAVE_DOCUMENT] == (3, Repair.REREAD)


def test_a_damaged_structure_is_detected(small_tables: Tables):
    small_tables.documents.update(where="uri = 'a.md'", values={"structure": "{"})
    assert findings(small_tables)[HealthCheck.STRUCTURES_READABLE] == (1, Repair.REREAD)


def test_attachments_and_rejects_without_their_counterpart_are_detected(small_tables: Tables):
    small_tables.documents.update(where="uri = 'a.md'", values={"parent_id": "f" * 32})
    small_tables.documents.update(where="uri = 'b.md'", values={"status": "quarantined"})
    detected = findings(small_tables)
    assert detected[HealthCheck.ATTACHMENTS_HAVE_DOCUMENT] == (1, Repair.NONE)
    assert detected[HealthCheck.QUARANTINED_HAVE_REJECT] == (1, Repair.RESTORE)


def test_an_unfinished_publication_is_detected(small_tables: Tables, tmp_path: Path):
    plan = intent(stage(tmp_path, SECOND, {"a.md": "ALPHA"}), 3, ("a.md",))
    write_run(small_tables, record(SECOND).model_copy(update={"status": Status.PUBLISHING}), plan)
    assert findings(small_tables) == {HealthCheck.PUBLICATIONS_FINISHED: (1, Repair.FINISH)}


def test_a_search_index_that_lags_behind_is_detected(small_tables: Tables):
    chunks = small_tables.chunks
    upsert(chunks, rows(chunks, chunks.schema.names), "chunk_id")
    assert findings(small_tables) == {HealthCheck.SEARCH_INDEXES_CURRENT: (2, Repair.INDEX)}


def test_a_table_that_cannot_be_read_is_the_only_finding(small_tables: Tables):
    for file in (small_tables.location.local_path / "chunks.lance" / "data").glob("*.lance"):
        data = np.frombuffer(file.read_bytes(), dtype=np.uint8)
        file.write_bytes(data[:100].tobytes())
    tables = Tables.open(small_tables.location)
    assert findings(tables) == {HealthCheck.TABLES_READABLE: (1, Repair.FILES)}
