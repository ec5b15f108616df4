"""Items of a listing as columns are the items, in their order."""

from datetime import UTC, datetime, timedelta, timezone

import polars as pl

from vouch.schemas.documents.listed_items import ListedItems
from vouch.schemas.documents.records import SourceItem

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
ITEMS = (
    SourceItem("docs", "a.md", 10, NOON, "etag"),
    SourceItem("docs", "b.md", None, None, None, always_read=True),
    SourceItem("docs", "c.md", 0, NOON.astimezone(timezone(timedelta(hours=2)))),
)


def test_columns_give_the_items_back():
    items = ListedItems.of("docs", iter(ITEMS))
    assert (len(items), list(items), items[1]) == (3, list(ITEMS), ITEMS[1])
    assert items == ITEMS
    assert items != ITEMS[:2]
    assert list(items[1:]) == list(ITEMS[1:])
    assert list(items.filter(pl.Series([True, False, True]))) == [ITEMS[0], ITEMS[2]]
    assert ListedItems.of("docs", items) is items


def test_nothing_is_a_listing_too():
    assert ListedItems.of("docs", ()) == ()
    assert list(ListedItems.of("docs", ())) == []


def test_many_items_are_made_part_by_part():
    many = ListedItems.of("docs", (SourceItem("docs", f"{n}.md", n) for n in range(25_000)))
    assert (len(many), many[24_999].size) == (25_000, 24_999)
    assert sum(item.size or 0 for item in many) == sum(range(25_000))
