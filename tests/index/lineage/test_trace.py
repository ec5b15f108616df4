"""A chunk is traced to its document, its file and its run, and each step is proved."""

import pytest

from tests.index.small_index import FIRST
from vouch.index.lineage.trace import origin, trace
from vouch.index.store.tables import Tables, rows
from vouch.parsers.registry import parse_fingerprint
from vouch.schemas.documents.ids import document_id, sha256_bytes
from vouch.schemas.documents.records import Document, Metadata
from vouch.schemas.errors import NotFound, SourceRefused

TEXT = "alpha"


def chunk_of(tables: Tables, uri: str = "a.md") -> str:
    ids = rows(tables.chunks, ["chunk_id"], f"uri = '{uri}'").column("chunk_id").to_pylist()
    return ids[0]


def read(source: str, uri: str) -> bytes:
    assert (source, uri) == ("docs", "a.md")
    return TEXT.encode()


def parse(data: bytes, uri: str) -> Document:
    return Document(data.decode(), (), Metadata())


def proofs(tables: Tables, read=read, parse=parse) -> dict[str, bool | None]:
    return {
        proof.name: proof.holds for proof in trace(tables, chunk_of(tables), read, parse).proofs
    }


@pytest.fixture
def real_tables(small_tables: Tables) -> Tables:
    """With the hashes and fingerprints that the file really has."""
    current = {
        "content_sha256": sha256_bytes(TEXT.encode()),
        "parse_fingerprint": parse_fingerprint("text"),
    }
    small_tables.documents.update(where="uri = 'a.md'", values=current)
    return small_tables


def test_every_step_of_an_unchanged_file_is_proved(real_tables: Tables):
    traced = trace(real_tables, chunk_of(real_tables), read, parse)
    assert traced.proved
    assert traced.run.run_id == FIRST
    assert [proof.name for proof in traced.proofs] == [
        "span",
        "identity",
        "text",
        "vector",
        "file",
        "parse",
    ]


def test_a_changed_file_is_no_proof(real_tables: Tables):
    assert proofs(real_tables, read=lambda *_: b"other")["file"] is False


def test_a_parser_that_gives_another_text_is_no_proof(real_tables: Tables):
    assert proofs(real_tables, parse=lambda *_: Document("other", (), Metadata()))["parse"] is False


def test_a_changed_parser_cannot_prove_anything(small_tables: Tables):
    small_tables.documents.update(
        where="uri = 'a.md'", values={"content_sha256": sha256_bytes(TEXT.encode())}
    )
    assert proofs(small_tables)["parse"] is None


def test_a_file_that_cannot_be_read_is_no_disproof(real_tables: Tables):
    def refuse(source: str, uri: str) -> bytes:
        raise SourceRefused("the file is gone")

    assert proofs(real_tables, read=refuse)["file"] is None


def test_the_origin_of_an_attachment_begins_with_the_listed_document(small_tables: Tables):
    parent = {"parent_id": document_id("docs", "b.md")}
    small_tables.documents.update(where="uri = 'a.md'", values=parent)
    traced = origin(small_tables, chunk_of(small_tables))
    assert [row["uri"] for row in traced.lineage] == ["b.md", "a.md"]
    assert traced.document_run.run_id == FIRST


def test_a_chunk_is_found_by_a_prefix_that_no_other_has(small_tables: Tables):
    identity = chunk_of(small_tables)
    assert origin(small_tables, identity[:12]).chunk["chunk_id"] == identity
    for prefix in ("", "no chunk"):
        with pytest.raises(NotFound, match="there is no chunk"):
            origin(small_tables, prefix)
