"""Summaries for the run's record: breakdowns, rejects, filtered documents, changes, sources."""

from pathlib import Path

import pyarrow as pa

from tests.index.small_index import DIMENSION, SETTINGS
from tests.pipeline.audit.candidates import candidate, chunks, documents
from vouch.index.publishing.states import State
from vouch.index.store.staging import ShardSummary, Staging
from vouch.pipeline.audit.run_summary import (
    break_down,
    group_filtered,
    group_rejects,
    list_changes,
    summarize_sources,
)
from vouch.pipeline.planning.indexed_documents import IndexedDocuments
from vouch.pipeline.planning.plan import Action, Plan, Planned
from vouch.schemas.documents.arrow import DOCUMENTS, QUARANTINE, chunks_schema
from vouch.schemas.documents.records import Filtered, Listing, SourceItem
from vouch.schemas.runs.record import Bin, Group


def plan(*actions: tuple[Action, str, str]) -> Plan:
    """A plan of documents by action, uri and rule."""
    decided = tuple(
        Planned(action, f"why {uri}", SourceItem("docs", uri), uri, rule=rule or None)
        for action, uri, rule in actions
    )
    return Plan(decided, IndexedDocuments(documents().clear()))


def test_the_breakdown_counts_documents_and_chunks_by_group():
    state = State(
        documents(
            status=["published", "published", "quarantined", "filtered"],
            source=["docs", "wiki", "wiki", "wiki"],
            media_type=["text/markdown", None, "text/html", "text/html"],
            char_count=[400, 600, 5_000, 9_000],
        ),
        chunks(4, source=["docs", "docs", "wiki", "wiki"], language=["en", "en", "de", None],
               token_count=[10, 24, 25, 80]),
    )  # fmt: skip
    breakdown = break_down(candidate(state))
    assert breakdown.by_source == (
        Group(name="wiki", documents=1, quarantined=1, chunks=2),
        Group(name="docs", documents=1, chunks=2),
    )
    assert {group.name: group.chunks for group in breakdown.by_format} == {
        "text/markdown": 2, "unknown": 2, "text/html": 0,
    }  # fmt: skip
    assert [(group.name, group.chunks) for group in breakdown.by_language] == [
        ("en", 2), ("de", 1), ("unknown", 1),
    ]  # fmt: skip
    assert [bar.count for bar in breakdown.chunk_tokens] == [2, 1, 0, 1]
    assert breakdown.chunk_tokens[-1] == Bin(low=75, high=100, count=1)
    assert [bar.count for bar in breakdown.document_chars] == [1, 1]


def test_an_empty_candidate_has_an_empty_breakdown():
    state = State(documents().clear(), chunks().clear())
    breakdown = break_down(candidate(state))
    assert (breakdown.by_source, breakdown.chunk_tokens, breakdown.document_chars) == ((), (), ())


def test_rejects_are_grouped_by_stage_and_reason_with_a_few_examples(tmp_path: Path):
    rejects = [("parse", "malformed", n) for n in range(7)] + [("fetch", "not_found", 9)]
    rows = [
        dict.fromkeys(QUARANTINE.names)
        | {"stage": stage, "reason": reason, "uri": f"{n}.md", "message": "broken"}
        for stage, reason, n in rejects
    ]
    staging = Staging(tmp_path, DIMENSION, ["shard"])
    quarantine = pa.Table.from_pylist(rows, schema=staging.schemas["quarantine"])
    tables = {
        "chunks": chunks_schema(DIMENSION).empty_table(),
        "documents": DOCUMENTS.empty_table(),
        "quarantine": quarantine,
    }
    staging.write("shard", tables, ShardSummary())
    groups = group_rejects(staging)
    assert [(group.stage, group.reason, group.count) for group in groups] == [
        ("parse", "malformed", 7), ("fetch", "not_found", 1),
    ]  # fmt: skip
    assert [example.uri for example in groups[0].examples] == [f"{n}.md" for n in range(5)]


def test_filtered_documents_are_grouped_by_rule():
    groups = group_filtered(
        plan(
            (Action.FILTERED, "b.bin", "include"),
            (Action.FILTERED, "a.bin", "include"),
            (Action.FILTERED, "c.md", "max_mb"),
            (Action.NEW, "d.md", ""),
        )
    )
    assert [(group.reason, group.count) for group in groups] == [("include", 2), ("max_mb", 1)]
    assert groups[0].examples[0].uri == "a.bin"
    assert groups[0].examples[0].message == "filtered by the rule include"


def test_changes_show_removals_first_renames_by_their_former_uri_and_few_of_each_kind():
    many = [(Action.NEW, f"{n:03}.md", "") for n in range(60)]
    changes = list_changes(plan(*many, (Action.REMOVED, "gone.md", "")), {"000.md": "old.md"})
    assert [(change.action, change.uri) for change in changes[:2]] == [
        ("removed", "gone.md"), ("renamed", "000.md"),
    ]  # fmt: skip
    assert (changes[0].why, changes[1].why) == ("why gone.md", "from old.md")
    assert len(changes) == 1 + 50


def test_a_listing_is_summarized_with_its_first_problems():
    item = SourceItem("docs", "a.md")
    listing = Listing(
        "docs",
        (item,),
        (Filtered(SourceItem("docs", "b.bin"), "include"),),
        complete=False,
        problems=tuple(f"problem {n}" for n in range(9)),
    )
    (summary,) = summarize_sources(SETTINGS, [listing], from_index=False)
    assert (summary.path, summary.listed, summary.filtered) == ("documents", 2, 1)
    assert (summary.complete, len(summary.problems), summary.in_doubt) == (False, 5, True)
    (from_index,) = summarize_sources(SETTINGS, [listing], from_index=True)
    assert from_index.complete
