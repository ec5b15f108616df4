"""Vectors of a shard's chunks: looked up where the index has them, computed once where not."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tests.pipeline.stages.built_documents import SECTIONS, document, texts
from tests.pipeline.steps import configure
from vouch.index.store.publication_columns import Stamp, stamped_chunks
from vouch.index.store.row_builders import chunk_rows, document_row, with_vectors
from vouch.index.store.staging import ShardSummary
from vouch.index.store.tables import upsert
from vouch.index.store.vector_cache import open_vector_cache
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.context.workspace import TokenMeter, Workspace
from vouch.pipeline.run_request import RunRequest
from vouch.pipeline.stages.embedding import embed
from vouch.pipeline.stages.processed_document import ProcessedDocument
from vouch.schemas.documents.records import Reason, Stage
from vouch.schemas.errors import BudgetExceeded
from vouch.schemas.settings.choices import Redo


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[Workspace]:
    """The resources of a run on an empty index. Every test embeds texts of its own."""
    folder = tmp_path_factory.mktemp("embedding")
    (folder / "documents").mkdir()
    file = read_settings(configure(folder, tiny_model))
    with open_vector_cache(file.work_location.local_path, "ingest") as cache:
        yield Workspace(RunRequest(file), cache, file.work_location.local_path, "run")


def checked(workspace: Workspace, uri: str, *sections: str) -> ProcessedDocument:
    """Return a document as it comes out of row validation."""
    processed = document(uri, *sections)
    assert processed.parsed
    parsed, prints = processed.parsed, workspace.fingerprints
    languages = ["en"] * len(sections)
    rows = chunk_rows(processed.origin, parsed.document, parsed.chunks, languages, prints)
    row = document_row(
        processed.origin,
        prints,
        status="published",
        document=parsed.document,
        chunk_count=len(rows),
    )
    return replace(processed, chunks=tuple(rows), row=row)


def test_equal_texts_are_embedded_once_and_vectors_follow_the_chunks(workspace: Workspace):
    shared = f"Shared. {SECTIONS[0]}"
    documents = [
        checked(workspace, "a.md", shared, f"Other. {SECTIONS[1]}"),
        checked(workspace, "b.md", shared),
    ]
    spent = workspace.tokens.spent
    embedded = embed(workspace, documents, None)
    assert embedded.vectors.shape == (3, workspace.card.dimension)
    np.testing.assert_array_equal(embedded.vectors[0], embedded.vectors[2])
    assert not np.allclose(embedded.vectors[0], embedded.vectors[1])
    np.testing.assert_allclose(np.linalg.norm(embedded.vectors, axis=1), 1.0, atol=1e-3)
    tokens = {row["text"]: row["token_count"] for row in documents[0].chunks}
    assert workspace.tokens.spent - spent == sum(tokens.values())
    again = embed(workspace, documents, None)
    assert workspace.tokens.spent - spent == sum(tokens.values())
    np.testing.assert_array_equal(again.vectors, embedded.vectors)


def test_vectors_of_indexed_texts_are_reused_unless_they_are_to_be_computed_again(
    workspace: Workspace,
):
    processed = checked(workspace, "indexed.md", f"Indexed. {SECTIONS[2]}")
    vector = np.eye(1, workspace.card.dimension, dtype=np.float32)
    publish_chunks(workspace, processed, vector)
    reused = embed(workspace, [processed], None)
    assert reused.computed == 0
    np.testing.assert_array_equal(reused.vectors, vector)
    computed = embed(workspace, [processed], Redo.EMBED)
    assert computed.computed == 1
    assert not np.allclose(computed.vectors, vector)


def publish_chunks(workspace: Workspace, processed: ProcessedDocument, vectors: np.ndarray) -> None:
    """Write the document's chunk rows with these vectors into the chunks table."""
    staging = workspace.staging
    empty = {name: schema.empty_table() for name, schema in staging.schemas.items()}
    chunks: pa.Table = with_vectors(processed.chunks, vectors, staging.schemas["chunks"])
    staging.write("shard-published", empty | {"chunks": chunks}, ShardSummary())
    stamp = Stamp("run", datetime(2026, 5, 1, tzinfo=UTC))
    schema = workspace.tables.chunks.schema
    rows = stamped_chunks(staging.of(["shard-published"]), schema, stamp)
    upsert(workspace.tables.chunks, rows, "chunk_id")


def test_a_chunk_with_a_broken_vector_loses_none_of_its_document_s_others(workspace: Workspace):
    good, bad = f"Good. {SECTIONS[3]}", f"Bad. {SECTIONS[3]}"
    processed = checked(workspace, "mixed.md", good, bad)
    broken = np.zeros(workspace.card.dimension, dtype=np.float32)
    workspace.new_vectors.put({processed.chunks[1]["embedded_sha256"]: broken})
    embedded = embed(workspace, [processed, checked(workspace, "bad.md", bad)], None)
    kept, lost = embedded.documents
    assert texts(kept) == [good]
    assert kept.whole_reject is None
    assert kept.row is not None
    assert kept.row["chunk_count"] == 1
    (reject,) = kept.rejects
    assert (reject.stage, reject.reason) == (Stage.EMBED, Reason.INVALID_VECTOR)
    assert lost.whole_reject is not None
    assert embedded.vectors.shape == (1, workspace.card.dimension)


def test_without_chunks_there_are_no_vectors(workspace: Workspace):
    rejected = document("broken.md").rejected(Stage.PARSE, Reason.MALFORMED, "broken")
    embedded = embed(workspace, [rejected], None)
    assert (embedded.documents, embedded.computed) == ((rejected,), 0)
    assert embedded.vectors.shape == (0, workspace.card.dimension)


def test_more_tokens_than_the_limit_are_not_embedded(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
):
    processed = checked(workspace, "long.md", f"Limited. {SECTIONS[0]}")
    monkeypatch.setattr(
        workspace, "tokens", TokenMeter(workspace._request.settings, workspace.ledger, "run", 1)
    )
    with pytest.raises(BudgetExceeded, match="more than run.max_tokens"):
        embed(workspace, [processed], None)
    assert workspace.new_vectors.get([processed.chunks[0]["embedded_sha256"]]) == {}
