"""What was made from a document."""

import pytest

from tests.index.small_index import FIRST
from vouch.index.lineage.impact import impact, roots_of
from vouch.index.store.tables import Tables
from vouch.schemas.documents.ids import document_id
from vouch.schemas.errors import NotFound


def attach(tables: Tables, child: str, parent: str) -> None:
    values = {"parent_id": document_id("docs", parent)}
    tables.documents.update(where=f"uri = '{child}'", values=values)


def test_attachments_belong_to_a_document_however_deep(small_tables: Tables):
    attach(small_tables, "b.md", "a.md")
    attach(small_tables, "c.md", "b.md")
    affected = impact(small_tables, "a.md")
    assert [row["uri"] for row in affected.documents] == ["a.md", "b.md", "c.md"]
    assert {row["text"] for row in affected.chunks} == {"alpha", "beta", "gamma"}
    assert affected.runs == (FIRST,)
    ids = [document_id("docs", uri) for uri in ("b.md", "c.md")]
    assert roots_of(small_tables, [*ids, "unknown"]) == {document_id("docs", "a.md")}


def test_a_document_that_is_not_indexed_is_an_error(small_tables: Tables):
    with pytest.raises(NotFound, match="the index has no document 'x.md'"):
        impact(small_tables, "x.md")
