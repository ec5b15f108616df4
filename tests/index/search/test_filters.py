"""Filters that a person types: what they match, and that nothing typed is executed."""

import pytest

from vouch.index.search.filters import where
from vouch.index.search.index import Index
from vouch.index.store.tables import Tables, rows
from vouch.schemas.documents.arrow import chunks_schema
from vouch.schemas.errors import SettingsError


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
        ([r"metadata.\')) OR true)) --=x"], set()),
        ([r"heading_path=\') OR true) --"], set()),
        ([r"title~\') OR true) --"], set()),
    ],
)
def test_filters_match_values_and_execute_nothing(
    small_index_folder, filters: list[str], expected: set[str]
):
    chunks = Tables.open(small_index_folder).chunks
    matching = rows(chunks, ("uri",), where(filters, chunks.schema))
    assert set(matching.column("uri").to_pylist()) == expected


@pytest.mark.parametrize(
    "wrong",
    [
        "uri",
        "nope=1",
        "vector=1",
        "char_start=x",
        "heading_path>a",
        "1=1",
        "metadata.a>1",
        "page_start~1",
        "char_start=99999999999999999999999",
        "ingested_at=x",
    ],
)
def test_a_filter_that_cannot_be_read_is_an_error(wrong: str):
    with pytest.raises(SettingsError, match="filter"):
        where([wrong], chunks_schema(4))


@pytest.mark.parametrize("query", ["", " \n", "\ufeff", "\x00 \x07"])
def test_an_empty_query_is_refused(small_index_folder, query: str):
    with pytest.raises(SettingsError, match="query is empty"):
        Index(small_index_folder).search(query)
