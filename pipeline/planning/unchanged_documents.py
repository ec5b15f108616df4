"""Finds the listed documents that are as indexed, for a whole source at once: most of a corpus,
most of the time.

What is decided here is what `vouch.pipeline.planning.planner` would decide for each of them alone;
it looks at all others. A test compares the two.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC

import polars as pl

from vouch.parsers.registry import is_read_by, parse_fingerprint
from vouch.pipeline.planning.indexed_documents import IndexedDocuments
from vouch.schemas.records import FILE_STATE, Fingerprints, Listing, SourceItem

_LISTING_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "uri": pl.String,
    "listed_size": pl.Int64,
    "modified": pl.Datetime("us", "UTC"),
    "listed_etag": pl.String,
    "always_read": pl.Boolean,
}


@dataclass(frozen=True, slots=True)
class UnchangedDocuments:
    """Items of one source that need nothing; `ids` are their documents' ids, in the same order."""

    items: Sequence[SourceItem]
    ids: pl.Series

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[tuple[SourceItem, str]]:
        return zip(self.items, self.ids, strict=True)


def split_unchanged(
    listing: Listing, indexed: IndexedDocuments, rejected: pl.Series, now: Fingerprints
) -> tuple[UnchangedDocuments, list[SourceItem]]:
    """Split a listing into the items that need nothing and the rest.

    `rejected` are the ids of documents with rejects; `now` are the fingerprints of the present
    settings.
    """
    joined = _frame(listing).join(
        _current(indexed, listing.source, rejected, now),
        on="uri",
        how="left",
        maintain_order="left",
    )
    mask = (
        joined.select(pl.col("document_id").is_not_null() & _same_state())
        .to_series()
        .fill_null(value=False)
    )
    pairs = list(zip(listing.items, mask.to_list(), strict=True))
    unchanged = [item for item, is_unchanged in pairs if is_unchanged]
    rest = [item for item, is_unchanged in pairs if not is_unchanged]
    return UnchangedDocuments(unchanged, joined["document_id"].filter(mask)), rest


def _frame(listing: Listing) -> pl.DataFrame:
    items = listing.items
    columns = {
        "uri": [item.uri for item in items],
        "listed_size": [item.size for item in items],
        "modified": [item.modified.astimezone(UTC) if item.modified else None for item in items],
        "listed_etag": [item.etag for item in items],
        "always_read": [item.always_read for item in items],
    }
    return pl.DataFrame(columns, schema=_LISTING_SCHEMA)


def _current(
    indexed: IndexedDocuments, source: str, rejected: pl.Series, now: Fingerprints
) -> pl.DataFrame:
    """Return the source's published documents whose stages are all set as now, without attachments
    and rejects.
    """
    roots = indexed.roots(source)
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
    looked_at_singly = pl.Series([*indexed.children, *rejected], dtype=pl.String)
    return (
        roots.join(parse_now, on=("parser", "media_type"), how="inner", nulls_equal=True)
        .filter(
            (pl.col("status") == "published")
            & pl.col("remove_after").is_null()
            & (pl.col("parse_fingerprint") == pl.col("parsed_now"))
            & (pl.col("chunk_fingerprint") == now.chunk)
            & (pl.col("check_fingerprint") == now.checked(source))
            & (pl.col("embedding_fingerprint") == now.embedding)
            & ~pl.col("document_id").is_in(looked_at_singly.implode())
        )
        .select("uri", "document_id", "size", "etag", "source_modified_at")
    )


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
