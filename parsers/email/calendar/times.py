"""Times of calendars in words: when an entry is, and how it repeats. icalendar reads the values."""

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta

from icalendar.prop import vDDDTypes, vDuration

from vouch.parsers.common.text.clean import one_line
from vouch.parsers.email.calendar.entries import Entry, Property

_RULE_WORDS = {
    "DAILY": "every day",
    "WEEKLY": "every week",
    "MONTHLY": "every month",
    "YEARLY": "every year",
    "HOURLY": "every hour",
    "MINUTELY": "every minute",
    "SECONDLY": "every second",
}
_UNITS = {
    "DAILY": "days",
    "WEEKLY": "weeks",
    "MONTHLY": "months",
    "YEARLY": "years",
    "HOURLY": "hours",
    "MINUTELY": "minutes",
    "SECONDLY": "seconds",
}
_DAYS = {
    "MO": "Monday",
    "TU": "Tuesday",
    "WE": "Wednesday",
    "TH": "Thursday",
    "FR": "Friday",
    "SA": "Saturday",
    "SU": "Sunday",
}
_WEEKDAYS = tuple(_DAYS.values())
_DAY = re.compile(r"([+-]?\d{0,2})(MO|TU|WE|TH|FR|SA|SU)\b")
_RULE_PARTS = {
    "BYMONTHDAY": "on day",
    "BYMONTH": "in month",
    "BYYEARDAY": "on day of the year",
    "BYWEEKNO": "in week",
    "BYSETPOS": "of these number",
    "BYHOUR": "at hour",
    "BYMINUTE": "at minute",
}


def when(entry: Entry) -> str:
    """Return the time of an entry: its day of the week, date, hours and time zone."""
    first = next(iter(entry.properties.get("DTSTART", ())), None)
    if first is None:
        return time_shown(entry.properties.get("DTEND", []))
    start = _value(first)
    end = next((_value(last) for last in entry.properties.get("DTEND", ())), None)
    if end is None and start is not None:
        for length in entry.properties.get("DURATION", ()):
            with suppress(ValueError, OverflowError, TypeError):
                end = start + vDuration.from_ical(length.value.strip())
    if start is None:
        return one_line(first.value)
    zone = _zone(first, start)
    if not isinstance(start, datetime):
        if not isinstance(end, datetime) and isinstance(end, date):
            last = end - timedelta(days=1) if end > start else end  # it is the day behind
            return f"{_day(start)} to {_day(last)}" if last > start else _day(start)
        return _day(start)
    if not isinstance(end, datetime):
        return _point(start) + zone
    last_zone = next((_zone(last, end) for last in entry.properties.get("DTEND", ())), zone)
    if zone != last_zone:
        return f"{_point(start)}{zone} to {_point(end)}{last_zone}"
    is_same_day = start.date() == end.date()
    return f"{_point(start)} to {f'{end:%H:%M}' if is_same_day else _point(end)}{zone}"


def time_shown(properties: Sequence[Property]) -> str:
    """Return a time, or a period as its start and its end; what is neither as it is."""
    if not properties:
        return ""
    first = properties[0]
    shown, start = [], None
    for piece in first.value.split("/")[:2]:
        point = Property(piece, first.parameters)
        value = _value(point)
        if value is None and start is not None:
            with suppress(ValueError, OverflowError, TypeError):
                value = start + vDuration.from_ical(one_line(piece))
        start = value
        if value is None:
            shown.append(one_line(point.value))
        elif isinstance(value, datetime):
            shown.append(_point(value) + _zone(point, value))
        else:
            shown.append(_day(value))
    return " to ".join(filter(None, shown))


def _value(time: Property) -> date | datetime | None:
    """Return a date, or a time on the clock of its zone; None for what is neither."""
    with suppress(ValueError, OverflowError, TypeError):
        value = vDDDTypes.from_ical(one_line(time.value).removesuffix("Z"))
        if isinstance(value, date):  # a datetime is one too
            return value
    return None


def _zone(time: Property, value: date) -> str:
    if not isinstance(value, datetime):
        return ""
    zone = "UTC" if time.value.strip().upper().endswith("Z") else time.parameters.get("TZID", "")
    return f" ({one_line(zone).strip('/')})" if zone else ""


def _point(time: datetime) -> str:
    return f"{_day(time)} {time:%H:%M}"


def _day(day: date) -> str:
    return f"{_WEEKDAYS[day.weekday()]}, {day.isoformat()[:10]}"


def rule_shown(rule: str) -> str:
    """Return how an entry repeats, in words; a part that is not known as it is."""
    parts = dict(part.partition("=")[::2] for part in one_line(rule).upper().split(";"))
    kind = parts.pop("FREQ", "")
    interval = parts.pop("INTERVAL", "1")
    words = [_RULE_WORDS.get(kind, kind)]
    if interval != "1" and kind in _UNITS:
        words = [f"every {interval} {_UNITS[kind]}"]
    if days := parts.pop("BYDAY", ""):
        named = (f"{match[1]} {_DAYS[match[2]]}".strip() for match in _DAY.finditer(days))
        words.append(f"on {', '.join(named) or days}")
    if count := parts.pop("COUNT", ""):
        words.append(f"{count} times")
    if until := parts.pop("UNTIL", ""):
        words.append(f"until {time_shown([Property(until, {})])}")
    parts.pop("WKST", None)
    words += (f"{_RULE_PARTS.get(name, name)} {value}" for name, value in parts.items())
    return " ".join(filter(None, words))
