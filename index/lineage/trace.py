"""Trace a chunk back to its document, its file and its run, and prove each step."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from lancedb.expr import col, lit

from vouch.index.store.run_log import read_run
from vouch.index.store.tables import Tables, dicts, rows
from vouch.parsers.registry import described_parser, parse_fingerprint
from vouch.schemas.documents.ids import chunk_id, sha256_bytes, sha256_text
from vouch.schemas.documents.plain import plain
from vouch.schemas.documents.records import Document, ParseConditions
from vouch.schemas.errors import DocumentRejected, NotFound, SourceError, VouchError
from vouch.schemas.runs.history import ChunkOrigin
from vouch.schemas.runs.record import RunRecord

Row = dict[str, Any]
Read = Callable[[str, str], bytes]
"""Maps source and uri to the bytes of a listed item."""
Parse = Callable[[bytes, str], Document]
"""Maps bytes and uri to the parsed document."""
Advise = Callable[[Row], str]
"""Maps the row of a listed document to what brings the index up to date with its file."""
_LENGTH_TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True)
class Proof:
    """A step of the trace. `holds` is None where it could not be checked, and `detail` says why."""

    name: str
    holds: bool | None
    detail: str


@dataclass(frozen=True, slots=True)
class Trace:
    """A chunk, the documents it comes from, the run that published it, and the proofs.

    `lineage` begins with the listed document and ends with the chunk's own; between them are the
    documents that it is attached to.
    """

    chunk: Row
    lineage: tuple[Row, ...]
    run: RunRecord
    proofs: tuple[Proof, ...]

    @property
    def proved(self) -> bool:
        """Whether every step could be checked, and holds."""
        return all(proof.holds for proof in self.proofs)

    def to_dict(self) -> dict[str, Any]:
        """Return all attributes and whether all is proved, as JSON has them."""
        return {**plain(self), "proved": self.proved}


def origin(tables: Tables, chunk_prefix: str) -> ChunkOrigin:
    """Return where a chunk comes from, without proving it.

    Args:
        tables: The published tables.
        chunk_prefix: The chunk's id, or a prefix that no other chunk's id has.

    Raises:
        NotFound: No chunk, or more than one, has this prefix.
    """
    chunk = _find_chunk(tables, chunk_prefix)
    lineage = _lineage(tables, chunk["document_id"])
    return ChunkOrigin(
        chunk, lineage, read_run(tables, chunk["run_id"]), read_run(tables, lineage[-1]["run_id"])
    )


def trace(
    tables: Tables,
    chunk_prefix: str,
    read: Read,
    parse: Parse,
    conditions: ParseConditions = ParseConditions(),
    advise: Advise = lambda _: "`vouch plan` shows what a run would do",
) -> Trace:
    """Trace a chunk back to the bytes of its source, and prove each step.

    Args:
        tables: The published tables.
        chunk_prefix: The chunk's id, or a prefix that no other chunk's id has.
        read: Reads an item of a source.
        parse: Parses bytes as the settings say.
        conditions: What `parse` depends on.
        advise: Asked for where a file has changed since it was ingested.

    Raises:
        NotFound: No chunk, or more than one, has this prefix.
    """
    chunk = _find_chunk(tables, chunk_prefix)
    lineage = _lineage(tables, chunk["document_id"])
    proofs = (
        *_prove_within_index(tables, chunk, lineage[-1]),
        *_prove_against_source(lineage, read, parse, conditions, advise),
    )
    return Trace(chunk, lineage, read_run(tables, chunk["run_id"]), proofs)


def trace_within(tables: Tables, chunk_prefix: str) -> Trace:
    """Trace a chunk back to its listed document and its run, and prove what needs no source.

    Parameters and errors are those of `origin`. The rows have no text of a document, only that of
    the chunk.
    """
    chunk = _find_chunk(tables, chunk_prefix)
    lineage = _lineage(tables, chunk["document_id"])
    proofs = _prove_within_index(tables, chunk, lineage[-1])
    return Trace(
        _without(chunk, "minhash"),
        tuple(_without(row, "canonical_text", "structure") for row in lineage),
        read_run(tables, chunk["run_id"]),
        proofs,
    )


def _without(row: Row, *names: str) -> Row:
    return {name: value for name, value in row.items() if name not in names}


def _find_chunk(tables: Tables, prefix: str) -> Row:
    # A whole id needs no look at all of them.
    if exact := dicts(tables.chunks, col("chunk_id") == lit(prefix)):
        return exact[0]
    ids = rows(tables.chunks, ["chunk_id"]).column("chunk_id").to_pylist()
    matching = [identity for identity in ids if identity.startswith(prefix)] if prefix else []
    if len(matching) != 1:
        problem = (
            f"{len(matching)} chunks begin with {prefix!r}; give more of the id"
            if matching
            else f"there is no chunk {prefix!r}"
        )
        raise NotFound(f"{problem} (`vouch search` shows ids)")
    return dicts(tables.chunks, col("chunk_id") == lit(matching[0]))[0]


def _lineage(tables: Tables, document: str) -> tuple[Row, ...]:
    matching = dicts(tables.documents, col("document_id") == lit(document))
    if not matching:
        raise NotFound(
            f"the index has no document {document}, though a chunk belongs to it; run "
            "`vouch ingest` again"
        )
    row = matching[0]
    return (*_lineage(tables, row["parent_id"]), row) if row["parent_id"] else (row,)


def _prove_within_index(tables: Tables, chunk: Row, document: Row) -> tuple[Proof, ...]:
    """Return the proofs that need nothing besides the index."""
    start, end, text = chunk["char_start"], chunk["char_end"], chunk["text"]
    identity = chunk_id(chunk["document_id"], start, end, text)
    condition = col("chunk_id") == lit(chunk["chunk_id"])
    vector = rows(tables.chunks, ["vector"], condition).column("vector")[0].as_py()
    length = float(np.linalg.norm(np.array(vector, dtype=np.float64)))
    return (
        Proof(
            "span",
            document["canonical_text"][start:end] == text,
            f"canonical text [{start}:{end}] is the text",
        ),
        Proof(
            "identity", identity == chunk["chunk_id"], "the id is that of document, span and text"
        ),
        Proof(
            "text",
            sha256_text(text) == chunk["text_sha256"],
            f"sha256 {chunk['text_sha256'][:16]}…",
        ),
        Proof(
            "vector",
            abs(length - 1.0) < _LENGTH_TOLERANCE,
            f"{len(vector)} numbers, length {length:.4f}",
        ),
    )


def _prove_against_source(
    lineage: tuple[Row, ...],
    read: Read,
    parse: Parse,
    conditions: ParseConditions,
    advise: Advise,
) -> tuple[Proof, ...]:
    """Return whether the source's bytes are the same, and give the same text when parsed again."""
    document = lineage[-1]
    try:
        data = _read_last(lineage, read, parse)
    except (SourceError, DocumentRejected) as error:
        return (Proof("file", None, f"the file could not be read: {error}"),)
    if sha256_bytes(data) != document["content_sha256"]:
        problem = f"the file has changed since it was ingested; {advise(lineage[0])}"
        return (Proof("file", False, problem),)
    return (
        Proof("file", True, f"sha256 {document['content_sha256'][:16]}… of {len(data):,} bytes"),
        _prove_parse(document, data, parse, conditions),
    )


def _read_last(lineage: tuple[Row, ...], read: Read, parse: Parse) -> bytes:
    """Return the last document's bytes, extracted from the documents that it is attached to."""
    data = read(lineage[0]["source"], lineage[0]["uri"])
    for parent, child in pairwise(lineage):
        # The uri of an attachment is PARENT#attachment/NUMBER/NAME, with numbers from 1.
        number = int(child["uri"].removeprefix(f"{parent['uri']}#attachment/").split("/", 1)[0])
        attachments = parse(data, parent["uri"]).attachments
        if number > len(attachments):
            raise DocumentRejected(
                "missing", f"{parent['uri']} no longer has an attachment {number}"
            )
        data = attachments[number - 1].data
    return data


def _prove_parse(document: Row, data: bytes, parse: Parse, conditions: ParseConditions) -> Proof:
    parser = document["parser"]
    if parse_fingerprint(parser, conditions) != document["parse_fingerprint"]:
        return Proof(
            "parse",
            None,
            f"the {parser} parser or the masking policy has changed since; `vouch ingest` parses "
            "again",
        )
    try:
        text = parse(data, document["uri"]).text
    except VouchError as error:
        return Proof("parse", False, f"parsing it again fails: {error}")
    same = text == document["canonical_text"]
    by = described_parser(parser)
    return Proof("parse", same, f"{by} gives the same {len(text):,} characters")
