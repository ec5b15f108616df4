"""Cuts a span of source time into half-open windows along the calendar."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from vouch.pipeline.context.scope import Window
from vouch.schemas.errors import SettingsError
from vouch.schemas.settings.choices import TimeBasis, WindowLength

_STEPS = {
    WindowLength.HOUR: timedelta(hours=1),
    WindowLength.DAY: timedelta(days=1),
    WindowLength.WEEK: timedelta(weeks=1),
}


def cut_windows(
    since: datetime | None, until: datetime | None, every: WindowLength | None, by: TimeBasis
) -> list[Window | None]:
    """One after the other, without gap or overlap; one None where no time is asked for. Times
    without a zone are UTC.

    Raises `SettingsError` for a span that ends before it begins, or that has no end to cut.
    """
    since, until = _aware(since), _aware(until)
    if since is None and until is None and every is None:
        return [None]
    if since and until and since >= until:
        raise SettingsError(f"the window ends ({until}) before it begins ({since})")
    if every is None:
        return [Window(since, until, by)]
    if since is None or until is None:
        raise SettingsError("a backfill in windows needs --since and --until")
    return [Window(start, end, by) for start, end in _cut(since, until, every)]


def _cut(
    since: datetime, until: datetime, every: WindowLength
) -> Iterator[tuple[datetime, datetime]]:
    start = since
    while start < until:
        try:
            end = min(_next(start, every), until)
        except (OverflowError, ValueError):  # beyond the last year that a date can have
            end = until
        yield start, end
        start = end


def _next(start: datetime, every: WindowLength) -> datetime:
    if every in _STEPS:
        return start + _STEPS[every]
    first = start.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    if every is WindowLength.YEAR:
        return first.replace(year=start.year + 1, month=1)
    return (first + timedelta(days=32)).replace(day=1)


def _aware(time: datetime | None) -> datetime | None:
    return time.replace(tzinfo=UTC) if time is not None and time.tzinfo is None else time
