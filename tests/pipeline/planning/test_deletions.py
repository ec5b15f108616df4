"""Indexed documents that are no longer listed: removed, or kept for their grace."""

from datetime import timedelta

import pytest

from tests.pipeline.planning.index_frames import (
    FINGERPRINTS,
    NOW,
    SETTINGS,
    attachment,
    document,
    index,
    item,
    listing,
    plan,
    quarantined,
)
from vouch.pipeline.context.scope import Scope, Window
from vouch.pipeline.planning.deletions import Deletions
from vouch.pipeline.planning.index_state import IndexState
from vouch.pipeline.planning.plan import Action, Planned
from vouch.schemas.documents.records import Filtered, Listing, Reason
from vouch.schemas.settings.choices import Redo

DAY = timedelta(days=1)
GRACE = SETTINGS.model_copy(
    update={"index": SETTINGS.index.model_copy(update={"delete_grace_h": 24.0})}
)


def unlisted(state: IndexState, *, grace: bool = False) -> list[Planned]:
    """Plan for a source of which nothing is listed, with a grace of 24 hours or without."""
    deletions = Deletions(state, FINGERPRINTS, GRACE if grace else SETTINGS, NOW)
    return list(deletions.of_listing(listing()))


def test_without_grace_a_document_is_removed_at_once():
    (planned,) = unlisted(index(document()))
    assert (planned.action, planned.why) == (Action.REMOVED, "no longer in a complete listing")
    assert planned.unlisted


def test_listed_and_filtered_documents_and_those_of_other_sources_are_not_its_matter():
    state = index(document(), document("b.md"), document(source="notes"))
    filtered = Filtered(item("b.md"), Reason.HIDDEN)
    deletions = Deletions(state, FINGERPRINTS, SETTINGS, NOW)
    assert not list(deletions.of_listing(Listing("docs", (item(),), (filtered,), complete=True)))


def test_an_attachment_goes_with_its_document():
    mail = document("mail.eml")
    (planned,) = unlisted(index(mail, attachment(mail)))
    assert planned.document_id == mail["document_id"]


def test_within_its_grace_a_document_is_missing_and_stays_as_it_is():
    (planned,) = unlisted(index(document()), grace=True)
    assert planned.action is Action.MISSING
    assert planned.why == "no longer listed; kept until 2026-05-02 00:00"
    assert not planned.from_text


@pytest.mark.parametrize(
    ("remove_after", "action"),
    [
        (NOW + timedelta(seconds=1), Action.MISSING),
        (NOW, Action.REMOVED),
        (NOW - DAY, Action.REMOVED),
    ],
)
def test_the_time_that_the_index_has_decides_when_the_grace_ends(remove_after, action: Action):
    """A grace that is set shorter or longer later applies to later deletes."""
    (planned,) = unlisted(index(document(remove_after=remove_after)), grace=True)
    assert planned.action is action


def test_a_document_in_quarantine_has_no_grace():
    """Nobody finds it by a search."""
    row, reject = quarantined(document())
    (planned,) = unlisted(index(row, rejects=[reject]), grace=True)
    assert planned.action is Action.REMOVED


def test_a_missing_document_follows_a_changed_chunking():
    """Searches find it, and must not mix two generations."""
    (planned,) = unlisted(index(document(chunk_fingerprint="old")), grace=True)
    assert (planned.action, planned.from_text, planned.unlisted) == (Action.REPROCESS, True, True)
    assert planned.why == (
        "the chunking has changed; no longer listed; kept until 2026-05-02 00:00"
    )


def test_a_missing_document_does_not_follow_a_changed_parser():
    """Its file is gone, so it cannot be parsed again."""
    (planned,) = unlisted(index(document(parse_fingerprint="old")), grace=True)
    assert planned.action is Action.MISSING


def test_documents_of_a_source_that_the_settings_no_longer_name_are_removed():
    state = index(document(), document("x.md", source="former"))
    planned = plan(state, listing(item()), listing(source="notes"))
    (removed,) = planned.of(Action.REMOVED)
    assert (removed.item.source, removed.why) == (
        "former",
        "its source is no longer in the settings",
    )


def test_a_source_that_was_taken_out_has_grace_though_its_contract_is_gone():
    """Its rows were checked by rules that are no longer in the settings: no reason to redo them."""
    state = index(document("x.md", source="former", check_fingerprint="former's own rules"))
    deletions = Deletions(state, FINGERPRINTS, GRACE, NOW)
    (planned,) = deletions.of_missing_sources()
    assert planned.action is Action.MISSING
    assert planned.why == ("its source is no longer in the settings; kept until 2026-05-02 00:00")


def test_an_incomplete_listing_removes_nothing():
    state = index(document(), document("b.md"))
    assert plan(state, listing(item(), complete=False)).counts == {"unchanged": 1}


def test_an_incomplete_listing_does_not_keep_a_source_that_was_taken_out():
    state = index(document(), document("x.md", source="former"))
    assert plan(state, listing(complete=False)).counts == {"removed": 1}


@pytest.mark.parametrize(
    "scope",
    [
        Scope(path="b/"),
        Scope(reasons=("empty",)),
        Scope(window=Window(NOW, None)),
        Scope(quarantined_only=True),
        Scope(documents=frozenset()),
        Scope(partial=True),
    ],
)
def test_a_run_over_a_part_removes_nothing(scope: Scope):
    state = index(document("b/b.md"), document("x.md", source="former"))
    planned = plan(state, listing(), scope=scope)
    assert planned.size == 0


def test_a_run_over_some_sources_removes_only_of_these():
    state = index(document(), document("x.md", source="former"))
    (removed,) = plan(state, listing(), scope=Scope(sources=("docs",))).documents
    assert removed.item.source == "docs"


def test_a_run_over_the_stored_texts_removes_no_source():
    state = index(document("x.md", source="former"))
    scope = Scope("reindex", redo=Redo.EMBED, from_index=True)
    assert plan(state, scope=scope).size == 0
