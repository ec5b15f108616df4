"""Where a chunk or a run comes from, as W3C PROV: entities, what made them, and who is responsible.

A chunk is derived from the canonical text of its document, that from the bytes of its file, and those, where it was attached
to another, from that one's. The stages that made each are activities of their own, and belong to the run that did them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from prov.model import Namespace, ProvActivity, ProvDocument, ProvEntity

from vouch.schemas.history import ChunkOrigin
from vouch.schemas.run import RunRecord, Status

_VOUCH = Namespace("vouch", "urn:vouch:")
Row = Mapping[str, Any]


def chunk_provenance(origin: ChunkOrigin) -> ProvDocument:
    """Of a chunk: down to the characters, pages, file versions, parser, model and runs that it came from."""
    document = _begun()
    _add_run(document, origin.chunk_run)
    chunk, text = origin.chunk, _texts(document, origin)
    told = {
        "characters": f"[{chunk['char_start']}:{chunk['char_end']}]",
        "pages": _pages(chunk),
        "headings": " › ".join(chunk["heading_path"]) or None,
        "text_sha256": chunk["text_sha256"],
    }
    made = document.entity(
        f"vouch:chunk/{chunk['chunk_id']}", _told("chunk", told) | {"prov:value": chunk["text"]}
    )
    vector = document.entity(
        f"vouch:vector/{chunk['embedded_sha256']}",
        _told("vector", {"sha256": chunk["vector_sha256"]}),
    )
    model = document.entity(
        f"vouch:model/{chunk['embedding_fingerprint']}",
        _told("model", {"name": origin.chunk_run.model}),
    )
    cut = _stage(document, origin.chunk_run, "chunk", chunk["chunk_fingerprint"])
    embed = _stage(document, origin.chunk_run, "embed", chunk["embedding_fingerprint"])
    _derived(made, text, cut)
    _derived(vector, made, embed)
    embed.used(model)
    return document


def run_provenance(record: RunRecord, before: RunRecord | None) -> ProvDocument:
    """Of a run: the sources that it read, and the state of the index that it left, a revision of the one `before`."""
    document = _begun()
    run = _add_run(document, record)
    for source in record.sources:
        told = {"path": source.path, "listed": source.listed, "complete": source.complete}
        run.used(document.entity(f"vouch:source/{source.name}", _told("source", told)))
    if record.status is Status.PUBLISHED:
        state = _state(document, record)
        state.wasGeneratedBy(run, record.ended_at)
        if before is not None:
            state.wasRevisionOf(_state(document, before))
    return document


def _begun() -> ProvDocument:
    document = ProvDocument()
    document.add_namespace(_VOUCH)
    return document


def _add_run(document: ProvDocument, record: RunRecord) -> ProvActivity:
    told = {"kind": record.kind, "status": record.status, "settings_sha256": record.settings_sha256}
    verdict = record.verdict.decision if record.verdict else None
    run = document.activity(
        _run(record), record.started_at, record.ended_at, _told("run", told | {"verdict": verdict})
    )
    software = f"vouch:software/{record.code_version}"
    document.agent(
        software, {"prov:type": "prov:SoftwareAgent", "vouch:version": record.code_version}
    )
    run.wasAssociatedWith(software)
    return run


def _texts(document: ProvDocument, origin: ChunkOrigin) -> ProvEntity:
    """The canonical text of the chunk's document, and each file on the way to it."""
    if origin.document_run.run_id != origin.chunk_run.run_id:
        _add_run(document, origin.document_run)
    files = [_file(document, row) for row in origin.lineage]
    for outer, inner in zip(files, files[1:], strict=False):
        inner.wasDerivedFrom(outer)
    row = origin.lineage[-1]
    told = {
        "sha256": row["canonical_sha256"],
        "characters": row["char_count"],
        "language": row["language"],
    }
    text = document.entity(f"vouch:text/{row['canonical_sha256']}", _told("canonical text", told))
    _derived(
        text,
        files[-1],
        _stage(document, origin.document_run, "parse", row["parse_fingerprint"], row["parser"]),
    )
    return text


def _file(document: ProvDocument, row: Row) -> ProvEntity:
    told = {
        name: row[name] for name in ("source", "uri", "media_type", "size", "source_modified_at")
    }
    return document.entity(
        f"vouch:file/{row['document_id']}/{row['content_sha256']}", _told("file", told)
    )


def _state(document: ProvDocument, record: RunRecord) -> ProvEntity:
    told: dict[str, Any] = {f"{name}_version": number for name, number in record.versions.items()}
    return document.entity(
        f"vouch:state/{record.run_id}", _told("state of the index", told | {"tag": record.tag})
    )


def _stage(
    document: ProvDocument, record: RunRecord, name: str, fingerprint: str, by: str | None = None
) -> ProvActivity:
    stage = document.activity(
        f"{_run(record)}/{name}",
        other_attributes=_told(name, {"fingerprint": fingerprint, "by": by}),
    )
    stage.wasInformedBy(_run(record))
    return stage


def _derived(made: ProvEntity, of: ProvEntity, by: ProvActivity) -> None:
    by.used(of)
    made.wasGeneratedBy(by)
    made.wasDerivedFrom(of, by)


def _run(record: RunRecord) -> str:
    return f"vouch:run/{record.run_id}"


def _pages(chunk: Row) -> str | None:
    pages: Sequence[int | None] = (chunk["page_start"], chunk["page_end"])
    return None if pages[0] is None else f"{pages[0]}–{pages[1]}"


def _told(kind: str, values: Mapping[str, Any]) -> dict[Any, Any]:
    """PROV has no null: what is not known is left out."""
    known = {f"vouch:{name}": value for name, value in values.items() if value is not None}
    return {"prov:type": kind} | known
