"""A saved plan is refused as soon as something else would be done."""

from pathlib import Path

import pytest

from tests.pipeline.planning.index_frames import document, index, item, listing, plan, quarantined
from vouch.pipeline.planning.index_state import IndexState
from vouch.pipeline.planning.saved_plan import SavedPlan
from vouch.schemas.documents.records import SourceItem
from vouch.schemas.errors import PlanStale, SettingsError

INDEXED = index(document("same.md"), document("gone.md"))
ITEMS = (item("same.md"), item("new.md"))


def saved(state: IndexState, *items: SourceItem, settings: str = "s") -> SavedPlan:
    return SavedPlan.of(plan(state, listing(*items)), settings)


def test_a_plan_that_was_written_and_read_is_the_same_plan(tmp_path: Path):
    approved = saved(INDEXED, *ITEMS)
    assert set(approved.documents) == {"docs/new.md", "docs/gone.md"}
    assert approved.unchanged == 1
    approved.write(tmp_path / "plan.json")
    read = SavedPlan.read(tmp_path / "plan.json")
    assert read == approved
    read.refuse_stale(saved(INDEXED, *ITEMS))


def test_documents_that_need_nothing_are_only_counted():
    row, reject = quarantined(document("failed.md"))
    approved = saved(index(document("same.md"), row, rejects=[reject]), item("same.md"))
    assert approved.documents == {"docs/failed.md": approved.documents["docs/failed.md"]}
    waiting = saved(
        index(document("same.md"), row, rejects=[reject]), item("same.md"), item("failed.md")
    )
    assert (waiting.documents, waiting.unchanged) == ({}, 2)


@pytest.mark.parametrize(
    ("state", "items", "message"),
    [
        # A document more, one edited since, one no longer listed, one done by another run.
        (INDEXED, (*ITEMS, item("more.md")), r"docs/more\.md: unchanged, now new"),
        (INDEXED, (item("same.md"), item("new.md", size=11)), r"docs/new\.md: new, now new"),
        (INDEXED, (item("same.md"),), r"docs/new\.md: new, now unchanged"),
        (
            index(document("same.md"), document("gone.md"), document("new.md")),
            ITEMS,
            r"1 documents differ .* \(docs/new\.md: new, now unchanged\)",
        ),
        (INDEXED, (item("same.md", size=11), item("new.md")), r"docs/same\.md: unchanged, now ch"),
    ],
)
def test_a_plan_is_stale_where_another_thing_would_be_done(state, items, message: str):
    with pytest.raises(PlanStale, match=message):
        saved(INDEXED, *ITEMS).refuse_stale(saved(state, *items))


def test_a_plan_is_stale_where_unchanged_documents_have_come_or_gone():
    more = index(document("same.md"), document("gone.md"), document("other.md"))
    with pytest.raises(PlanStale, match="some unchanged documents differ"):
        saved(INDEXED, *ITEMS).refuse_stale(saved(more, *ITEMS, item("other.md")))


def test_a_plan_of_other_settings_is_stale():
    with pytest.raises(PlanStale, match="the settings have changed since the plan was saved"):
        saved(INDEXED, *ITEMS).refuse_stale(saved(INDEXED, *ITEMS, settings="edited"))


def test_at_most_three_documents_are_named():
    changed = [item(f"{number}.md") for number in range(5)]
    with pytest.raises(PlanStale, match="5 documents differ") as error:
        saved(index()).refuse_stale(saved(index(), *changed))
    assert str(error.value).count("now new") == 3


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"sources: []", "is not a saved plan .*`vouch plan --save`"),
        (b"{}", "is not a saved plan .*`vouch plan --save`"),
        (b"\xff", "cannot be read: it is not UTF-8 text"),
        (None, "cannot be read: No such file"),
    ],
)
def test_a_file_that_is_no_saved_plan_is_refused(
    tmp_path: Path, content: bytes | None, message: str
):
    file = tmp_path / "plan.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingsError, match=rf"plan\.json {message}"):
        SavedPlan.read(file)


def test_a_plan_that_cannot_be_written_is_a_settings_error(tmp_path: Path):
    with pytest.raises(SettingsError, match=r"none/plan\.json cannot be written: No such"):
        saved(index()).write(tmp_path / "none" / "plan.json")
