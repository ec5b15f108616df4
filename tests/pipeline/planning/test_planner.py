"""Which action each listed document gets, and why."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.pipeline.planning.index_frames import (
    NOW,
    attachment,
    document,
    index,
    item,
    listing,
    only,
    plan,
    quarantined,
)
from vouch.pipeline.context.scope import Scope
from vouch.pipeline.planning.plan import Action
from vouch.pipeline.planning.planner import FIRST_CHANGE_TIME, READ_BY_CONTENT
from vouch.schemas.documents.records import Filtered, Listing, Reason
from vouch.schemas.errors import MassDeleteRefused
from vouch.schemas.settings.choices import Redo
from vouch.schemas.settings.index import IndexSettings

LATER = NOW + timedelta(hours=1)
FIRST, READ = {"etag": "changed:1:2"}, {"always_read": True}
OTHER_CHANGE_TIME = "its change time is another, its size and modification time are the same"
FROM_INDEX = Scope("reindex", from_index=True)


def test_a_document_that_the_index_does_not_have_is_new():
    planned = only(plan(index(), listing(item())))
    assert (planned.action, planned.why) == (Action.NEW, "not in the index")
    assert planned.indexed is None


def test_a_document_that_was_filtered_and_no_longer_is_is_new():
    state = index(document(status="filtered", reason="too_large"))
    planned = only(plan(state, listing(item())))
    assert (planned.action, planned.why) == (Action.NEW, "was filtered by the rule too_large")


def test_a_filtered_item_is_planned_with_its_rule():
    filtered = Listing("docs", (), (Filtered(item(), Reason.HIDDEN),), complete=True)
    planned = only(plan(index(document()), filtered))
    assert (planned.action, planned.rule) == (Action.FILTERED, "hidden")
    assert planned.why == "filtered by the rule hidden"


@pytest.mark.parametrize(
    ("listed", "stored", "why"),
    [
        ({"size": 20}, {}, "size 10 → 20 bytes"),
        ({"size": None}, {}, "size 10 → unknown bytes"),
        ({"etag": "b"}, {"etag": "a"}, "its etag has changed"),
        ({"modified": LATER}, {}, "modified 2026-05-01 01:00:00"),
        (
            {"modified": None},
            {},
            "the source does not report when it was modified, so it is read",
        ),
        (
            {},
            {"source_modified_at": None},
            "the source does not report when it was modified, so it is read",
        ),
        ({}, {"remove_after": LATER}, "listed again after it was missing"),
        ({"etag": "changed:1:3"}, {"etag": "changed:1:2"}, OTHER_CHANGE_TIME),
        ({"etag": "changed:1:3"}, {"etag": "of a store"}, OTHER_CHANGE_TIME),
        (
            {"etag": "changed:2:3", "modified": LATER},
            {"etag": "changed:1:2"},
            "modified 2026-05-01 01:00:00",
        ),
        ({"etag": "changed:1:2"}, {}, FIRST_CHANGE_TIME),
        ({"etag": "changed:1:2", "modified": LATER}, {}, "modified 2026-05-01 01:00:00"),
        ({"always_read": True}, {}, READ_BY_CONTENT),
        ({"always_read": True, "etag": "a"}, {"etag": "a"}, READ_BY_CONTENT),
        ({"always_read": True, "size": 20}, {}, "size 10 → 20 bytes"),
    ],
)
def test_a_document_that_differs_from_the_indexed_one_is_changed(
    listed: dict[str, Any], stored: dict[str, Any], why: str
):
    planned = only(plan(index(document(**stored)), listing(item(**listed))))
    assert (planned.action, planned.why) == (Action.CHANGED, why)
    # Its rows are up to date, so equal bytes would need no work.
    assert planned.current


@pytest.mark.parametrize(
    ("listed", "stored"),
    [
        ({}, {}),
        # An etag that both sides report decides, whatever the time says.
        ({"etag": "a", "modified": LATER}, {"etag": "a"}),
        # An etag that only one side reports is no difference.
        ({"etag": "a"}, {}),
        ({"etag": ""}, {"etag": "a"}),
    ],
)
def test_a_document_that_is_as_indexed_is_unchanged(listed: dict[str, Any], stored: dict[str, Any]):
    state = index(document(**stored))
    planned = only(plan(state, listing(item(**listed))))
    assert (planned.action, planned.why) == (Action.UNCHANGED, "same content and same settings")
    assert planned.current
    # A scope that names it has it looked at by itself, not with all others at once.
    by_itself = Scope(documents=frozenset({planned.document_id}))
    looked_at = only(plan(state, listing(item(**listed)), scope=by_itself))
    assert replace(looked_at, indexed=None) == planned


@pytest.mark.parametrize(
    ("stored", "why", "from_text"),
    [
        ({"parse_fingerprint": "old"}, "the markdown parser has changed", False),
        (
            {"parser": "pdf_ocr", "parse_fingerprint": "old"},
            "the pdf_ocr parser or its OCR has changed",
            False,
        ),
        ({"chunk_fingerprint": "old"}, "the chunking has changed", True),
        ({"check_fingerprint": "old"}, "the contract or the types of metadata have changed", True),
        ({"embedding_fingerprint": "old"}, "the embedding has changed", True),
        # The earliest stage decides.
        (
            {"parse_fingerprint": "old", "embedding_fingerprint": "old"},
            "the markdown parser has changed",
            False,
        ),
        # An index of an early version lacks what chunking again takes, so the file is read.
        ({"check_fingerprint": None}, "the contract or the types of metadata have changed", False),
    ],
)
def test_a_changed_stage_processes_a_document_again(
    stored: dict[str, Any], why: str, from_text: bool
):
    planned = only(plan(index(document(**stored)), listing(item())))
    assert (planned.action, planned.why) == (Action.REPROCESS, why)
    assert planned.from_text is from_text
    assert not planned.current


@pytest.mark.parametrize(
    ("listed", "stored", "action", "why"),
    [
        # Without a change time in the index, what has changed for certain is the reason.
        (FIRST, {"parse_fingerprint": "old"}, Action.REPROCESS, "the markdown parser has changed"),
        (FIRST, {"chunk_fingerprint": "old"}, Action.REPROCESS, "the chunking has changed"),
        (READ, {"parse_fingerprint": "old"}, Action.REPROCESS, "the markdown parser has changed"),
        # Text that may be out of date is not chunked again.
        (READ, {"chunk_fingerprint": "old"}, Action.CHANGED, "the chunking has changed"),
    ],
)
def test_a_changed_stage_is_the_reason_where_the_state_proves_nothing(
    listed: dict[str, Any], stored: dict[str, Any], action: Action, why: str
):
    planned = only(plan(index(document(**stored)), listing(item(**listed))))
    assert (planned.action, planned.why, planned.current) == (action, why, False)
    assert planned.from_text is (action is Action.REPROCESS and "chunking" in why)


@pytest.mark.parametrize("next_retry", [None, NOW - timedelta(hours=1)])
def test_a_rejected_document_that_is_always_read_is_tried_again_when_due(next_retry):
    row, reject = quarantined(document(), next_retry_at=next_retry)
    planned = only(plan(index(row, rejects=[reject]), listing(item(always_read=True))))
    # Equal bytes would only be rejected again.
    assert planned.current is (next_retry is None)
    assert planned.action is (Action.CHANGED if next_retry is None else Action.RETRY)


def test_a_changed_stage_of_an_attachment_processes_the_whole_document_again():
    mail = document("mail.eml")
    parsed_before = attachment(mail, parse_fingerprint="old")
    planned = only(plan(index(mail, parsed_before), listing(item("mail.eml"))))
    assert planned.why == "the markdown parser has changed (in #attachment/1/a.md)"
    assert not planned.from_text
    attached = attachment(mail)
    deeper = attachment(attached, chunk_fingerprint="old")
    planned = only(plan(index(mail, attached, deeper), listing(item("mail.eml"))))
    assert planned.why == "the chunking has changed (in #attachment/1/a.md#attachment/1/a.md)"
    assert planned.from_text


@pytest.mark.parametrize(
    ("reject", "action", "why"),
    [
        ({}, Action.WAITING, "in quarantine: malformed"),
        (
            {"parked": True, "attempts": 5},
            Action.WAITING,
            "parked after 5 attempts: malformed; `vouch replay` tries it again",
        ),
        ({"next_retry_at": LATER}, Action.WAITING, "in quarantine: malformed"),
        ({"next_retry_at": NOW}, Action.RETRY, "its next attempt is due"),
        (
            {"rule_fingerprint": "old"},
            Action.RETRY,
            "the limits of parsing, under which it failed, have changed",
        ),
        (
            {"stage": "check", "rule_fingerprint": "old"},
            Action.RETRY,
            "the contract that it broke has changed",
        ),
    ],
)
def test_a_document_in_quarantine_is_tried_again_only_for_a_reason(
    reject: dict[str, Any], action: Action, why: str
):
    row, rejected = quarantined(document(), **reject)
    planned = only(plan(index(row, rejects=[rejected]), listing(item())))
    assert (planned.action, planned.why) == (action, why)


def test_a_document_in_quarantine_is_tried_again_once_its_type_has_a_parser():
    row, reject = quarantined(
        document(parser=None, parse_fingerprint=None), reason="unsupported_type"
    )
    planned = only(plan(index(row, rejects=[reject]), listing(item())))
    assert planned.action is Action.RETRY
    assert planned.why == "there is a parser for text/markdown now"


def test_a_published_document_with_a_reject_that_is_due_is_tried_again():
    """One of its chunks was rejected, such as by a model that could not be reached."""
    row, reject = quarantined(document(), stage="embed", rule_fingerprint="e", next_retry_at=NOW)
    planned = only(plan(index(row | {"status": "published"}, rejects=[reject]), listing(item())))
    assert (planned.action, planned.why) == (Action.RETRY, "its next attempt is due")


@pytest.mark.parametrize(
    ("redo", "why", "from_text"),
    [
        (Redo.PARSE, "requested: again from parsing", False),
        (Redo.CHUNK, "requested: again from chunk", True),
        (Redo.EMBED, "requested: again from embed", True),
    ],
)
def test_a_request_processes_unchanged_documents_again(redo: Redo, why: str, from_text: bool):
    planned = only(plan(index(document()), listing(item()), scope=Scope(redo=redo)))
    assert (planned.action, planned.why) == (Action.REPROCESS, why)
    # Not current: equal bytes are processed all the same.
    assert (planned.from_text, planned.current) == (from_text, False)


def test_a_request_leaves_changed_documents_changed_and_the_quarantine_alone():
    row, reject = quarantined(document("b.md"))
    state = index(document(), row, rejects=[reject])
    again = plan(state, listing(item(size=20), item("b.md")), scope=Scope(redo=Redo.CHUNK))
    assert [planned.action for planned in again.documents] == [Action.CHANGED, Action.WAITING]


def test_a_replay_takes_just_the_quarantine():
    row, reject = quarantined(document(), parked=True, attempts=5)
    state = index(row, document("b.md"), rejects=[reject])
    scope = Scope("replay", quarantined_only=True)
    planned = only(plan(state, listing(item(), item("b.md"), item("new.md")), scope=scope))
    assert (planned.item.uri, planned.action) == ("a.md", Action.RETRY)
    assert planned.why == "requested"


def test_a_replay_can_be_narrowed_to_reasons():
    first, malformed = quarantined(document())
    second, empty = quarantined(document("b.md"), reason="empty")
    state = index(first, second, rejects=[malformed, empty])
    scope = Scope("replay", reasons=("empty",), quarantined_only=True)
    assert only(plan(state, listing(item(), item("b.md")), scope=scope)).item.uri == "b.md"


def test_from_the_index_only_the_stored_text_is_processed_again():
    """What would take the source's file is left to the next ingest run."""
    state = index(
        document(parse_fingerprint="old"),
        document("b.md", chunk_fingerprint="old"),
        document("c.md", remove_after=LATER, chunk_fingerprint="old"),
    )
    items = (item(size=99), item("b.md"), item("c.md"))
    planned = plan(state, listing(*items, complete=False), scope=FROM_INDEX)
    assert [(document.action, document.from_text) for document in planned.documents] == [
        (Action.UNCHANGED, False),
        (Action.REPROCESS, True),
        (Action.REPROCESS, True),
    ]


def test_a_scope_of_documents_takes_just_these():
    state = index(document(), document("b.md", chunk_fingerprint="old"))
    scope = Scope("repair", redo=Redo.CHUNK, documents=frozenset({document()["document_id"]}))
    assert only(plan(state, listing(item(), item("b.md")), scope=scope)).item.uri == "a.md"


def test_a_plan_counts_documents_by_action():
    state = index(document(), document("b.md"), document("c.md", chunk_fingerprint="old"))
    planned = plan(state, listing(item(), item("b.md", size=11), item("c.md"), item("d.md")))
    assert planned.counts == {"unchanged": 1, "changed": 1, "reprocess": 1, "new": 1}
    assert planned.size == len(planned.documents) == 4
    assert [document.item.uri for document in planned.of(Action.NEW)] == ["d.md"]
    assert [document.item.uri for document in planned.of(Action.UNCHANGED)] == ["a.md"]


def test_times_of_any_zone_are_compared_as_instants():
    zone = datetime(2026, 5, 1, 2, tzinfo=UTC).astimezone().tzinfo
    planned = only(plan(index(document()), listing(item(modified=NOW.astimezone(zone)))))
    assert planned.action is Action.UNCHANGED


def test_a_mass_delete_is_refused_and_the_message_names_the_first_document():
    """Filtered documents count too: they leave the index as removed ones do."""
    state = index(*(document(f"{n}.md") for n in range(6)))
    filtered = Filtered(item("0.md"), Reason.EXCLUDED)
    items = tuple(item(f"{n}.md") for n in range(2, 6))
    planned = plan(state, Listing("docs", items, (filtered,), complete=True))
    with pytest.raises(
        MassDeleteRefused,
        match=r"would remove 2 of 6 published documents, more than index\.max_delete_share \(20%\)",
    ):
        planned.refuse_mass_delete(IndexSettings())
    planned.refuse_mass_delete(IndexSettings(max_delete_share=0.34))


def test_documents_that_were_not_published_do_not_count_as_deleted():
    row, reject = quarantined(document("0.md"))
    state = index(row, *(document(f"{n}.md") for n in range(1, 5)), rejects=[reject])
    items = [item(f"{n}.md") for n in range(1, 5)]
    plan(state, listing(*items)).refuse_mass_delete(IndexSettings(max_delete_share=0.0))
    with pytest.raises(MassDeleteRefused, match="would remove 4 of 4"):
        plan(state, listing()).refuse_mass_delete(IndexSettings())
