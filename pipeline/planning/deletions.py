"""What the index holds of documents that are listed no more: removed, or kept for a while."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import polars as pl

from vouch.pipeline.planning.document_frame import Row
from vouch.pipeline.planning.index_state import HeldState, staleness
from vouch.pipeline.planning.plan import Action, Planned
from vouch.schemas.records import Fingerprints, Listing, SourceItem
from vouch.schemas.settings import Settings

_UNNAMED = "its source is in the settings no more"


class Unlisted:
    """Says of each what is to be done with it at a moment."""

    def __init__(
        self, held: HeldState, now: Fingerprints, settings: Settings, at: datetime
    ) -> None:
        self._held = held
        self._now = now
        self._named = [source.name for source in settings.sources]
        self._grace = timedelta(hours=settings.index.delete_grace_h)
        self._at = at

    def of_listing(self, listing: Listing) -> Iterator[Planned]:
        """What its source has and a complete listing does not name."""
        uris = [
            *(item.uri for item in listing.items),
            *(filtered.item.uri for filtered in listing.filtered),
        ]
        listed = pl.DataFrame({"uri": uris}, schema={"uri": pl.String})
        gone = self._held.rows.roots(listing.source).join(
            listed, on="uri", how="anti", maintain_order="left"
        )
        for row in gone.iter_rows(named=True):
            yield self._missing(
                row, "no longer in a complete listing", "no longer listed", self._now
            )

    def of_unnamed_sources(self) -> Iterator[Planned]:
        """What is held of sources that the settings name no more.

        The settings tell of their sources completely, so no listing has a say: what that of another source lacks is nothing
        of these, and one that never comes whole would keep them for ever.
        """
        for row in self._held.rows.roots_beside(self._named).iter_rows(named=True):
            # Its contract has gone with its source, and has not become another.
            as_checked = replace(self._now, contracts={row["source"]: row["check_fingerprint"]})
            yield self._missing(row, _UNNAMED, _UNNAMED, as_checked)

    def _missing(self, row: Row, gone: str, kept: str, now: Fingerprints) -> Planned:
        """`gone` says why it is removed, `kept` why it would be if it were not kept for a while."""
        item = SourceItem(
            row["source"], row["uri"], row["size"], row["source_modified_at"], row["etag"]
        )
        until = row["remove_after"] or self._at + self._grace
        if until <= self._at or row["status"] != "published":
            return Planned(Action.REMOVED, gone, item, row["document_id"], row, unlisted=True)
        why = f"{kept}; kept until {until:%Y-%m-%d %H:%M}"
        planned = Planned(Action.MISSING, why, item, row["document_id"], row, unlisted=True)
        family = self._held.family(row["document_id"])
        stale = staleness(family, now, self._at).text if family else None
        return (
            replace(planned, action=Action.REPROCESS, why=f"{stale}; {why}", from_text=True)
            if stale
            else planned
        )
