"""Decides about indexed documents that are no longer listed: removed now, or kept until their grace
has passed.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import polars as pl

from vouch.pipeline.planning.index_state import IndexState, staleness
from vouch.pipeline.planning.indexed_documents import Row
from vouch.pipeline.planning.plan import Action, Planned
from vouch.schemas.documents.records import Fingerprints, Listing, SourceItem
from vouch.schemas.settings.vouch_yaml import Settings

_SOURCE_GONE = "its source is no longer in the settings"


class Deletions:
    """Plans the removal of documents, as of one moment."""

    def __init__(
        self, state: IndexState, now: Fingerprints, settings: Settings, at: datetime
    ) -> None:
        self._state = state
        self._now = now
        self._sources = [source.name for source in settings.sources]
        self._grace = timedelta(hours=settings.index.delete_grace_h)
        self._at = at

    def of_listing(self, listing: Listing) -> Iterator[Planned]:
        """Plan for each indexed document of the source that a complete listing lacks."""
        uris = [
            *(item.uri for item in listing.items),
            *(filtered.item.uri for filtered in listing.filtered),
        ]
        listed = pl.DataFrame({"uri": uris}, schema={"uri": pl.String})
        gone = self._state.documents.roots(listing.source).join(
            listed, on="uri", how="anti", maintain_order="left"
        )
        for row in gone.iter_rows(named=True):
            yield self._plan(row, "no longer in a complete listing", "no longer listed", self._now)

    def of_missing_sources(self) -> Iterator[Planned]:
        """Plan for each indexed document of a source that the settings no longer name.

        The settings name their sources completely, so no listing decides here: an incomplete
        listing of another source says nothing of these documents, and waiting for a complete one
        could keep them forever.
        """
        for row in self._state.documents.roots_of_other_sources(self._sources).iter_rows(
            named=True
        ):
            # The contract has gone with its source; that it is gone must not read as a changed
            # contract.
            now = replace(self._now, contracts={row["source"]: row["check_fingerprint"]})
            yield self._plan(row, _SOURCE_GONE, _SOURCE_GONE, now)

    def _plan(self, row: Row, why_removed: str, why_missing: str, now: Fingerprints) -> Planned:
        item = SourceItem(
            row["source"], row["uri"], row["size"], row["source_modified_at"], row["etag"]
        )
        until = row["remove_after"] or self._at + self._grace
        identity = row["document_id"]
        if until <= self._at or row["status"] != "published":
            return Planned(Action.REMOVED, why_removed, item, identity, row, unlisted=True)
        why = f"{why_missing}; kept until {until:%Y-%m-%d %H:%M}"
        planned = Planned(Action.MISSING, why, item, identity, row, unlisted=True)
        family = self._state.family(identity)
        stale = staleness(family, now, self._at).text if family else None
        if stale is None:
            return planned
        # Kept documents are searched, so they follow a changed chunker or model: generations never
        # mix.
        return replace(planned, action=Action.REPROCESS, why=f"{stale}; {why}", from_text=True)
