"""Makes the plan: from what is listed and what is indexed to an action for each document."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from vouch.pipeline.context.scope import Scope
from vouch.pipeline.planning.deletions import Deletions
from vouch.pipeline.planning.index_state import Family, IndexState, Staleness, staleness
from vouch.pipeline.planning.plan import Action, Plan, Planned, unchanged_document
from vouch.pipeline.planning.stored_rows import StoredRows
from vouch.schemas.documents.ids import document_id
from vouch.schemas.documents.records import FILE_STATE, Filtered, Fingerprints, Listing, SourceItem
from vouch.schemas.settings.choices import Redo
from vouch.schemas.settings.vouch_yaml import Settings

READ_BY_CONTENT = "its source compares content"
FIRST_CHANGE_TIME = "the index does not have its change time yet, so it is read once"


def make_plan(
    rows: StoredRows,
    listings: Iterable[Listing],
    now: Fingerprints,
    scope: Scope,
    settings: Settings,
    at: datetime,
) -> Plan:
    """Decide what to do with each document in scope, as of one moment, for whole listings."""
    parts = [scope.of(listing, settings) for listing in listings]
    # Columns decide about most of a corpus, in a fraction of the time and memory that rows take. A
    # scope that chooses documents or repeats unchanged ones looks at each of them.
    if scope.takes_all:
        names = [source.name for source in settings.sources]
        state, unchanged = rows.sift(parts, names, now)
        parts = [
            replace(part, items=same.rest) for part, same in zip(parts, unchanged, strict=True)
        ]
    else:
        state, unchanged = rows.whole(), []
    # A complete listing must be whole where it says what is gone: sifting has kept those rows.
    decided = _Planner(state, now, scope, settings, at).plan(parts)
    return Plan(tuple(decided), state.documents, tuple(unchanged))


class _Planner:
    """Decides about documents that are looked at. Pure: it reads nothing."""

    def __init__(
        self, state: IndexState, now: Fingerprints, scope: Scope, settings: Settings, at: datetime
    ) -> None:
        self._state = state
        self._now = now
        self._scope = scope
        self._deletions = Deletions(state, now, settings, at)
        self._at = at

    def plan(self, listings: Iterable[Listing]) -> Iterator[Planned]:
        """Plan for what is to be looked at of each listing, and for what is gone."""
        if self._scope.all_sources:
            yield from self._deletions.of_missing_sources()
        for listing in listings:
            yield from self._of_source(listing)

    def _of_source(self, listing: Listing) -> Iterator[Planned]:
        """Plan for the items of a listing, the filtered ones, and what is missing."""
        for item in listing.items:
            planned = self._listed(item)
            if self._in_scope(planned):
                yield planned
        yield from (self._filtered(filtered) for filtered in listing.filtered)
        # What an incomplete listing lacks may be there all the same: removing it would lose it.
        if listing.complete:
            yield from self._deletions.of_listing(listing)

    def _in_scope(self, planned: Planned) -> bool:
        scope = self._scope
        if scope.documents is not None and planned.document_id not in scope.documents:
            return False
        # An attachment's reject counts as its document's: only the document can be fetched again.
        family = self._state.family(planned.document_id)
        reasons = {reject["reason"] for reject in family.rejects} if family else set()
        if scope.quarantined_only and not reasons:
            return False
        return not scope.reasons or bool(reasons & set(scope.reasons))

    def _listed(self, item: SourceItem) -> Planned:
        identity = document_id(item.source, item.uri)
        family = self._state.family(identity)
        if family is None:
            return Planned(Action.NEW, "not in the index", item, identity)
        root = family.root
        if root["status"] == "filtered":
            why = f"was filtered by the rule {root['reason']}"
            return Planned(Action.NEW, why, item, identity, root)
        stale = staleness(family, self._now, self._at)
        if self._scope.from_index:
            # Nothing is fetched in such a run, so a changed parser is no reason to do anything.
            stale = Staleness(text=stale.text)
        return self._as_requested(self._indexed(item, family, stale), family)

    def _indexed(self, item: SourceItem, family: Family, stale: Staleness) -> Planned:
        """Plan for a listed document that the index has."""
        root = family.root
        quarantined = root["status"] == "quarantined"
        # Equal bytes need no work: published ones, and rejected ones that are read at every run.
        has_result = root["status"] == "published" or (item.always_read and family.rejects)
        current = stale == Staleness() and bool(has_result)
        difference = None if self._scope.from_index else _difference(item, family)
        if difference is None and root["remove_after"] and not self._scope.from_index:
            difference = "listed again after it was missing"
        planned = Planned(
            Action.CHANGED, difference or "", item, root["document_id"], root, current=current
        )
        # Where only the state proves nothing, what has changed for certain is the reason.
        if difference and difference not in (READ_BY_CONTENT, FIRST_CHANGE_TIME):
            return planned
        action = Action.RETRY if quarantined or stale.due else Action.REPROCESS
        why = stale.reading or stale.due
        if quarantined and not family.rejects:
            why = why or "the quarantine has lost why it was rejected"
        if why:
            return replace(planned, action=action, why=why)
        if difference == READ_BY_CONTENT:
            return replace(planned, why=stale.text or difference)
        if stale.text:
            # An index of an early version lacks what chunking again takes: then the file is read.
            has_structure = root["check_fingerprint"] is not None
            return replace(
                planned, action=Action.REPROCESS, why=stale.text, from_text=has_structure
            )
        if difference:
            return planned
        if quarantined:
            return replace(planned, action=Action.WAITING, why=_why_quarantined(family))
        return replace(unchanged_document(item, planned.document_id, root), current=current)

    def _as_requested(self, planned: Planned, family: Family) -> Planned:
        """Change the plan for a document where the request processes it again though nothing has
        changed.
        """
        if self._scope.quarantined_only and planned.action in (Action.WAITING, Action.UNCHANGED):
            return replace(planned, action=Action.RETRY, why="requested", current=False)
        redo = self._scope.redo
        if redo is None or family.root["status"] != "published":
            return planned
        # Otherwise equal bytes would end the work, as for a document that only looks changed.
        planned = replace(planned, current=False)
        if planned.action is Action.CHANGED:
            return planned
        if redo is Redo.PARSE:
            why = "requested: again from parsing"
            return replace(planned, action=Action.REPROCESS, why=why, from_text=False)
        if planned.action is Action.UNCHANGED:
            why = f"requested: again from {redo}"
            return replace(planned, action=Action.REPROCESS, why=why, from_text=True)
        return planned

    def _filtered(self, filtered: Filtered) -> Planned:
        identity = document_id(filtered.item.source, filtered.item.uri)
        row = self._state.documents.get(identity)
        why = f"filtered by the rule {filtered.rule}"
        return Planned(Action.FILTERED, why, filtered.item, identity, row, str(filtered.rule))


def _why_quarantined(family: Family) -> str:
    for reject in family.rejects:
        if reject["parked"]:
            return (
                f"parked after {reject['attempts']} attempts: {reject['reason']}; "
                "`vouch replay` tries it again"
            )
    return f"in quarantine: {family.root['reason']}"


def _difference(item: SourceItem, family: Family) -> str | None:
    """Return how the listed item differs from the ingested one, or why it has to be read to
    know; None where it is the same.
    """
    row = family.root
    if difference := _other_state(item, row):
        return difference
    if item.always_read:
        return READ_BY_CONTENT
    is_first = (item.etag or "").startswith(FILE_STATE) and not row["etag"]
    return FIRST_CHANGE_TIME if is_first else None


def _other_state(item: SourceItem, row: Mapping[str, Any]) -> str | None:
    if item.size != row["size"]:
        return f"size {_number(row['size'])} → {_number(item.size)} bytes"
    is_file_state = (item.etag or "").startswith(FILE_STATE)
    if item.etag and row["etag"]:
        if item.etag == row["etag"]:
            return None
        if not is_file_state:
            return "its etag has changed"
    if item.modified is None or row["source_modified_at"] is None:
        return "the source does not report when it was modified, so it is read"
    if item.modified != row["source_modified_at"]:
        return f"modified {item.modified:%Y-%m-%d %H:%M:%S}"
    if is_file_state and row["etag"]:
        return "its change time is another, its size and modification time are the same"
    return None


def _number(value: int | None) -> str:
    return "unknown" if value is None else f"{value:,}"
