"""Documents that need nothing are found for a whole source at once, as one by one."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pipeline.planning.index_frames import (
    FINGERPRINTS,
    NOW,
    Index,
    attachment,
    document,
    index,
    item,
    listing,
    plan,
    quarantined,
)
from vouch.pipeline.context.scope import Scope
from vouch.pipeline.planning.indexed_documents import IndexedDocuments
from vouch.pipeline.planning.plan import Action, Plan, Planned
from vouch.pipeline.planning.unchanged_documents import UnchangedDocuments
from vouch.schemas.documents.ids import document_id
from vouch.schemas.documents.records import Filtered, Listing, Reason, SourceItem
from vouch.schemas.settings.choices import Engine

SIZES = st.sampled_from([1, 1, 1, 2, None])
ETAGS = st.sampled_from([None, None, "", "a", "b", "changed:1:1", "changed:1:2"])
TIMES = st.sampled_from([NOW, NOW, NOW - timedelta(days=1), None])
INDEXED = st.fixed_dictionaries(
    {
        "status": st.sampled_from(["published"] * 4 + ["quarantined", "filtered"]),
        "size": SIZES,
        "etag": ETAGS,
        "source_modified_at": TIMES,
        "remove_after": st.sampled_from([None, None, None, NOW + timedelta(days=1)]),
    },
    # Without these, the values of `document`, which are up to date.
    optional={
        "parser": st.sampled_from(["text", "unstructured", None]),
        "media_type": st.sampled_from(["text/rtf", None]),
        "parse_fingerprint": st.sampled_from([None, "old"]),
        "chunk_fingerprint": st.sampled_from(["old", None]),
        "check_fingerprint": st.sampled_from(["old", None]),
        "embedding_fingerprint": st.sampled_from(["old", None]),
    },
)
LISTED = st.fixed_dictionaries(
    {
        "size": SIZES,
        "modified": TIMES,
        "etag": ETAGS,
        "always_read": st.sampled_from([False, False, True]),
    }
)
FILTERED = "filtered"
DOCUMENT = st.fixed_dictionaries(
    {
        "indexed": st.none() | INDEXED,
        "listed": st.none() | LISTED | st.just(FILTERED),
        "has_attachment": st.booleans(),
        "has_reject": st.booleans(),
    }
)


def state_of(cases: dict[str, dict[str, Any]]) -> Index:
    rows, rejects = [], []
    for uri, case in cases.items():
        if case["indexed"] is None:
            continue
        row = document(uri, **case["indexed"])
        if row["status"] == "filtered":
            row["reason"] = "hidden"
        rows.append(row)
        if case["has_attachment"]:
            rows.append(attachment(row))
        if case["has_reject"]:
            rejects.append(quarantined(row)[1])
    return index(*rows, rejects=rejects)


def sifted(state: Index, *items: SourceItem) -> UnchangedDocuments:
    _, (unchanged,) = state.rows.sift([listing(*items)], ["docs"], FINGERPRINTS)
    return unchanged


def listed(planned: Plan) -> list[Planned]:
    """The plan for each listed document; of an unchanged one a plan by columns has no row."""
    documents = (
        replace(document, indexed=None) if document.action is Action.UNCHANGED else document
        for document in planned.documents
        if not document.unlisted
    )
    return sorted(documents, key=lambda document: document.item.uri)


def in_parts(state: Index, rows: int) -> Index:
    """The same state, of which the listed documents are read so many rows at a time."""
    (roots,) = state.rows.roots()
    parts = list(roots.iter_slices(rows)) if roots.height else [roots]
    state.rows = replace(state.rows, roots=lambda: parts)
    return state


@given(
    st.lists(DOCUMENT, max_size=10),
    st.booleans(),
    st.dictionaries(st.sampled_from(["text/rtf", "*"]), st.sampled_from(Engine), max_size=2),
)
@settings(max_examples=60)
def test_a_plan_by_columns_is_the_plan_by_rows(
    documents: list[dict[str, Any]], complete: bool, engines: dict[str, Engine]
):
    now = replace(FINGERPRINTS, engines={"docs": engines})
    cases = {f"{number}.md": case for number, case in enumerate(documents)}
    items = tuple(
        item(uri, **case["listed"])
        for uri, case in cases.items()
        if case["listed"] not in (None, FILTERED)
    )
    filtered = tuple(
        Filtered(item(uri), Reason.HIDDEN)
        for uri, case in cases.items()
        if case["listed"] == FILTERED
    )
    whole_listing = Listing("docs", items, filtered, complete)
    whole = plan(state_of(cases), whole_listing, now=now)
    # A scope that names every document decides about each by itself, and removes nothing.
    ids = frozenset(document_id("docs", listed_item.uri) for listed_item in items)
    single = plan(state_of(cases), whole_listing, scope=Scope(documents=ids), now=now)
    assert single.unchanged_count == 0
    assert [planned for planned in listed(whole) if planned.rule is None] == listed(single)
    assert sum(whole.counts.values()) == whole.size == len(whole.documents)
    by_parts = plan(in_parts(state_of(cases), 2), whole_listing, now=now)
    assert by_parts.documents == whole.documents
    for sums in ("published_roots", "bytes_per_chunk"):
        expected = getattr(IndexedDocuments(state_of(cases).documents.frame), sums)
        assert getattr(by_parts.indexed, sums) == getattr(whole.indexed, sums) == expected
    gone = {uri for uri, case in cases.items() if case["indexed"] and case["listed"] is None}
    unlisted = {planned.item.uri for planned in whole.documents if planned.unlisted}
    assert unlisted == (gone if complete else set())


def test_documents_that_may_need_work_are_looked_at_one_by_one():
    """A frame of documents does not show whether an attachment is stale, or a reject due."""
    mail = document("mail.eml")
    row, reject = quarantined(document("rejected.md"))
    missing = document("missing.md", remove_after=NOW + timedelta(days=1))
    state = index(
        document(),
        document("changed.md"),
        mail,
        attachment(mail),
        row,
        missing,
        rejects=[reject],
    )
    uris = ("a.md", "changed.md", "mail.eml", "rejected.md", "missing.md", "new.md")
    items = [item(uri, size=11 if uri == "changed.md" else 10) for uri in uris]
    unchanged = sifted(state, *items)
    assert [(same.uri, identity) for same, identity in unchanged] == [
        ("a.md", document()["document_id"])
    ]
    assert [remaining.uri for remaining in unchanged.rest] == list(uris[1:])


def test_items_stay_in_the_order_of_the_listing():
    uris = [f"{number}.md" for number in (3, 1, 2)]
    state = index(*(document(uri) for uri in sorted(uris)))
    items = [item(uri) for uri in uris]
    unchanged = sifted(state, *items)
    assert [same.uri for same, _ in unchanged] == uris
    assert list(unchanged.rest) == []


@pytest.mark.parametrize(
    ("listed", "stored"),
    [
        # Rows of tables have no size.
        ({"size": None}, {"size": None}),
        ({"etag": "a", "modified": None}, {"etag": "a"}),
        ({"etag": "a"}, {"etag": None}),
        ({"etag": ""}, {"etag": "a"}),
    ],
)
def test_documents_that_state_little_are_not_looked_at_one_by_one(
    listed: dict[str, Any], stored: dict[str, Any]
):
    state = index(document(**stored))
    unchanged = sifted(state, item(**listed))
    assert (len(unchanged), list(unchanged.rest)) == (1, [])
