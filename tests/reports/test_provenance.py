"""Provenance as W3C PROV: complete, and unchanged when it is read back."""

from datetime import UTC, datetime, timedelta

from prov.model import ProvDerivation, ProvDocument, ProvEntity

from vouch.reports.provenance import chunk_provenance, run_provenance
from vouch.schemas.runs.history import ChunkOrigin
from vouch.schemas.runs.record import RunRecord, SourceSummary, Status

AT = datetime(2026, 1, 1, tzinfo=UTC)


def run(run_id: str, hour: int) -> RunRecord:
    at = AT + timedelta(hours=hour)
    source = SourceSummary(name="docs", path="documents", listed=2, filtered=0, complete=True)
    return RunRecord(
        run_id=run_id,
        status=Status.PUBLISHED,
        started_at=at,
        ended_at=at + timedelta(minutes=1),
        settings_sha256="s",
        code_version="1",
        model="tiny",
        sources=(source,),
        versions={"chunks": hour},
    )


FIRST, SECOND = run("first", 1), run("second", 2)


def document_row(uri: str) -> dict:
    return {
        "document_id": f"id-{len(uri)}",
        "content_sha256": f"hash-{len(uri)}",
        "canonical_sha256": f"text-{len(uri)}",
        "source": "docs",
        "uri": uri,
        "media_type": None,
        "size": 9,
        "source_modified_at": AT,
        "char_count": 40,
        "language": "en",
        "parse_fingerprint": "p",
        "parser": "markdown",
    }


CHUNK = {
    "chunk_id": "c1",
    "text": "Steep it for two minutes.",
    "char_start": 5,
    "char_end": 30,
    "page_start": 2,
    "page_end": 3,
    "heading_path": ["Tea"],
    "text_sha256": "t",
    "embedded_sha256": "e",
    "vector_sha256": None,
    "chunk_fingerprint": "k",
    "embedding_fingerprint": "m",
}


def read_back(document: ProvDocument) -> ProvDocument:
    return ProvDocument.deserialize(content=document.serialize())


def test_a_chunk_of_an_attachment_leads_to_the_file_that_contains_it():
    lineage = (document_row("mail.eml"), document_row("mail.eml#attachment/1/tea.md"))
    document = chunk_provenance(ChunkOrigin(CHUNK, lineage, SECOND, FIRST))
    assert read_back(document) == document
    origins = {
        str(derivation.args[0]): str(derivation.args[1])
        for derivation in document.get_records(ProvDerivation)
    }
    path = ["vouch:chunk/c1"]
    while path[-1] in origins:
        path.append(origins[path[-1]])
    kinds = [name.split("/")[0] for name in path]
    assert kinds == ["vouch:chunk", "vouch:text", "vouch:file", "vouch:file"]
    entities = {str(entity.identifier): entity for entity in document.get_records(ProvEntity)}
    assert [*entities[path[0]].value] == [CHUNK["text"]]
    assert entities[path[0]].get_attribute("vouch:pages") == {"2–3"}
    assert entities[path[-1]].get_attribute("vouch:uri") == {"mail.eml"}
    text = document.serialize()
    assert "vouch:run/first/parse" in text
    assert "vouch:run/second/embed" in text


def test_a_state_is_a_revision_of_the_previous_one():
    document = run_provenance(SECOND, FIRST)
    assert read_back(document) == document
    (revision,) = document.get_records(ProvDerivation)
    states = [str(state) for state in revision.args[:2]]
    assert states == ["vouch:state/second", "vouch:state/first"]


def test_a_run_that_published_nothing_leaves_no_state():
    rejected = SECOND.model_copy(update={"status": Status.REJECTED})
    assert "vouch:state" not in run_provenance(rejected, FIRST).serialize()
