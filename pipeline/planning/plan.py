"""The plan: for each document what will be done and why. It changes nothing.

What a listing cannot prove is not acted on: an incomplete listing removes nothing. A complete one, and settings that name a
source no more, remove no more than the share in the settings unless the person says so.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from vouch.pipeline.planning.document_frame import HeldRows
from vouch.pipeline.planning.unchanged_documents import Settled
from vouch.schemas.errors import MassDeleteRefused
from vouch.schemas.records import SourceItem
from vouch.schemas.settings import IndexSettings


class Action(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    RETRY = "retry"
    REPROCESS = "reprocess"
    UNCHANGED = "unchanged"
    HELD = "held"
    """In quarantine, unchanged, and not yet due for another try."""
    FILTERED = "filtered"
    MISSING = "missing"
    """No longer listed, and kept until its grace has passed."""
    REMOVED = "removed"


WORK = frozenset({Action.NEW, Action.CHANGED, Action.RETRY, Action.REPROCESS})
"""Actions that make rows anew."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One document: what to do, why, what the index holds of it (a row of its documents table), the rule that filters it.

    `from_text`: it is chunked again from the text that the index keeps; it is not read and not parsed. `current`: all that
    the index holds of it was made as the settings say now, so that equal bytes need no work. `unlisted`: its source does not
    list it any more, or the settings do not name its source.
    """

    action: Action
    why: str
    item: SourceItem
    document_id: str
    held: Mapping[str, Any] | None = None
    rule: str | None = None
    from_text: bool = False
    current: bool = False
    unlisted: bool = False


@dataclass(frozen=True)
class Plan:
    """All documents that are listed or held. `held` is the index's documents table, by id, without texts.

    `decided` ones were looked at one by one; `settled` ones are unchanged, published, and nothing is attached to them.
    """

    decided: tuple[Planned, ...]
    held: HeldRows = field(repr=False)
    settled: tuple[Settled, ...] = field(default=(), repr=False)

    @property
    def settled_count(self) -> int:
        return sum(len(part) for part in self.settled)

    @property
    def size(self) -> int:
        """How many documents there are."""
        return len(self.decided) + self.settled_count

    @cached_property
    def documents(self) -> tuple[Planned, ...]:
        """All of them, with what was settled."""
        pairs = (pair for part in self.settled for pair in part)
        return (
            *self.decided,
            *(unchanged(item, identity, self.held[identity]) for item, identity in pairs),
        )

    @property
    def counts(self) -> dict[str, int]:
        counts = Counter(str(planned.action) for planned in self.decided)
        if self.settled_count:
            counts[str(Action.UNCHANGED)] += self.settled_count
        return dict(counts)

    def of(self, *actions: Action) -> list[Planned]:
        among = self.documents if Action.UNCHANGED in actions else self.decided
        return [planned for planned in among if planned.action in actions]

    def attached_to(self, parents: Iterable[str]) -> list[str]:
        """All that the index holds as attached to these documents, however deep."""
        return self.held.attached_to(parents)

    def is_published(self, identity: str) -> bool:
        return self._is(identity, "published")

    def is_quarantined(self, identity: str) -> bool:
        return self._is(identity, "quarantined")

    def _is(self, identity: str, status: str) -> bool:
        row = self.held.get(identity)
        return row is not None and bool(row["status"] == status)

    def refuse_mass_delete(self, settings: IndexSettings) -> None:
        """Raise `MassDeleteRefused` where more of the published documents would go than the settings allow."""
        going = [
            planned
            for planned in self.of(Action.REMOVED, Action.FILTERED)
            if self.is_published(planned.document_id)
        ]
        published = self.held.published_roots
        if len(going) > settings.max_delete_share * published:
            raise MassDeleteRefused(
                f"this run would remove {len(going):,} of {published:,} published documents, more than "
                f"index.max_delete_share ({settings.max_delete_share:.0%}) allows; the first is {going[0].item.uri} "
                f"({going[0].why}). Look at `vouch plan`; if it is right, run again with --allow-mass-delete"
            )


def unchanged(item: SourceItem, identity: str, row: Mapping[str, Any]) -> Planned:
    """A document that needs nothing."""
    return Planned(
        Action.UNCHANGED, "same content and same settings", item, identity, row, current=True
    )
