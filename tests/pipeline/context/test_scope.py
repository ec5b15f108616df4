"""What a run is about: which items of a listing it takes, and what its scope justifies."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.pipeline.planning.index_frames import NOW, SETTINGS, item
from vouch.pipeline.context.scope import Scope, Window
from vouch.schemas.documents.records import Filtered, Listing, Reason
from vouch.schemas.errors import SettingsError
from vouch.schemas.settings.choices import Redo, TimeBasis

HOUR = timedelta(hours=1)
WHOLE = Listing(
    "docs",
    (
        item("2026/03/17/a.md", modified=NOW),
        item("2026/04/b.md", modified=NOW + HOUR),
        item("c.md", modified=None),
    ),
    (Filtered(item("d.md"), Reason.HIDDEN),),
    complete=True,
)


def uris(scope: Scope) -> list[str]:
    return [listed.uri for listed in scope.of(WHOLE, SETTINGS).items]


@pytest.mark.parametrize(
    ("window", "time", "expected"),
    [
        (Window(NOW, NOW + HOUR), NOW, True),
        (Window(NOW, NOW + HOUR), NOW + HOUR, False),
        (Window(NOW, NOW + HOUR), NOW - timedelta(microseconds=1), False),
        (Window(NOW, None), NOW + 1000 * HOUR, True),
        (Window(None, NOW), NOW - 1000 * HOUR, True),
        # A document without a source time is in no bounded window.
        (Window(NOW, None), None, False),
        (Window(None, NOW), None, False),
        (Window(), None, True),
    ],
)
def test_a_window_contains_its_start_but_not_its_end(
    window: Window, time: datetime | None, expected: bool
):
    assert window.contains(time) is expected


def test_without_a_limit_the_whole_listing_is_in_scope():
    assert Scope().of(WHOLE, SETTINGS) is WHOLE
    assert Scope(sources=("docs",)).of(WHOLE, SETTINGS) is WHOLE


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (Scope(path="2026/"), ["2026/03/17/a.md", "2026/04/b.md"]),
        (Scope(path="*.md"), ["2026/03/17/a.md", "2026/04/b.md", "c.md"]),
        (Scope(path="/c.md"), ["c.md"]),
        (Scope(window=Window(NOW, NOW + HOUR)), ["2026/03/17/a.md"]),
        (
            Scope(window=Window(datetime(2026, 4, 1, tzinfo=UTC), None, TimeBasis.PATH)),
            ["2026/04/b.md"],
        ),
        (Scope(path="2026/", window=Window(NOW + HOUR, None)), ["2026/04/b.md"]),
        (Scope(partial=True), ["2026/03/17/a.md", "2026/04/b.md", "c.md"]),
    ],
)
def test_a_part_of_a_listing_is_never_complete(scope: Scope, expected: list[str]):
    part = scope.of(WHOLE, SETTINGS)
    assert [listed.uri for listed in part.items] == expected
    # Neither does it filter: a document that is out of scope stays as it is.
    assert (part.complete, part.filtered) == (False, ())


@pytest.mark.parametrize(
    ("scope", "whole_sources", "all_sources", "takes_all"),
    [
        (Scope(), True, True, True),
        (Scope(sources=("docs",)), True, False, True),
        (Scope(path="a/"), False, False, True),
        (Scope(window=Window(NOW)), False, False, True),
        (Scope(partial=True), False, False, True),
        (Scope(reasons=("empty",)), False, False, False),
        (Scope(quarantined_only=True), False, False, False),
        (Scope(documents=frozenset()), False, False, False),
        (Scope(redo=Redo.PARSE), True, True, False),
        (Scope(from_index=True), True, False, False),
    ],
)
def test_what_a_scope_justifies(
    scope: Scope, whole_sources: bool, all_sources: bool, takes_all: bool
):
    properties = (scope.whole_sources, scope.all_sources, scope.takes_all)
    assert properties == (whole_sources, all_sources, takes_all)


def test_a_source_that_the_settings_do_not_have_is_refused():
    Scope(sources=("notes",)).check(SETTINGS)
    with pytest.raises(SettingsError, match=r"no source 'doc' .* there are docs, notes"):
        Scope(sources=("notes", "doc")).check(SETTINGS)


def test_a_scope_is_shown_by_its_limits():
    assert str(Scope()) == ""
    scope = Scope(
        "backfill",
        sources=("docs",),
        path="a/",
        reasons=("empty",),
        window=Window(None, NOW, TimeBasis.PATH),
        redo=Redo.CHUNK,
    )
    assert str(scope) == (
        "path a/, again from chunk, source docs, reason empty, […, 2026-05-01 00:00) by path"
    )
