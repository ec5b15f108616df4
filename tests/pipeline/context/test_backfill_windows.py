"""Windows of a backfill: cut along the calendar, without gap or overlap."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vouch.pipeline.context.backfill_windows import cut_windows
from vouch.pipeline.context.scope import Window
from vouch.schemas.errors import SettingsError
from vouch.schemas.settings.choices import TimeBasis, WindowLength


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("since", "until", "every", "borders"),
    [
        # Months and years begin on their first day; the first and the last window may be shorter.
        (
            utc(2024, 1, 20),
            utc(2024, 4, 1),
            WindowLength.MONTH,
            [utc(2024, 1, 20), utc(2024, 2, 1), utc(2024, 3, 1), utc(2024, 4, 1)],
        ),
        (
            utc(2024, 12, 31, 23),
            utc(2025, 1, 2),
            WindowLength.MONTH,
            [utc(2024, 12, 31, 23), utc(2025, 1, 1), utc(2025, 1, 2)],
        ),
        (
            utc(2024, 6, 1),
            utc(2026, 2, 1),
            WindowLength.YEAR,
            [utc(2024, 6, 1), utc(2025, 1, 1), utc(2026, 1, 1), utc(2026, 2, 1)],
        ),
        # Shorter windows count from the start.
        (
            utc(2024, 2, 28, 12),
            utc(2024, 3, 1),
            WindowLength.DAY,
            [utc(2024, 2, 28, 12), utc(2024, 2, 29, 12), utc(2024, 3, 1)],
        ),
        (
            utc(2024, 1, 1),
            utc(2024, 1, 9),
            WindowLength.WEEK,
            [utc(2024, 1, 1), utc(2024, 1, 8), utc(2024, 1, 9)],
        ),
        (
            utc(2024, 1, 1),
            utc(2024, 1, 1, 2),
            WindowLength.HOUR,
            [utc(2024, 1, 1), utc(2024, 1, 1, 1), utc(2024, 1, 1, 2)],
        ),
    ],
)
def test_a_span_is_cut_at_these_borders(
    since: datetime, until: datetime, every: WindowLength, borders: list[datetime]
):
    expected = [
        Window(start, end, TimeBasis.PATH)
        for start, end in zip(borders[:-1], borders[1:], strict=True)
    ]
    assert cut_windows(since, until, every, TimeBasis.PATH) == expected


_TIMES = st.datetimes(datetime(2020, 1, 1), datetime(2021, 1, 1))


@given(_TIMES, _TIMES, st.sampled_from([length for length in WindowLength if length != "hour"]))
@settings(max_examples=30)
def test_windows_follow_one_another_from_start_to_end(
    one_time: datetime, another_time: datetime, every: WindowLength
):
    since, until = sorted((one_time, another_time))
    if since == until:
        return
    windows = cut_windows(since, until, every, TimeBasis.MODIFIED)
    borders = [window.start for window in windows if window] + [windows[-1].end]
    assert borders[0] == since.replace(tzinfo=UTC)
    assert borders[-1] == until.replace(tzinfo=UTC)
    assert [window.end for window in windows] == borders[1:]
    assert borders == sorted(set(borders))


def test_without_a_time_there_is_one_run_without_a_window():
    assert cut_windows(None, None, None, TimeBasis.PATH) == [None]


@pytest.mark.parametrize(
    ("since", "until"),
    [
        (datetime(2026, 1, 1), None),
        (None, datetime(2026, 1, 1)),
        (utc(2025, 1, 1), utc(2026, 1, 1)),
    ],
)
def test_a_span_that_is_not_cut_is_one_window_and_may_be_open(since, until):
    (window,) = cut_windows(since, until, None, TimeBasis.MODIFIED)
    # Times without a zone are UTC.
    starts = (since and since.replace(tzinfo=UTC), until and until.replace(tzinfo=UTC))
    assert (window.start, window.end) == starts


@pytest.mark.parametrize(
    ("span", "message"),
    [
        ((utc(2026, 1, 2), utc(2026, 1, 1), None), "ends .* before it begins"),
        ((utc(2026, 1, 1), utc(2026, 1, 1), WindowLength.DAY), "ends .* before it begins"),
        ((utc(2026, 1, 1), None, WindowLength.DAY), "needs --since and --until"),
        ((None, utc(2026, 1, 1), WindowLength.DAY), "needs --since and --until"),
        ((None, None, WindowLength.DAY), "needs --since and --until"),
    ],
)
def test_a_span_that_cannot_be_cut_is_refused(span: tuple[Any, ...], message: str):
    with pytest.raises(SettingsError, match=message):
        cut_windows(*span, TimeBasis.MODIFIED)
