"""From what is listed and what the index holds to a plan."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from vouch.pipeline.context.scope import Scope
from vouch.pipeline.planning.deletions import Unlisted
from vouch.pipeline.planning.index_state import Family, HeldState, Staleness, staleness
from vouch.pipeline.planning.plan import Action, Plan, Planned, unchanged
from vouch.pipeline.planning.unchanged_documents import Settled, settled
from vouch.schemas.choices import Redo
from vouch.schemas.ids import document_id
from vouch.schemas.records import Filtered, Fingerprints, Listing, SourceItem
from vouch.schemas.settings import Settings

_LISTED_AGAIN = "listed again after it was missing"


class Decider:
    """Decides what is to be done with each document at a moment."""

    def __init__(
        self, held: HeldState, now: Fingerprints, scope: Scope, settings: Settings, at: datetime
    ) -> None:
        self._held = held
        self._now = now
        self._scope = scope
        self._settings = settings
        self._at = at
        self._gone = Unlisted(held, now, settings, at)

    def plan(self, listings: Iterable[Listing]) -> Plan:
        """Of whole listings; the scope takes its part of them."""
        settled_parts: list[Settled] = []
        decided = list(self._gone.of_unnamed_sources()) if self._scope.all_sources else []
        for listing in listings:
            part = self._scope.of(listing, self._settings)
            items: Sequence[SourceItem] = part.items
            if self._scope.takes_all:
                sound, items = settled(part, self._held.rows, self._held.rejected, self._now)
                settled_parts.append(sound)
            decided += self._of_source(part, items)
        return Plan(tuple(decided), self._held.rows, tuple(settled_parts))

    def _of_source(self, listing: Listing, items: Iterable[SourceItem]) -> Iterator[Planned]:
        """`items` are those of the listing that have to be looked at."""
        yield from (planned for item in items if self._wanted(planned := self._listed(item)))
        yield from (self._filtered(filtered) for filtered in listing.filtered)
        if listing.complete:
            yield from self._gone.of_listing(listing)

    def _wanted(self, planned: Planned) -> bool:
        if self._scope.documents is not None and planned.document_id not in self._scope.documents:
            return False
        family = self._held.family(planned.document_id)
        reasons = {reject["reason"] for reject in family.rejects} if family else set()
        if self._scope.quarantined_only and not reasons:
            return False
        return not self._scope.reasons or bool(reasons & set(self._scope.reasons))

    def _listed(self, item: SourceItem) -> Planned:
        identity = document_id(item.source, item.uri)
        family = self._held.family(identity)
        if family is None:
            return Planned(Action.NEW, "not in the index", item, identity)
        root = family.root
        if root["status"] == "filtered":
            return Planned(
                Action.NEW, f"was kept out by the rule {root['reason']}", item, identity, root
            )
        stale = staleness(family, self._now, self._at)
        if self._scope.from_index:
            stale = Staleness(text=stale.text)
        return self._asked(self._known(item, family, stale), family)

    def _known(self, item: SourceItem, family: Family, stale: Staleness) -> Planned:
        root = family.root
        current = stale == Staleness() and root["status"] == "published"
        again = _LISTED_AGAIN if root["remove_after"] else None
        difference = None if self._scope.from_index else _difference(item, family) or again
        planned = Planned(
            Action.CHANGED, difference or "", item, root["document_id"], root, current=current
        )
        if difference:
            return planned
        quarantined = root["status"] == "quarantined"
        action = Action.RETRY if quarantined or stale.due else Action.REPROCESS
        why = stale.reading or stale.due
        if why:
            return replace(planned, action=action, why=why)
        if stale.text:
            # Made before the index kept what chunking again takes: then it is read.
            return replace(
                planned,
                action=Action.REPROCESS,
                why=stale.text,
                from_text=root["check_fingerprint"] is not None,
            )
        if quarantined:
            return replace(planned, action=Action.HELD, why=_held_because(family))
        return replace(unchanged(item, planned.document_id, root), current=current)

    def _asked(self, planned: Planned, family: Family) -> Planned:
        """What the person asked for, though nothing has changed."""
        if self._scope.quarantined_only and planned.action in (Action.HELD, Action.UNCHANGED):
            return replace(planned, action=Action.RETRY, why="asked for", current=False)
        redo = self._scope.redo
        if redo is None or family.root["status"] != "published":
            return planned
        planned = replace(planned, current=False)
        if planned.action is Action.CHANGED:
            return planned
        if redo is Redo.PARSE:
            return replace(
                planned,
                action=Action.REPROCESS,
                why="asked for: again from parsing",
                from_text=False,
            )
        if planned.action is Action.UNCHANGED:
            return replace(
                planned,
                action=Action.REPROCESS,
                why=f"asked for: again from {redo}",
                from_text=True,
            )
        return planned

    def _filtered(self, filtered: Filtered) -> Planned:
        identity = document_id(filtered.item.source, filtered.item.uri)
        held = self._held.rows.get(identity)
        why = f"kept out by the rule {filtered.rule}"
        return Planned(Action.FILTERED, why, filtered.item, identity, held, str(filtered.rule))


def _held_because(family: Family) -> str:
    parked = next((reject for reject in family.rejects if reject["parked"]), None)
    if parked:
        return f"parked after {parked['attempts']} tries: {parked['reason']}; `vouch replay` tries it again"
    return f"in quarantine: {family.root['reason']}"


def _difference(item: SourceItem, family: Family) -> str | None:
    """How the listed item differs from the one ingested; None where nothing says that it does."""
    row = family.root
    if item.size != row["size"]:
        return f"size {_number(row['size'])} → {_number(item.size)} bytes"
    if item.etag and row["etag"]:
        return None if item.etag == row["etag"] else "its etag is another"
    if item.modified is None or row["source_modified_at"] is None:
        return "the source does not say when it was modified, so it is read"
    return (
        None
        if item.modified == row["source_modified_at"]
        else f"modified {item.modified:%Y-%m-%d %H:%M:%S}"
    )


def _number(value: int | None) -> str:
    return "unknown" if value is None else f"{value:,}"
