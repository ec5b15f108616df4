"""The rows of the index that a plan is made from, read part by part: most of them say that nothing
is to be done, and are counted and forgotten.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from vouch.index.store.lookups import attached_documents, indexed_quarantine, listed_documents
from vouch.index.store.tables import Tables, copied
from vouch.pipeline.planning.index_state import IndexState
from vouch.pipeline.planning.indexed_documents import IS_ROOT, SetAside
from vouch.pipeline.planning.unchanged_documents import (
    ListingLookup,
    UnchangedDocuments,
    with_current,
)
from vouch.schemas.documents.arrow import DOCUMENTS, QUARANTINE
from vouch.schemas.documents.listed_items import ListedItems
from vouch.schemas.documents.records import Fingerprints, Listing

_SCHEMAS = (DOCUMENTS, QUARANTINE)


@dataclass(frozen=True, slots=True)
class StoredRows:
    """The documents that were listed (`roots`, in parts), those attached to them, and the rejects.

    All have the columns of `vouch.index.store.lookups`.
    """

    roots: Callable[[], Iterable[pl.DataFrame]]
    attached: pl.DataFrame
    quarantine: pl.DataFrame

    @classmethod
    def read(cls, tables: Tables) -> "StoredRows":
        """Read the index; the roots are read whenever they are asked for."""
        return cls(
            lambda: listed_documents(tables),
            attached_documents(tables),
            indexed_quarantine(tables),
        )

    @classmethod
    def none(cls) -> "StoredRows":
        """Return the rows of an index that there is not yet."""
        empty = (pl.DataFrame(pl.from_arrow(schema.empty_table())) for schema in _SCHEMAS)
        return cls.of(*empty)

    @classmethod
    def of(cls, documents: pl.DataFrame, quarantine: pl.DataFrame) -> "StoredRows":
        """Return rows that are in memory."""
        return cls(lambda: [documents.filter(IS_ROOT)], documents.filter(~IS_ROOT), quarantine)

    @property
    def looked_at_singly(self) -> pl.Series:
        """The ids of documents of which only other rows show whether an attachment is stale, or a
        reject due.
        """
        return pl.concat([self.attached["parent_id"], self.quarantine["document_id"]]).unique()

    def published_items(self) -> dict[str, ListedItems]:
        """Return the published roots as if their sources listed them, by source."""
        parts: dict[str, list[pl.DataFrame]] = {}
        for rows in self.roots():
            for part in rows.filter(pl.col("status") == "published").partition_by("source"):
                items = part.select(
                    "uri", "size", "etag", modified="source_modified_at", always_read=pl.lit(False)
                )
                parts.setdefault(str(part["source"][0]), []).append(copied(items))
        return {source: ListedItems(source, pl.concat(items)) for source, items in parts.items()}

    def whole(self) -> IndexState:
        """Return the state with every row."""
        return IndexState(pl.concat([self.attached, *self.roots()]), self.quarantine)

    def sift(
        self, listings: Sequence[Listing], configured: Iterable[str], now: Fingerprints
    ) -> tuple[IndexState, list[UnchangedDocuments]]:
        """Return the state with the rows that have to be looked at, and what is unchanged of each
        listing.

        `configured` are the names of the sources in the settings: the rows of all others have to be
        looked at, those of one that is not listed have not.
        """
        lookups = {listing.source: ListingLookup(listing) for listing in listings}
        configured, singly = frozenset(configured), self.looked_at_singly
        kept, aside = [self.attached], SetAside()
        for part in self.roots():
            for rows in part.partition_by("source"):
                source = rows["source"][0]
                if source in lookups:
                    current = with_current(rows, source, singly, now)
                    is_looked_at = lookups[source].look_at(current)
                else:
                    is_looked_at = pl.repeat(source not in configured, rows.height, eager=True)
                kept.append(copied(rows.filter(is_looked_at)))
                aside = aside.plus(rows.filter(~is_looked_at))
        state = IndexState(pl.concat(kept), self.quarantine, aside)
        return state, [lookups[listing.source].unchanged for listing in listings]
