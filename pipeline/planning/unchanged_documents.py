"""Listed documents that are as the index holds them, told for all of them at once: most of a corpus, most of the time.

What is told here is what `vouch.pipeline.planning.planner` says of each of them, looked at one by one; it looks at all others.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC

import polars as pl

from vouch.parsers.registry import parse_fingerprint
from vouch.pipeline.planning.document_frame import HeldRows
from vouch.schemas.records import Fingerprints, Listing, SourceItem

_LISTED: dict[str, pl.DataType | type[pl.DataType]] = {  # a listing in columns
    "uri": pl.String,
    "listed_size": pl.Int64,
    "modified": pl.Datetime("us", "UTC"),
    "listed_etag": pl.String,
}


@dataclass(frozen=True, slots=True)
class Settled:
    """Items of one source that need nothing; `ids` are their documents', in the same order."""

    items: Sequence[SourceItem]
    ids: pl.Series

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[tuple[SourceItem, str]]:
        return zip(self.items, self.ids, strict=True)


def settled(
    listing: Listing, held: HeldRows, rejected: pl.Series, now: Fingerprints
) -> tuple[Settled, list[SourceItem]]:
    """The items that need nothing, and the rest; `rejected` are the ids of documents with rejects."""
    joined = _frame(listing).join(
        _sound(held, listing.source, rejected, now), on="uri", how="left", maintain_order="left"
    )
    told = (
        joined.select(pl.col("document_id").is_not_null() & _same())
        .to_series()
        .fill_null(value=False)
    )
    mask = told.to_list()
    items = [item for item, sound in zip(listing.items, mask, strict=True) if sound]
    rest = [item for item, sound in zip(listing.items, mask, strict=True) if not sound]
    return Settled(items, joined["document_id"].filter(told)), rest


def _frame(listing: Listing) -> pl.DataFrame:
    items = listing.items
    columns = {
        "uri": [item.uri for item in items],
        "listed_size": [item.size for item in items],
        "modified": [item.modified.astimezone(UTC) if item.modified else None for item in items],
        "listed_etag": [item.etag for item in items],
    }
    return pl.DataFrame(columns, schema=_LISTED)


def _sound(held: HeldRows, source: str, rejected: pl.Series, now: Fingerprints) -> pl.DataFrame:
    """The source's published documents that nothing is attached to, none has been rejected of, and all stages made as now."""
    parsers = [name for name in held.frame["parser"].unique() if name]
    made = [parse_fingerprint(name, now.amend, now.ocr) for name in parsers]
    parsed = pl.DataFrame(
        {"parser": parsers, "parsed_now": made},
        schema={"parser": pl.String, "parsed_now": pl.String},
    )
    apart = pl.Series([*held.children, *rejected], dtype=pl.String)
    return (
        held.roots(source)
        .join(parsed, on="parser", how="inner")
        .filter(
            (pl.col("status") == "published")
            & pl.col("remove_after").is_null()
            & (pl.col("parse_fingerprint") == pl.col("parsed_now"))
            & (pl.col("chunk_fingerprint") == now.chunk)
            & (pl.col("check_fingerprint") == now.checked(source))
            & (pl.col("embedding_fingerprint") == now.embedding)
            & ~pl.col("document_id").is_in(apart.implode())
        )
        .select("uri", "document_id", "size", "etag", "source_modified_at")
    )


def _same() -> pl.Expr:
    """Whether nothing says that the listed bytes are others than those that were read."""
    size = pl.col("listed_size").eq_missing(pl.col("size"))
    told = (pl.col("listed_etag").fill_null("") != "") & (pl.col("etag").fill_null("") != "")
    by_time = pl.col("modified") == pl.col("source_modified_at")
    return size & pl.when(told).then(pl.col("listed_etag") == pl.col("etag")).otherwise(by_time)
