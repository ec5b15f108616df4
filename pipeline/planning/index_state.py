"""What the index holds of a document and of all that is attached to it, held against what the stages are set to now."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from vouch.parsers.registry import parse_fingerprint, parser_of, reads_images
from vouch.pipeline.planning.document_frame import HeldRows, Row
from vouch.schemas.records import Fingerprints


@dataclass(frozen=True, slots=True)
class Family:
    """A listed document's row first, then those of what is attached to it; and the rejects of all of them."""

    rows: Sequence[Row]
    rejects: Sequence[Row]

    @property
    def root(self) -> Row:
        return self.rows[0]


@dataclass(frozen=True, slots=True)
class Staleness:
    """Why the document, or something attached to it, has to be made again; None where it need not.

    `reading` takes its file, `text` only the text that the index keeps; `due` is a reject whose time for another try has
    come.
    """

    reading: str | None = None
    text: str | None = None
    due: str | None = None


class HeldState:
    """`documents` and `quarantine` are `vouch.index.store.lookups`'s frames."""

    def __init__(self, documents: pl.DataFrame, quarantine: pl.DataFrame) -> None:
        self.rows = HeldRows(documents)
        self.rejected = quarantine["document_id"].unique()
        self._rejects: dict[str, list[Row]] = {}
        for row in quarantine.iter_rows(named=True):
            self._rejects.setdefault(row["document_id"], []).append(row)

    def family(self, identity: str) -> Family | None:
        if identity not in self.rows:
            return None
        ids = [identity, *self.rows.attached_to([identity])]
        return Family(
            [self.rows[one] for one in ids],
            [reject for one in ids for reject in self._rejects.get(one, [])],
        )

    def roots(self, source: str) -> Iterator[Row]:
        """Documents of a source that were listed, not attached."""
        return self.rows.roots(source).iter_rows(named=True)


def staleness(family: Family, now: Fingerprints, at: datetime) -> Staleness:
    """Each reason is the first that is found, and names what is attached where that is the cause."""
    reading = next(
        (
            f"{why}{_whose(row, family)}"
            for row in family.rows
            if (why := _parsed_otherwise(row, now))
        ),
        None,
    )
    rules = next(
        (f"{_RULES[reject['stage']]}" for reject in family.rejects if _rule_changed(reject, now)),
        None,
    )
    text = next(
        (
            f"{why}{_whose(row, family)}"
            for row in family.rows
            if (why := _made_otherwise(row, now))
        ),
        None,
    )
    due = any(
        reject["next_retry_at"] and reject["next_retry_at"] <= at for reject in family.rejects
    )
    return Staleness(reading or rules, text, "its next try is due" if due else None)


_RULES = {
    "fetch": "the source's settings, under which it could not be read, have changed",
    "parse": "the limits of parsing, under which it failed, have changed",
    "chunk": "the chunking, under which it failed, has changed",
    "check": "the contract that it broke has changed",
    "embed": "the model, with which it failed, has changed",
}


def _rule_changed(reject: Row, now: Fingerprints) -> bool:
    return bool(reject["rule_fingerprint"] != now.rule(reject["stage"], reject["source"]))


def _parsed_otherwise(row: Row, now: Fingerprints) -> str | None:
    if row["parser"]:
        same = row["parse_fingerprint"] == parse_fingerprint(row["parser"], now.amend, now.ocr)
        masked = " or what is masked" if now.amend else ""
        images = " or what reads images" if reads_images(row["parser"]) else ""
        return None if same else f"the {row['parser']} parser{images}{masked} has changed"
    readable = row["status"] == "quarantined" and row["media_type"] and parser_of(row["media_type"])
    return f"there is a parser for {row['media_type']} now" if readable else None


def _made_otherwise(row: Row, now: Fingerprints) -> str | None:
    if row["status"] != "published":
        return None
    stages = (
        ("chunking", now.chunk, "chunk"),
        ("contract", now.checked(row["source"]), "check"),
        ("embedding", now.embedding, "embedding"),
    )
    return next(
        (
            f"the {told} has changed"
            for told, value, name in stages
            if row[f"{name}_fingerprint"] != value
        ),
        None,
    )


def _whose(row: Row, family: Family) -> str:
    return "" if row is family.root else f" (in {row['uri'].removeprefix(family.root['uri'])})"
