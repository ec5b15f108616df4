"""What the index has of a document and of its attachments, compared with the present settings of
the stages.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from vouch.parsers.registry import (
    is_read_by,
    parse_fingerprint,
    parser_of,
    reads_garbled_text,
    reads_images,
)
from vouch.pipeline.planning.indexed_documents import IndexedDocuments, Row, SetAside
from vouch.schemas.documents.records import Fingerprints


@dataclass(frozen=True, slots=True)
class Family:
    """A listed document's row, then the rows of its attachments; and the rejects of all of them."""

    rows: Sequence[Row]
    rejects: Sequence[Row]

    @property
    def root(self) -> Row:
        return self.rows[0]


@dataclass(frozen=True, slots=True)
class Staleness:
    """Why a document or one of its attachments has to be processed again; None where it need not.

    For `reading` the source's file is needed, for `text` only the text that the index stores; `due`
    is a reject whose time for another attempt has come.
    """

    reading: str | None = None
    text: str | None = None
    due: str | None = None


class IndexState:
    """Rows of `vouch.index.store.lookups`, ready for planning; `set_aside` are the others."""

    def __init__(
        self, documents: pl.DataFrame, quarantine: pl.DataFrame, set_aside: SetAside = SetAside()
    ) -> None:
        self.documents = IndexedDocuments(documents, set_aside)
        self._rejects: dict[str, list[Row]] = {}
        for row in quarantine.iter_rows(named=True):
            self._rejects.setdefault(row["document_id"], []).append(row)

    def family(self, identity: str) -> Family | None:
        """Return a document with its attachments and rejects; None where the index does not have
        it.
        """
        if identity not in self.documents:
            return None
        ids = [identity, *self.documents.attached_to([identity])]
        rejects = [reject for member in ids for reject in self._rejects.get(member, [])]
        return Family([self.documents[member] for member in ids], rejects)

    def roots(self, source: str) -> Iterator[Row]:
        """Yield the rows of a source's documents that were listed, not attached."""
        return self.documents.roots(source).iter_rows(named=True)


_RULE_CHANGES = {
    "fetch": "the source's settings, under which it could not be read, have changed",
    "parse": "the limits of parsing, under which it failed, have changed",
    "chunk": "the chunking, under which it failed, has changed",
    "check": "the contract that it broke has changed",
    "embed": "the model, with which it failed, has changed",
}


def staleness(family: Family, now: Fingerprints, at: datetime) -> Staleness:
    """Return why the family has to be processed again, as of `at`. Each reason is the first that is
    found.
    """
    rules = [
        _RULE_CHANGES[reject["stage"]]
        for reject in family.rejects
        if reject["rule_fingerprint"] != now.rule(reject["stage"], reject["source"])
    ]
    due = any(
        reject["next_retry_at"] and reject["next_retry_at"] <= at for reject in family.rejects
    )
    reading, text = None, None
    for row in family.rows:
        # Where an attachment is the cause, the reason names it.
        whose = "" if row is family.root else f" (in {row['uri'].removeprefix(family.root['uri'])})"
        if reading is None and (why := _parser_change(row, now)):
            reading = f"{why}{whose}"
        if text is None and (why := _later_stage_change(row, now)):
            text = f"{why}{whose}"
    if reading is None and rules:
        reading = rules[0]
    return Staleness(reading, text, "its next attempt is due" if due else None)


def _parser_change(row: Row, now: Fingerprints) -> str | None:
    engines = now.engines_of(row["source"])
    if row["parser"]:
        if not is_read_by(row["parser"], row["media_type"], engines):
            return f"{row['media_type']} is read by {parser_of(row['media_type'], engines)} now"
        if row["parse_fingerprint"] == parse_fingerprint(row["parser"], now.conditions):
            return None
        masked = " or the redaction" if now.conditions.redaction else ""
        images = " or its OCR" if reads_images(row["parser"]) else ""
        garbled = " or parsing.garbled_text" if reads_garbled_text(row["parser"]) else ""
        return f"the {row['parser']} parser{images}{garbled}{masked} has changed"
    media_type = row["media_type"]
    if row["status"] == "quarantined" and media_type and parser_of(media_type, engines):
        return f"there is a parser for {media_type} now"
    return None


def _later_stage_change(row: Row, now: Fingerprints) -> str | None:
    if row["status"] != "published":
        return None
    if row["chunk_fingerprint"] != now.chunk:
        return "the chunking has changed"
    if row["check_fingerprint"] != now.checked(row["source"]):
        return "the contract or the types of metadata have changed"
    if row["embedding_fingerprint"] != now.embedding:
        return "the embedding has changed"
    return None
