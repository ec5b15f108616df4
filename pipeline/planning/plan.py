"""The plan: what is to be done with each document, and why. Making it changes nothing.

What a listing cannot prove is not acted on: an incomplete listing removes nothing. A complete one,
and settings that no longer name a source, remove no more than the share in the settings, unless the
person who runs it allows more.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from vouch.pipeline.planning.indexed_documents import IndexedDocuments
from vouch.pipeline.planning.unchanged_documents import UnchangedDocuments
from vouch.schemas.documents.records import Origin, SourceItem
from vouch.schemas.errors import MassDeleteRefused
from vouch.schemas.settings.index import IndexSettings


class Action(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    RETRY = "retry"
    REPROCESS = "reprocess"
    UNCHANGED = "unchanged"
    WAITING = "held"
    """In quarantine, unchanged, and not yet due for another attempt; the value is stored."""
    FILTERED = "filtered"
    MISSING = "missing"
    """No longer listed, and kept until its grace has passed."""
    REMOVED = "removed"


WORK = frozenset({Action.NEW, Action.CHANGED, Action.RETRY, Action.REPROCESS})
"""Actions that make rows again."""


@dataclass(frozen=True, slots=True)
class Planned:
    """The plan for one document.

    `indexed` is its row in the documents table, where it has one; `rule` is the rule that filters
    it. With `from_text` it is chunked again from the stored text: it is neither fetched nor parsed.
    `current` means that all its indexed rows were made with the present settings, so that equal
    bytes need no work. `unlisted` means that no listing names it.
    """

    action: Action
    why: str
    item: SourceItem
    document_id: str
    indexed: Mapping[str, Any] | None = None
    rule: str | None = None
    from_text: bool = False
    current: bool = False
    unlisted: bool = False

    @property
    def origin(self) -> Origin:
        """What the listing states of the document."""
        item = self.item
        return Origin(
            self.document_id,
            item.source,
            item.uri,
            size=item.size,
            etag=item.etag,
            modified=item.modified,
        )


@dataclass(frozen=True)
class Plan:
    """The plan for all documents that are listed or indexed. `indexed` has the rows of those that
    were looked at.

    `decided` documents were looked at one by one. `unchanged` ones are published and as listed, and
    have no attachments.
    """

    decided: tuple[Planned, ...]
    indexed: IndexedDocuments = field(repr=False)
    unchanged: tuple[UnchangedDocuments, ...] = field(default=(), repr=False)

    @property
    def unchanged_count(self) -> int:
        return sum(len(part) for part in self.unchanged)

    @property
    def size(self) -> int:
        """How many documents there are."""
        return len(self.decided) + self.unchanged_count

    def __iter__(self) -> Iterator[Planned]:
        """Yield all documents, those that were not looked at last and without their rows."""
        yield from self.decided
        for part in self.unchanged:
            for item, identity in part:
                yield unchanged_document(item, identity, None)

    @property
    def documents(self) -> tuple[Planned, ...]:
        """All documents; of a large index they take gigabytes."""
        return tuple(self)

    @property
    def counts(self) -> dict[str, int]:
        """How many documents there are by action."""
        counts = Counter(str(planned.action) for planned in self.decided)
        if self.unchanged_count:
            counts[str(Action.UNCHANGED)] += self.unchanged_count
        return dict(counts)

    def of(self, *actions: Action) -> list[Planned]:
        """Return the documents with one of these actions."""
        documents = self if Action.UNCHANGED in actions else self.decided
        return [planned for planned in documents if planned.action in actions]

    def attached_to(self, parents: Iterable[str]) -> list[str]:
        """Return the ids of all that the index has as attached to these documents, however deep."""
        return self.indexed.attached_to(parents)

    def is_published(self, identity: str) -> bool:
        return self._has_status(identity, "published")

    def is_quarantined(self, identity: str) -> bool:
        return self._has_status(identity, "quarantined")

    def _has_status(self, identity: str, status: str) -> bool:
        row = self.indexed.get(identity)
        return row is not None and bool(row["status"] == status)

    def refuse_mass_delete(self, settings: IndexSettings) -> None:
        """Raise `MassDeleteRefused` where more of the published documents would be removed than the
        settings allow.
        """
        removed = [
            planned
            for planned in self.of(Action.REMOVED, Action.FILTERED)
            if self.is_published(planned.document_id)
        ]
        published = self.indexed.published_roots
        if len(removed) > settings.max_delete_share * published:
            raise MassDeleteRefused(
                f"this run would remove {len(removed):,} of {published:,} published documents, "
                f"more than index.max_delete_share ({settings.max_delete_share:.0%}) allows; the "
                f"first is {removed[0].item.uri} ({removed[0].why}). Look at `vouch plan`; if it "
                "is right, re-run with --allow-mass-delete"
            )


def unchanged_document(item: SourceItem, identity: str, row: Mapping[str, Any] | None) -> Planned:
    """Return the plan for a document that needs nothing."""
    why = "same content and same settings"
    return Planned(Action.UNCHANGED, why, item, identity, row, current=True)
