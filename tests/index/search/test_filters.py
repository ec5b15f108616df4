"""Filters that a person types: what they match, and that nothing typed is executed."""

import pytest

from vouch.index.search.filters.conditions import where
from vouch.index.search.filters.metadata_keys import Catalogue, Key, Kind, read_catalogue
from vouch.index.search.index import Index
from vouch.index.store.tables import Tables, rows
from vouch.schemas.documents.arrow import chunks_schema
from vouch.schemas.errors import SettingsError

CATALOGUE = Catalogue(
    {
        "year": Key("year", frozenset({Kind.NUMBER}), False, 3, "2024"),
        "acl": Key("acl", frozenset({Kind.TEXT}), True, 3, "staff"),
        "due": Key("due", frozenset({Kind.TIME}), False, 3, "2026-01-31"),
        "draft": Key("draft", frozenset({Kind.BOOLEAN}), False, 3, "true"),
    },
    typed=True,
)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ([], {"a.md", "b.md", "c.md"}),
        (["uri=a.md"], {"a.md"}),
        (["uri!=a.md"], {"b.md", "c.md"}),
        (["title~b"], {"b.md"}),
        (["char_end>=5"], {"a.md", "c.md"}),
        (["char_end < 5"], {"b.md"}),
        (["ingested_at>=2027-01-01"], set()),
        (["ingested_at<2027-01-01", "uri=c.md"], {"c.md"}),
        (["heading_path=Top"], {"a.md", "b.md", "c.md"}),
        (["element_types!=paragraph"], set()),
        (["metadata.author=Ada O'Neil"], {"a.md", "b.md", "c.md"}),
        (["metadata.author=Ada' OR '1'='1"], set()),
        (["uri=x' OR 'a'='a"], set()),
        (["uri = a; DROP"], set()),
        ([r"uri=x\' OR true))) --"], set()),
        ([r"title=\' OR true))) --", "language=xx"], set()),
        ([r"metadata.author=\')) OR true)) --"], set()),
        (["ingested_at>=2026-01-01", "ingested_at<=9999-12-30"], {"a.md", "b.md", "c.md"}),
        (['uri in (a.md, c.md, "x\')) OR true --")'], {"a.md", "c.md"}),
        (["uri not in (a.md)"], {"b.md", "c.md"}),
        (["uri in ()"], set()),
        (["uri not in ()"], {"a.md", "b.md", "c.md"}),
        (["uri prefix a."], {"a.md"}),
        ([r"uri prefix \') OR true) --"], set()),
        (["title contains .md"], {"a.md", "b.md", "c.md"}),
        (["page_start!=1"], {"a.md", "b.md", "c.md"}),
        (["(not page_start=1 and not page_start>1)"], {"a.md", "b.md", "c.md"}),
        (["(page_start=1 or page_start>1)"], set()),
        (["page_start in (1, 2)"], set()),
        (["heading_path in (Top, Other)"], {"a.md", "b.md", "c.md"}),
        (["heading_path not in (Other)"], {"a.md", "b.md", "c.md"}),
        (["heading_path contains Top"], {"a.md", "b.md", "c.md"}),
        ([r'heading_path in (x, "\')) OR true) --")'], set()),
        (["author=Ada O'Neil"], {"a.md", "b.md", "c.md"}),
        (["metadata.author contains O'N"], {"a.md", "b.md", "c.md"}),
        (["metadata.author prefix Ada O'"], {"a.md", "b.md", "c.md"}),
        (["metadata.author prefix O'"], set()),
        (["metadata.author contains '))) OR true --"], set()),
        (["metadata.author prefix '))) OR true --"], set()),
        (['metadata.author contains "'], set()),
        (['metadata.author in (Bob, "Ada O\'Neil")'], {"a.md", "b.md", "c.md"}),
        (["metadata.author not in (Bob)"], {"a.md", "b.md", "c.md"}),
        (["metadata.link=x"], set()),
        (["(uri=a.md or (uri=b.md and title~b))"], {"a.md", "b.md"}),
        (["(not (uri=a.md or uri=b.md))"], {"c.md"}),
        (["(uri = 'a.md') or (uri = \"c.md\")"], {"a.md", "c.md"}),
        ([r"heading_path=\') OR true) --"], set()),
        ([r"title~\') OR true) --"], set()),
    ],
)
def test_filters_match_values_and_execute_nothing(
    small_index_folder, filters: list[str], expected: set[str]
):
    chunks = Tables.open(small_index_folder).chunks
    matching = rows(chunks, ("uri",), where(filters, chunks.schema, lambda: read_catalogue(chunks)))
    assert set(matching.column("uri").to_pylist()) == expected


@pytest.mark.parametrize(
    "wrong",
    [
        "uri",
        "nope=1",
        "metadata.nope=1",
        r"metadata.\')) OR true)) --=x",
        "heading_path prefix a",
        "ingested_at~2026",
        "ingested_at=9999-12-31",
        "page_start=1.5",
        "page_start in (1, x)",
        "fields=x",
        "metadata=x",
        "minhash=x",
        "year=x",
        "year>x",
        "year>2026-01-31",
        "year in (2024, x)",
        "year contains 2",
        "year prefix 2",
        "acl>a",
        "due=x",
        "due>2024",
        "draft=maybe",
        "draft>true",
        "draft~t",
        "uri=\ud800",
        "acl=\ud800",
        "acl contains \ud800",
        "acl prefix \ud800",
        "vector=1",
        "char_start=x",
        "heading_path>a",
        "1=1",
        "metadata.acl>1",
        "page_start~1",
        "char_start=99999999999999999999999",
        "ingested_at=x",
    ],
)
def test_a_filter_that_cannot_be_read_is_an_error(wrong: str):
    with pytest.raises(SettingsError, match="filter|metadata|Unicode"):
        where([wrong], chunks_schema(4), lambda: CATALOGUE)


@pytest.mark.parametrize("query", ["", " \n", "\ufeff", "\x00 \x07"])
def test_an_empty_query_is_refused(small_index_folder, query: str):
    with pytest.raises(SettingsError, match="query is empty"):
        Index(small_index_folder).search(query)
