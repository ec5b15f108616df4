"""The whole way back from a chunk: to its document, its file, its run; each step proved, not told."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from lancedb.expr import col, lit

from vouch.index.store.run_log import read_run
from vouch.index.store.tables import Tables, dicts, rows
from vouch.parsers.registry import parse_fingerprint
from vouch.schemas.errors import DocumentRejected, NotFound, SourceError, VouchError
from vouch.schemas.ids import chunk_id, sha256_bytes, sha256_text
from vouch.schemas.origin import Origin
from vouch.schemas.records import Document
from vouch.schemas.run import RunRecord

Row = dict[str, Any]
Read = Callable[[str, str], bytes]
"""(source, uri) to the bytes of a listed item."""
Parse = Callable[[bytes, str], Document]


@dataclass(frozen=True, slots=True)
class Proof:
    """One step of the way. `holds` is None where it could not be tried, and `detail` says why."""

    name: str
    holds: bool | None
    detail: str


@dataclass(frozen=True, slots=True)
class Trace:
    """`lineage` are the documents that the chunk's document is attached to, the listed one first, itself last."""

    chunk: Row
    lineage: tuple[Row, ...]
    run: RunRecord
    proofs: tuple[Proof, ...]

    @property
    def proved(self) -> bool:
        return all(proof.holds for proof in self.proofs)


def origin(tables: Tables, wanted: str) -> Origin:
    """By chunk id, or a beginning of it that only one chunk has. Raises `NotFound`."""
    chunk = _find_chunk(tables, wanted)
    lineage = _lineage(tables, chunk["document_id"])
    return Origin(
        chunk, lineage, read_run(tables, chunk["run_id"]), read_run(tables, lineage[-1]["run_id"])
    )


def trace(
    tables: Tables, wanted: str, read: Read, parse: Parse, amend: str = "", ocr: str = ""
) -> Trace:
    """By chunk id, or a beginning of it that only one chunk has. Raises `NotFound`.

    `amend` is the fingerprint of what `parse` masks in a text, `ocr` that of what it reads images with.
    """
    chunk = _find_chunk(tables, wanted)
    lineage = _lineage(tables, chunk["document_id"])
    proofs = (
        *_proofs_within(tables, chunk, lineage[-1]),
        *_proofs_against_source(lineage, read, parse, amend, ocr),
    )
    return Trace(chunk, lineage, read_run(tables, chunk["run_id"]), proofs)


def _find_chunk(tables: Tables, wanted: str) -> Row:
    ids = rows(tables.chunks, ["chunk_id"]).column("chunk_id").to_pylist()
    found = [identity for identity in ids if identity.startswith(wanted)] if wanted else []
    if len(found) != 1:
        told = (
            f"{len(found)} chunks begin with {wanted!r}; give more of the id"
            if found
            else f"there is no chunk {wanted!r}"
        )
        raise NotFound(f"{told} (`vouch search` shows ids)")
    return dicts(tables.chunks, col("chunk_id") == lit(found[0]))[0]


def _lineage(tables: Tables, document: str) -> tuple[Row, ...]:
    found = dicts(tables.documents, col("document_id") == lit(document))
    if not found:
        raise NotFound(
            f"the index holds no document {document}, though a chunk names it; run `vouch ingest` again"
        )
    row = found[0]
    return (*_lineage(tables, row["parent_id"]), row) if row["parent_id"] else (row,)


def _proofs_within(tables: Tables, chunk: Row, document: Row) -> tuple[Proof, ...]:
    """What the index alone can prove."""
    start, end = chunk["char_start"], chunk["char_end"]
    identity = chunk_id(chunk["document_id"], start, end, chunk["text"])
    vector = (
        rows(tables.chunks, ["vector"], col("chunk_id") == lit(chunk["chunk_id"]))
        .column("vector")[0]
        .as_py()
    )
    length = float(np.linalg.norm(np.array(vector, dtype=np.float64)))
    return (
        Proof(
            "span",
            document["canonical_text"][start:end] == chunk["text"],
            f"canonical text [{start}:{end}] is the text",
        ),
        Proof(
            "identity", identity == chunk["chunk_id"], "the id is that of document, span and text"
        ),
        Proof(
            "text",
            sha256_text(chunk["text"]) == chunk["text_sha256"],
            f"sha256 {chunk['text_sha256'][:16]}…",
        ),
        Proof("vector", abs(length - 1.0) < 1e-3, f"{len(vector)} numbers, length {length:.4f}"),
    )


def _proofs_against_source(
    lineage: tuple[Row, ...], read: Read, parse: Parse, amend: str, ocr: str
) -> tuple[Proof, ...]:
    """What the source's file proves: the same bytes, and the same text parsed from them."""
    document = lineage[-1]
    try:
        data = _bytes(lineage, read, parse)
    except (SourceError, DocumentRejected) as error:
        return (Proof("file", None, f"the file could not be read: {error}"),)
    same = sha256_bytes(data) == document["content_sha256"]
    if not same:
        return (
            Proof(
                "file",
                False,
                "the file has changed since it was ingested; `vouch ingest` takes up the change",
            ),
        )
    return (
        Proof("file", True, f"sha256 {document['content_sha256'][:16]}… of {len(data):,} bytes"),
        _parsed(document, data, parse, amend, ocr),
    )


def _bytes(lineage: tuple[Row, ...], read: Read, parse: Parse) -> bytes:
    """The bytes of the last document, taken out of those that it is attached to."""
    data = read(lineage[0]["source"], lineage[0]["uri"])
    for parent, child in pairwise(lineage):
        number = int(child["uri"].removeprefix(f"{parent['uri']}#attachment/").split("/", 1)[0])
        attachments = parse(data, parent["uri"]).attachments
        if number > len(attachments):
            raise DocumentRejected(
                "missing", f"{parent['uri']} has no attachment {number} any more"
            )
        data = attachments[number - 1].data
    return data


def _parsed(document: Row, data: bytes, parse: Parse, amend: str, ocr: str) -> Proof:
    if parse_fingerprint(document["parser"], amend, ocr) != document["parse_fingerprint"]:
        return Proof(
            "parse",
            None,
            f"the {document['parser']} parser, or what is masked, has changed since; `vouch ingest` parses again",
        )
    try:
        text = parse(data, document["uri"]).text
    except VouchError as error:
        return Proof("parse", False, f"parsing it again fails: {error}")
    return Proof(
        "parse",
        text == document["canonical_text"],
        f"{document['parser']} gives the same {len(text):,} characters",
    )
