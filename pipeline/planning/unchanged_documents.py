"""Finds the listed documents that are as indexed, by columns: most of a corpus, most of the time.

What is decided here is what `vouch.pipeline.planning.planner` would decide for each of them alone;
it looks at all others. A test compares the two.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from vouch.parsers.registry import is_read_by, parse_fingerprint
from vouch.schemas.documents.ids import document_id
from vouch.schemas.documents.listed_items import ListedItems
from vouch.schemas.documents.records import FILE_STATE, Fingerprints, Listing, SourceItem

_Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class UnchangedDocuments:
    """The items of one source that need nothing: those for which `mask` is true."""

    items: ListedItems
    mask: pl.Series

    def __len__(self) -> int:
        return int(self.mask.sum())

    def __iter__(self) -> Iterator[tuple[SourceItem, str]]:
        """Yield each item with its document's id."""
        for item in self.items.filter(self.mask):
            yield item, document_id(item.source, item.uri)

    @property
    def rest(self) -> ListedItems:
        """The items that have to be looked at."""
        return self.items.filter(~self.mask)


class ListingLookup:
    """Compares the rows of a source with its listing, some rows at a time.

    Items are found by a hash of their uri, in logarithmic time and with twelve bytes an item.
    """

    def __init__(self, listing: Listing) -> None:
        self.items = ListedItems.of(listing.source, listing.items)
        self.complete = listing.complete
        filtered = pl.Series([each.item.uri for each in listing.filtered], dtype=pl.String)
        self._uris = pl.concat([self.items.frame["uri"], filtered])
        hashes = self._uris.hash().to_numpy()
        self._order = np.argsort(hashes, kind="stable").astype(np.uint32)
        self._hashes = hashes[self._order]
        self._is_same, self._is_other = np.zeros((2, len(self.items)), dtype=bool)

    @property
    def unchanged(self) -> UnchangedDocuments:
        """What the rows so far have shown to be unchanged."""
        # A damaged index may have a document twice.
        return UnchangedDocuments(self.items, pl.Series(self._is_same & ~self._is_other))

    def look_at(self, roots: pl.DataFrame) -> pl.Series:
        """Compare listed documents' rows, which have `current` beside their columns: whether all
        stages are set as now. Return which of the rows a plan has to look at.

        Rows that a complete listing lacks are among them; of an incomplete one they are not.
        """
        rows, places = self._matches(roots["uri"])
        is_item = places < len(self.items)
        rows_of_items, places_of_items = rows[is_item], places[is_item]
        pairs = roots[rows_of_items].hstack(
            self.items.frame[places_of_items].select(
                "modified", "always_read", listed_size="size", listed_etag="etag"
            )
        )
        same = pairs.select((pl.col("current") & _same_state()).fill_null(value=False))
        is_same = same.to_series().to_numpy()
        self._is_same[places_of_items[is_same]] = True
        self._is_other[places_of_items[~is_same]] = True
        is_looked_at = np.full(roots.height, self.complete)
        is_looked_at[rows_of_items[is_same]] = False
        is_looked_at[rows_of_items[~is_same]] = True
        is_looked_at[rows[~is_item]] = True
        return pl.Series(is_looked_at)

    def _matches(self, uris: pl.Series) -> tuple[_Places, _Places]:
        """Return pairs of a row's number and the place of an item, or filtered item, of its uri."""
        hashes = uris.hash().to_numpy()
        first = np.searchsorted(self._hashes, hashes, "left")
        counts = np.searchsorted(self._hashes, hashes, "right") - first
        rows = np.repeat(np.arange(len(uris)), counts)
        within = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
        places = self._order[np.repeat(first, counts) + within].astype(np.int64)
        is_same = (uris.gather(rows) == self._uris.gather(places)).to_numpy()
        return rows[is_same], places[is_same]


def with_current(
    roots: pl.DataFrame, source: str, looked_at_singly: pl.Series, now: Fingerprints
) -> pl.DataFrame:
    """Return the source's rows with `current`: whether a document is published and all its stages
    are set as now. `looked_at_singly` are ids of documents of which a row does not show that.
    """
    engines = now.engines_of(source)
    parse_now = pl.DataFrame(
        [
            (parser, media_type, parse_fingerprint(parser, now.conditions))
            for parser, media_type in roots.select("parser", "media_type").unique().iter_rows()
            if parser and is_read_by(parser, media_type, engines)
        ],
        schema={"parser": pl.String, "media_type": pl.String, "parsed_now": pl.String},
        orient="row",
    )
    current = (
        (pl.col("status") == "published")
        & pl.col("remove_after").is_null()
        & (pl.col("parse_fingerprint") == pl.col("parsed_now"))
        & (pl.col("chunk_fingerprint") == now.chunk)
        & (pl.col("check_fingerprint") == now.checked(source))
        & (pl.col("embedding_fingerprint") == now.embedding)
        & ~pl.col("document_id").is_in(looked_at_singly.implode())
    )
    joined = roots.join(
        parse_now,
        on=("parser", "media_type"),
        how="left",
        nulls_equal=True,
        maintain_order="left",
    )
    return joined.with_columns(current=current.fill_null(value=False)).drop("parsed_now")


def _same_state() -> pl.Expr:
    """Compare size and etag, or size and time where one side has no etag. A missing time is no
    proof: it gives null. Nor is anything, where the index has no change time yet.
    """
    same_size = pl.col("listed_size").eq_missing(pl.col("size"))
    has_etags = (pl.col("listed_etag").fill_null("") != "") & (pl.col("etag").fill_null("") != "")
    same_time = pl.col("modified") == pl.col("source_modified_at")
    lacks_state = pl.col("listed_etag").str.starts_with(FILE_STATE).fill_null(value=False)
    return (
        ~pl.col("always_read")
        & same_size
        & pl.when(has_etags)
        .then(pl.col("listed_etag") == pl.col("etag"))
        .otherwise(same_time & ~lacks_state)
    )
