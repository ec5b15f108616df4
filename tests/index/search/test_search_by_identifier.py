"""What an identifier finds in indexes with and without the positions of words."""

from pathlib import Path

import pytest
from lancedb.index import FTS

from tests.index.small_index import DIMENSION, FIRST, SETTINGS, intent, record, stage
from vouch.index.publishing.publish import publish
from vouch.index.publishing.search_indexes import (
    TEXT_COLUMNS,
    has_positions,
    refresh_indexes,
)
from vouch.index.search.identifiers import Identifier
from vouch.index.search.store_queries import Queries
from vouch.index.store.tables import Tables

TEXTS = {
    "whole.md": "It is snake_case_name here",
    "longer.md": "It is snake_case_name_two here",
    "parts.md": "The name of the snake in the case",
    "sharp.md": "Said in C# by one",
    **{f"c {number}.md": f"Said in C, c and C {number}" for number in range(6)},
}


@pytest.fixture
def tables(tmp_path: Path) -> Tables:
    created = Tables.create(tmp_path / "index", DIMENSION)
    staging = stage(tmp_path, FIRST, TEXTS)
    publish(created, staging, intent(staging, len(TEXTS)), record(FIRST), SETTINGS)
    return created.latest()


@pytest.fixture
def former(tables: Tables) -> Tables:
    """With full-text indexes as Vouch 0.8.0 made them."""
    for column in TEXT_COLUMNS:
        config = FTS(base_tokenizer="icu/split", remove_stop_words=False)
        tables.chunks.create_index(column, config=config, name=f"{column}_idx")
    return tables


def holders(tables: Tables, name: str, limit: int = 100) -> dict[str, float]:
    rows = Queries(tables).by_identifier(Identifier(name), limit, None)
    uris = dict(tables.chunks.search().select(["chunk_id", "uri"]).to_arrow().to_pydict())
    by_id = dict(zip(uris["chunk_id"], uris["uri"], strict=True))
    return {by_id[identity]: row["grade"] for identity, row in rows.items()}


def test_an_identifier_is_found_as_a_whole_and_as_a_part(tables: Tables):
    assert has_positions(tables.chunks)
    assert holders(tables, "snake_case_name") == {"whole.md": 1.0, "longer.md": 0.4}


def test_an_index_of_an_earlier_version_is_searched_and_made_again_by_a_run(
    former: Tables, caplog: pytest.LogCaptureFixture
):
    assert not has_positions(former.chunks)
    assert holders(former, "snake_case_name") == {"whole.md": 1.0, "longer.md": 0.4}
    refresh_indexes(former, SETTINGS.index)
    assert "the full-text index is made again, once" in caplog.text
    assert has_positions(former.chunks)
    version = former.chunks.version
    refresh_indexes(former, SETTINGS.index)
    assert former.chunks.version == version
    assert holders(former, "snake_case_name") == {"whole.md": 1.0, "longer.md": 0.4}


def test_an_identifier_whose_parts_are_everywhere_is_holders(tables: Tables):
    assert holders(tables, "C#", limit=2) == {"sharp.md": 1.0}


def test_rows_that_no_index_has_yet_are_holders(tables: Tables):
    added = tables.chunks.search().where("uri = 'whole.md'").to_arrow()
    index = added.schema.get_field_index("chunk_id")
    tables.chunks.add(added.set_column(index, added.schema.field(index), [["another"]]))
    rows = Queries(tables).by_identifier(Identifier("snake_case_name"), 100, None)
    assert "another" in rows
