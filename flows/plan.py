"""The plan: for each listed document what will be done and why, told by what the index holds. It changes nothing.

What a listing cannot prove is not acted on: an incomplete listing removes nothing, and a complete one removes no more
than the share in the settings unless the person says so.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import polars as pl

from parsers.registry import parse_fingerprint, parser_of
from schemas.errors import MassDeleteRefused
from schemas.ids import document_id
from schemas.records import Filtered, Fingerprints, Listing, SourceItem
from schemas.settings import IndexSettings


class Action(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    RETRY = "retry"
    REPROCESS = "reprocess"
    UNCHANGED = "unchanged"
    HELD = "held"
    """In quarantine, unchanged, and not yet due for another try."""
    FILTERED = "filtered"
    REMOVED = "removed"


WORK = frozenset({Action.NEW, Action.CHANGED, Action.RETRY, Action.REPROCESS})
"""Actions that read the document."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One document: what to do, why, what the index holds of it (a row of its documents table), the rule that filters it."""

    action: Action
    why: str
    item: SourceItem
    document_id: str
    held: Mapping[str, Any] | None = None
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """All documents that are listed or held. `held` is the index's documents table, by id, without texts."""

    documents: tuple[Planned, ...]
    held: Mapping[str, Mapping[str, Any]]

    @property
    def counts(self) -> dict[str, int]:
        return dict(Counter(str(planned.action) for planned in self.documents))

    def of(self, *actions: Action) -> list[Planned]:
        return [planned for planned in self.documents if planned.action in actions]

    def attached_to(self, parents: Iterable[str]) -> list[str]:
        """All that the index holds as attached to these documents, however deep."""
        children: dict[str, list[str]] = {}
        for identity, row in self.held.items():
            if row["parent_id"]:
                children.setdefault(row["parent_id"], []).append(identity)
        found: list[str] = []
        waiting = list(parents)
        while waiting:
            below = children.get(waiting.pop(), [])
            found.extend(below)
            waiting.extend(below)
        return found

    def is_published(self, identity: str) -> bool:
        row = self.held.get(identity)
        return row is not None and row["status"] == "published"

    def refuse_mass_delete(self, settings: IndexSettings) -> None:
        """Raise `MassDeleteRefused` where more of the published documents would go than the settings allow."""
        going = [planned for planned in self.of(Action.REMOVED, Action.FILTERED) if self.is_published(planned.document_id)]
        published = sum(row["status"] == "published" and not row["parent_id"] for row in self.held.values())
        if len(going) > settings.max_delete_share * published:
            raise MassDeleteRefused(
                f"this run would remove {len(going):,} of {published:,} published documents, more than "
                f"index.max_delete_share ({settings.max_delete_share:.0%}) allows; the first is {going[0].item.uri}. Look at "
                "`vouch plan`; if it is right, run again with --allow-mass-delete"
            )


def make_plan(listings: Iterable[Listing], held: pl.DataFrame, due: set[str], now: Fingerprints) -> Plan:
    """`held` is `index.held.held_documents`; `due` are quarantined documents whose next try is due."""
    rows = {row["document_id"]: row for row in held.iter_rows(named=True)}
    documents = [planned for listing in listings for planned in _of_source(listing, rows, due, now)]
    return Plan(tuple(documents), rows)


def _of_source(listing: Listing, rows: Mapping[str, Mapping[str, Any]], due: set[str], now: Fingerprints) -> Iterator[Planned]:
    listed: set[str] = set()
    for item in listing.items:
        identity = document_id(item.source, item.uri)
        listed.add(identity)
        action, why = _decide(item, rows.get(identity), identity in due, now)
        yield Planned(action, why, item, identity, rows.get(identity))
    for filtered in listing.filtered:
        planned = _filtered(filtered, rows)
        listed.add(planned.document_id)
        yield planned
    if listing.complete:
        yield from _removed(listing.source, listed, rows)


def _filtered(filtered: Filtered, rows: Mapping[str, Mapping[str, Any]]) -> Planned:
    identity = document_id(filtered.item.source, filtered.item.uri)
    why = f"kept out by the rule {filtered.rule}"
    return Planned(Action.FILTERED, why, filtered.item, identity, rows.get(identity), str(filtered.rule))


def _removed(source: str, listed: set[str], rows: Mapping[str, Mapping[str, Any]]) -> Iterator[Planned]:
    for identity, row in rows.items():
        if row["source"] == source and identity not in listed and not row["parent_id"]:
            item = SourceItem(source, row["uri"], row["size"], row["source_modified_at"], row["etag"])
            yield Planned(Action.REMOVED, "no longer in a complete listing", item, identity, row)


def _decide(item: SourceItem, row: Mapping[str, Any] | None, due: bool, now: Fingerprints) -> tuple[Action, str]:
    if row is None:
        return Action.NEW, "not in the index"
    if row["status"] == "filtered":
        return Action.NEW, f"was kept out by the rule {row['reason']}"
    difference = _difference(item, row)
    if difference:
        return Action.CHANGED, difference
    stale = _stale(row, now)
    if row["status"] == "quarantined":
        why = stale or ("its next try is due" if due else None)
        return (Action.RETRY, why) if why else (Action.HELD, f"in quarantine: {row['reason']}")
    return (Action.REPROCESS, stale) if stale else (Action.UNCHANGED, "same content and same settings")


def _difference(item: SourceItem, row: Mapping[str, Any]) -> str | None:
    """How the listed item differs from the one ingested; None where nothing says that it does."""
    if item.size != row["size"]:
        return f"size {_number(row['size'])} → {_number(item.size)} bytes"
    if item.etag and row["etag"]:
        return None if item.etag == row["etag"] else "its etag is another"
    if item.modified is None or row["source_modified_at"] is None:
        return "the source does not say when it was modified, so it is read"
    return None if item.modified == row["source_modified_at"] else f"modified {_day(item.modified)}"


def _stale(row: Mapping[str, Any], now: Fingerprints) -> str | None:
    """Which stage has changed since the document went through it."""
    if row["parser"] and row["parse_fingerprint"] != parse_fingerprint(row["parser"]):
        return f"the {row['parser']} parser has changed"
    if row["status"] == "quarantined":
        readable = not row["parser"] and row["media_type"] and parser_of(row["media_type"])
        return f"there is a parser for {row['media_type']} now" if readable else None
    if row["chunk_fingerprint"] != now.chunk:
        return "the chunking has changed"
    return "the embedding has changed" if row["embedding_fingerprint"] != now.embedding else None


def _number(value: int | None) -> str:
    return "unknown" if value is None else f"{value:,}"


def _day(time: datetime) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S")
