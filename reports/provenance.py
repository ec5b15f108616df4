"""The provenance of a chunk or a run as W3C PROV: entities, activities and agents.

A chunk is derived from the canonical text of its document, the text from the bytes of its file,
and the file, if it was attached to another, from that one's file. Each stage is an activity of its
own that belongs to the run that performed it. Source: https://www.w3.org/TR/prov-dm/
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any
from urllib.parse import quote

from prov.model import Namespace, ProvActivity, ProvDocument, ProvEntity

from vouch.schemas.runs.approval import Approval
from vouch.schemas.runs.history import ChunkOrigin
from vouch.schemas.runs.record import RunRecord, Status

_VOUCH = Namespace("vouch", "urn:vouch:")
Row = Mapping[str, Any]


def chunk_provenance(origin: ChunkOrigin) -> ProvDocument:
    """Return a chunk's provenance: characters, pages, file versions, parser, model and runs."""
    document = _new_document()
    _add_run(document, origin.chunk_run)
    row, text = origin.chunk, _add_texts(document, origin)
    first_page, last_page = row["page_start"], row["page_end"]
    attributes = {
        "characters": f"[{row['char_start']}:{row['char_end']}]",
        "pages": None if first_page is None else f"{first_page}–{last_page}",
        "headings": " › ".join(row["heading_path"]) or None,
        "text_sha256": row["text_sha256"],
    }
    chunk = document.entity(
        f"vouch:chunk/{row['chunk_id']}",
        _attributes("chunk", attributes) | {"prov:value": row["text"]},
    )
    vector = document.entity(
        f"vouch:vector/{row['embedded_sha256']}",
        _attributes("vector", {"sha256": row["vector_sha256"]}),
    )
    model = document.entity(
        f"vouch:model/{row['embedding_fingerprint']}",
        _attributes("model", {"name": origin.chunk_run.model}),
    )
    chunking = _add_stage(document, origin.chunk_run, "chunk", row["chunk_fingerprint"])
    embedding = _add_stage(document, origin.chunk_run, "embed", row["embedding_fingerprint"])
    _derive(chunk, text, chunking)
    _derive(vector, chunk, embedding)
    embedding.used(model)
    return document


def run_provenance(record: RunRecord, before: RunRecord | None) -> ProvDocument:
    """Return a run's provenance: the sources that it read, and the state of the index that it left.

    The state is a revision of the one that the run `before` left.
    """
    document = _new_document()
    run = _add_run(document, record)
    for source in record.sources:
        attributes = {"path": source.path, "listed": source.listed, "complete": source.complete}
        run.used(document.entity(f"vouch:source/{source.name}", _attributes("source", attributes)))
    if record.status is Status.PUBLISHED:
        state = _add_state(document, record)
        state.wasGeneratedBy(run, record.ended_at)
        if before is not None:
            state.wasRevisionOf(_add_state(document, before))
    return document


def _new_document() -> ProvDocument:
    document = ProvDocument()
    document.add_namespace(_VOUCH)
    return document


def _add_run(document: ProvDocument, record: RunRecord) -> ProvActivity:
    attributes = {
        "kind": record.kind,
        "status": record.status,
        "settings_sha256": record.settings_sha256,
        "verdict": record.verdict.decision if record.verdict else None,
    }
    run = document.activity(
        _run_name(record), record.started_at, record.ended_at, _attributes("run", attributes)
    )
    software = f"vouch:software/{record.code_version}"
    document.agent(
        software, {"prov:type": "prov:SoftwareAgent", "vouch:version": record.code_version}
    )
    run.wasAssociatedWith(software)
    for approval in record.approvals:
        _add_approval(document, run, approval)
    return run


def _add_approval(document: ProvDocument, run: ProvActivity, approval: Approval) -> None:
    """Add the person who agreed to what the run's checks would have rejected."""
    person = f"vouch:person/{quote(approval.who, safe='')}"
    document.agent(person, {"prov:type": "prov:Person", "vouch:name": approval.who})
    values = approval.model_dump(include={"id", "why", "at", "until", "ends"})
    values["checks"] = " ".join(approval.checks)
    run.wasAssociatedWith(person, attributes=_attributes("approval", values))


def _add_texts(document: ProvDocument, origin: ChunkOrigin) -> ProvEntity:
    """Add the files that contain the document, and return the document's canonical text."""
    # A chunk of an unchanged document may be newer than the parse, for example after a reindex.
    if origin.document_run.run_id != origin.chunk_run.run_id:
        _add_run(document, origin.document_run)
    files = [_add_file(document, row) for row in origin.lineage]
    for outer, inner in pairwise(files):
        inner.wasDerivedFrom(outer)
    row = origin.lineage[-1]
    attributes = {
        "sha256": row["canonical_sha256"],
        "characters": row["char_count"],
        "language": row["language"],
    }
    text = document.entity(
        f"vouch:text/{row['canonical_sha256']}", _attributes("canonical text", attributes)
    )
    parsing = _add_stage(
        document, origin.document_run, "parse", row["parse_fingerprint"], row["parser"]
    )
    _derive(text, files[-1], parsing)
    return text


def _add_file(document: ProvDocument, row: Row) -> ProvEntity:
    names = ("source", "uri", "media_type", "size", "source_modified_at")
    return document.entity(
        f"vouch:file/{row['document_id']}/{row['content_sha256']}",
        _attributes("file", {name: row[name] for name in names}),
    )


def _add_state(document: ProvDocument, record: RunRecord) -> ProvEntity:
    attributes: dict[str, Any] = {
        f"{name}_version": version for name, version in record.versions.items()
    }
    attributes["tag"] = record.tag
    return document.entity(
        f"vouch:state/{record.run_id}", _attributes("state of the index", attributes)
    )


def _add_stage(
    document: ProvDocument, record: RunRecord, name: str, fingerprint: str, by: str | None = None
) -> ProvActivity:
    stage = document.activity(
        f"{_run_name(record)}/{name}",
        other_attributes=_attributes(name, {"fingerprint": fingerprint, "by": by}),
    )
    stage.wasInformedBy(_run_name(record))
    return stage


def _derive(entity: ProvEntity, origin: ProvEntity, activity: ProvActivity) -> None:
    activity.used(origin)
    entity.wasGeneratedBy(activity)
    entity.wasDerivedFrom(origin, activity)


def _run_name(record: RunRecord) -> str:
    return f"vouch:run/{record.run_id}"


def _attributes(kind: str, values: Mapping[str, Any]) -> dict[Any, Any]:
    """Return PROV attributes; PROV has no null, so unknown values are left out."""
    present = {f"vouch:{name}": value for name, value in values.items() if value is not None}
    return {"prov:type": kind} | present
