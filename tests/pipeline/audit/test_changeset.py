"""The changeset: what is replaced, removed and renamed, and the sums over documents and chunks."""

from pathlib import Path

import polars as pl
import pytest

from tests.index.small_index import DIMENSION, build, stage
from tests.pipeline.audit.candidates import candidate
from vouch.index.store.lookups import indexed_documents
from vouch.index.store.run_log import Intent
from vouch.index.store.staging import ShardSummary, Staging
from vouch.index.store.tables import Tables
from vouch.pipeline.audit.changeset import (
    Changeset,
    build_changeset,
    count_documents,
    removed_documents,
    renamed_documents,
)
from vouch.pipeline.planning.indexed_documents import IndexedDocuments
from vouch.pipeline.planning.plan import Action, Plan, Planned
from vouch.schemas.documents.ids import document_id
from vouch.schemas.documents.records import SourceItem
from vouch.schemas.runs.record import Accounting

RUN = "20260103T000000-cccccc"


def indexed(*rows: tuple[str, str | None, str, str]) -> IndexedDocuments:
    """Documents by id, parent, status and content hash."""
    columns = ("document_id", "parent_id", "status", "content_sha256")
    schema = dict.fromkeys(columns, pl.String)
    return IndexedDocuments(pl.DataFrame(list(rows), schema=schema, orient="row"))


def planned(
    action: Action, identity: str, index: IndexedDocuments, uri: str = "", **options
) -> Planned:
    item = SourceItem(options.pop("source", "docs"), uri or f"{identity}.md")
    return Planned(action, "because", item, identity, index.get(identity), **options)


def processed(*rows: dict) -> pl.DataFrame:
    """Staged documents rows; published roots of `docs` unless stated otherwise."""
    valid = {
        "parent_id": None, "status": "published", "source": "docs", "uri": "x", "content_sha256": "",
    }  # fmt: skip
    schema = dict.fromkeys(("document_id", *valid), pl.String)
    return pl.DataFrame([valid | row for row in rows], schema=schema)


FAMILY = indexed(
    ("mail", None, "published", "m"),
    ("mail#1", "mail", "published", "1"),
    ("mail#1#1", "mail#1", "published", "2"),
    ("mail#2", "mail", "quarantined", "3"),
)


def test_a_removed_document_takes_its_attachments_with_it():
    plan = Plan((planned(Action.REMOVED, "mail", FAMILY, unlisted=True),), FAMILY)
    assert set(removed_documents(plan, set())) == {"mail", "mail#1", "mail#1#1", "mail#2"}


def test_an_attachment_goes_where_its_document_was_read_again_without_it():
    plan = Plan((planned(Action.CHANGED, "mail", FAMILY),), FAMILY)
    assert set(removed_documents(plan, {"mail", "mail#1"})) == {"mail#1#1", "mail#2"}


def test_chunking_stored_text_again_removes_no_attachment():
    plan = Plan((planned(Action.REPROCESS, "mail", FAMILY, from_text=True),), FAMILY)
    assert removed_documents(plan, {"mail"}) == []


def test_a_document_that_could_not_be_processed_keeps_its_attachments():
    plan = Plan((planned(Action.CHANGED, "mail", FAMILY),), FAMILY)
    assert removed_documents(plan, set()) == []


def test_a_new_document_with_the_bytes_of_an_unlisted_one_is_renamed():
    index = indexed(("old", None, "published", "h1"), ("gone", None, "published", "h2"))
    plan = Plan(
        (
            planned(Action.REMOVED, "old", index, "old.md", unlisted=True),
            planned(Action.MISSING, "gone", index, "gone.md", unlisted=True, source="wiki"),
            planned(Action.NEW, "a", index),
        ),
        index,
    )
    staged = processed(
        {"document_id": "a", "content_sha256": "h1"},
        {"document_id": "b", "content_sha256": "h2"},
        {"document_id": "c", "content_sha256": "h3"},
        {"document_id": "d", "content_sha256": "h1", "status": "quarantined"},
        {"document_id": "e", "content_sha256": "h1", "parent_id": "a"},
    )
    assert renamed_documents(plan, staged) == {"a": "old.md", "b": "gone.md (source wiki)"}


def test_of_several_unlisted_documents_with_the_same_bytes_the_same_uri_is_meant():
    index = indexed(("one", None, "published", "h"), ("two", None, "published", "h"))
    plan = Plan(
        (
            planned(Action.REMOVED, "one", index, "one.md", unlisted=True, source="old"),
            planned(Action.REMOVED, "two", index, "two.md", unlisted=True, source="old"),
        ),
        index,
    )
    staged = processed({"document_id": "new", "uri": "two.md", "content_sha256": "h"})
    assert renamed_documents(plan, staged) == {"new": "two.md (source old)"}


def test_every_document_is_counted_once():
    index = indexed(
        ("same", None, "published", "1"),
        ("mail", None, "published", "2"),
        ("mail#1", "mail", "published", "3"),
        ("mail#2", "mail", "quarantined", "4"),
        ("waiting", None, "quarantined", "5"),
        ("missing", None, "published", "6"),
        ("changed", None, "published", "7"),
        ("retried", None, "quarantined", "8"),
        ("gone", None, "published", "9"),
    )
    plan = Plan(
        (
            planned(Action.UNCHANGED, "same", index),
            planned(Action.REPROCESS, "mail", index, from_text=True),
            planned(Action.WAITING, "waiting", index),
            planned(Action.MISSING, "missing", index, unlisted=True),
            planned(Action.CHANGED, "changed", index),
            planned(Action.RETRY, "retried", index),
            planned(Action.NEW, "new", index),
            planned(Action.FILTERED, "drawing", index, rule="include"),
            planned(Action.REMOVED, "gone", index, unlisted=True),
        ),
        index,
    )
    staged = processed(
        {"document_id": "mail"},
        {"document_id": "changed", "status": "quarantined"},
        {"document_id": "retried", "status": "quarantined"},
        {"document_id": "new"},
        {"document_id": "new#1", "parent_id": "new"},
    )
    accounting = count_documents(plan, staged, set())
    assert accounting == Accounting(
        listed=7,
        attached=3,  # new#1, and those of the mail that was not read
        published=3,
        unchanged=3,  # same, missing, mail#1
        filtered=1,
        quarantined=4,  # changed, retried, waiting, mail#2
        rejected=1,  # changed: the other one was in quarantine before
        missing=1,
    )
    assert accounting.problems() == []


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """An index of a.md, b.md and c.md, with a chunk each."""
    return Tables.open(build(tmp_path_factory.mktemp("changeset")))


def plan_of(tables: Tables, *actions: tuple[str, Action]) -> Plan:
    index = IndexedDocuments(indexed_documents(tables))
    decided = (
        planned(action, document_id("docs", uri), index, uri, unlisted=action is Action.REMOVED)
        for uri, action in actions
    )
    return Plan(tuple(decided), index)


def test_the_changeset_of_changed_new_and_removed_documents_closes(tables: Tables, tmp_path: Path):
    summary = ShardSummary(produced=3, refused=1, vectors_computed=1, vectors_reused=1)
    staging = stage(tmp_path, RUN, {"a.md": "another text", "d.md": "delta"}, summary)
    plan = plan_of(
        tables,
        ("a.md", Action.CHANGED),
        ("b.md", Action.REMOVED),
        ("c.md", Action.UNCHANGED),
        ("d.md", Action.NEW),
    )
    versions = tables.versions()
    changeset = build_changeset(tables, staging, plan)
    ids = {uri: document_id("docs", uri) for uri in ("a.md", "b.md", "d.md")}
    intent = changeset.intent
    assert changeset.has_changes
    assert (intent.replaced, intent.removed) == ([ids["a.md"]], [ids["b.md"]])
    assert set(intent.settled) == {ids["a.md"], ids["d.md"]}
    assert (intent.shards, intent.dimension, intent.chunks) == ([f"shard-{RUN}"], DIMENSION, 3)
    accounting = changeset.accounting
    assert (accounting.published, accounting.unchanged, accounting.removed) == (2, 1, 1)
    assert (accounting.chunks_published, accounting.chunks_unchanged) == (2, 1)
    assert accounting.chunks_removed == 2  # of b.md, and the former one of a.md
    assert accounting.problems() == []
    uris = sorted(changeset.candidate.documents.lazy().collect()["uri"])
    assert uris == ["a.md", "c.md", "d.md"]
    changeset.release_candidate()
    assert tables.versions() == versions


def test_touched_documents_are_unchanged_and_a_chunk_staged_again_is_not_removed(
    tables: Tables, tmp_path: Path
):
    summary = ShardSummary(touched=[document_id("docs", "b.md")])
    staging = stage(tmp_path, RUN, {"a.md": "alpha", "b.md": "beta"}, summary)
    plan = plan_of(tables, ("a.md", Action.REPROCESS), ("c.md", Action.UNCHANGED))
    changeset = build_changeset(tables, staging, plan)
    assert changeset.intent.replaced == [document_id("docs", "a.md")]
    assert (changeset.accounting.unchanged, changeset.accounting.chunks_removed) == (2, 0)


def test_without_staged_rows_and_removals_there_are_no_changes(tables: Tables, tmp_path: Path):
    plan = plan_of(tables, ("a.md", Action.UNCHANGED))
    changeset = build_changeset(tables, Staging(tmp_path, DIMENSION), plan)
    assert not changeset.has_changes
    assert changeset.accounting == Accounting(listed=1, unchanged=1, chunks_unchanged=3)


def test_a_released_candidate_is_read_again_only_when_it_is_used():
    loads = []

    def load():
        loads.append(1)
        return candidate()

    changeset = Changeset(Accounting(), Intent(), True, load)
    changeset.release_candidate()
    assert changeset.candidate is changeset.candidate
    changeset.release_candidate()
    assert changeset.candidate.documents.height == 4
    assert len(loads) == 2
