"""Shards: bounded, cut at the same documents every time, and named by all they are made from."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pipeline.planning.index_frames import FINGERPRINTS, NOW, document, index, item
from vouch.pipeline.planning.plan import Action, Plan, Planned
from vouch.pipeline.planning.sharding import Shard, cut_shards, shard_name
from vouch.schemas.documents.ids import document_id
from vouch.schemas.documents.records import Fingerprints, ParseConditions
from vouch.schemas.settings.choices import Redo
from vouch.schemas.settings.run import RunSettings

LIMITS = RunSettings(shard_documents=5, shard_mb=1.0)


def planned(uri: str, **item_columns: Any) -> Planned:
    return Planned(Action.NEW, "", item(uri, **item_columns), document_id("docs", uri))


def cut(
    documents: Iterable[Planned],
    now: Fingerprints = FINGERPRINTS,
    redo: Redo | None = None,
    run_id: str = "run",
    limits: RunSettings = LIMITS,
) -> list[Shard]:
    return cut_shards(Plan(tuple(documents), index().documents), now, limits, redo, run_id)


def name_of(document_plan: Planned, **options: Any) -> str:
    """Return the name of the shard of a single document."""
    (shard,) = cut([document_plan], **options)
    return shard.name


@given(st.lists(st.integers(0, 600_000), max_size=60))
@settings(max_examples=40)
def test_shards_hold_each_document_once_and_stay_within_their_limits(sizes: list[int]):
    documents = [planned(f"{number}.md", size=size) for number, size in enumerate(sizes)]
    shards = cut(documents)
    assert [member for shard in shards for member in shard.documents] == documents
    for shard in shards:
        assert 1 <= len(shard) <= 2 * LIMITS.shard_documents
        size = sum(member.item.size or 0 for member in shard.documents)
        assert size <= LIMITS.shard_mb * 1_000_000


def test_a_document_larger_than_a_shard_is_a_shard_of_its_own():
    shards = cut([planned("a.md", size=10), planned("large.md", size=2_000_000)])
    assert [len(shard) for shard in shards] == [1, 1]


def test_a_document_that_is_not_fetched_takes_no_bytes():
    documents = [
        replace(planned(f"{number}.md", size=900_000), from_text=True) for number in range(20)
    ]
    many = RunSettings(shard_documents=1_000, shard_mb=1.0)
    assert len(cut(documents, limits=many)) == 1


@pytest.mark.parametrize("place", [0, 100, 200])
def test_one_more_document_leaves_shards_far_from_it_as_they_are(place: int):
    """A full shard moves the next cut, but the next document whose id is a cut moves it back."""
    documents = [planned(f"{number}.md") for number in range(200)]
    before = {shard.name for shard in cut(documents)}
    documents.insert(place, planned("added.md"))
    after = {shard.name for shard in cut(documents)}
    assert len(before) > 30
    assert len(before - after) <= 3


def test_only_documents_to_be_processed_are_in_shards():
    documents = [replace(planned(f"{action}.md"), action=action) for action in Action]
    actions = {member.action for shard in cut(documents) for member in shard.documents}
    assert actions == {Action.NEW, Action.CHANGED, Action.RETRY, Action.REPROCESS}


def test_a_shard_of_the_same_documents_and_settings_has_the_same_name():
    assert name_of(planned("a.md"), run_id="first") == name_of(planned("a.md"), run_id="second")


@pytest.mark.parametrize(
    "changed",
    [
        planned("b.md"),
        planned("a.md", size=11),
        planned("a.md", modified=NOW + timedelta(seconds=1)),
        planned("a.md", etag="a"),
        replace(planned("a.md"), from_text=True),
        replace(planned("a.md"), current=True),
        replace(planned("a.md"), indexed=document("a.md", run_id="another")),
        replace(planned("a.md"), indexed=document("a.md", run_id=None, remove_after=NOW)),
    ],
)
def test_a_shard_of_another_state_of_its_documents_has_another_name(changed: Planned):
    assert name_of(changed) != name_of(planned("a.md"))


@pytest.mark.parametrize(
    "options",
    [
        {"now": replace(FINGERPRINTS, chunk="new")},
        {"now": replace(FINGERPRINTS, check="new")},
        {"now": replace(FINGERPRINTS, embedding="new")},
        {"now": replace(FINGERPRINTS, limits="new")},
        {"now": replace(FINGERPRINTS, conditions=ParseConditions(redaction="new"))},
        {"now": replace(FINGERPRINTS, conditions=ParseConditions(ocr="new"))},
        {"now": replace(FINGERPRINTS, contracts={"docs": "new"})},
        {"now": replace(FINGERPRINTS, fetch={"docs": "new"})},
        {"redo": Redo.CHUNK},
    ],
)
def test_a_shard_made_with_other_settings_has_another_name(options: dict[str, Any]):
    assert name_of(planned("a.md"), **options) != name_of(planned("a.md"))


def test_an_etag_alone_distinguishes_two_states_of_a_document():
    """A store that copies files gives them new times and keeps their etags."""
    first = planned("a.md", etag="a", modified=NOW)
    assert name_of(first) == name_of(planned("a.md", etag="a", modified=None))


def test_without_etag_and_time_a_shard_is_good_for_its_own_run_only():
    unknown = planned("a.md", modified=None)
    assert name_of(unknown, run_id="first") != name_of(unknown, run_id="second")


def test_names_depend_on_the_kind_and_on_every_part():
    names = {shard_name("shard", "a"), shard_name("status", "a"), shard_name("shard", "a", "b")}
    assert len(names) == 3
    assert shard_name("shard", "a").startswith("shard-")
