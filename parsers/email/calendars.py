"""Calendars (iCalendar, RFC 5545; vCalendar 1.0): what, when, where and who of each entry.

The library icalendar divides the lines and reads times; a line that it refuses costs itself only.
"""

import binascii
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from icalendar.parser import Contentline, Contentlines
from icalendar.prop import TypesFactory, vDDDTypes, vDuration

from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.clean import one_line
from vouch.parsers.common.encoding import decode_leniently
from vouch.parsers.email.alternatives import says_nothing_new
from vouch.parsers.email.html_body import shown_text
from vouch.schemas.records import LeftOutKind

_BEGIN = re.compile(r"\s*BEGIN:(?:VCALENDAR|VEVENT|VTODO|VJOURNAL|VFREEBUSY)\b", re.IGNORECASE)
_ENTRIES = frozenset({"VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY"})
# A line that begins otherwise continues the one before: a program has wrapped it, or a text with
# newlines in it was never escaped.
_NAME = re.compile(r"([A-Z][A-Z0-9-]{0,60})[:;]")
_NAMES = frozenset(TypesFactory().types_map) | frozenset(
    "BEGIN END NAME COLOR IMAGE AALARM DALARM MALARM PALARM DAYLIGHT TZ RNUM".split()
)
_SOFT_BREAK = "="
_METHODS = {
    "REQUEST": "invitation",
    "CANCEL": "cancellation",
    "REPLY": "reply to an invitation",
    "COUNTER": "counter-proposal",
    "DECLINECOUNTER": "refusal of a counter-proposal",
    "REFRESH": "request for the newest version",
    "ADD": "additional dates",
}
# Labels of the properties that are shown one a line, in order.
_LINES = (
    ("LOCATION", "Where"),
    ("ORGANIZER", "Organizer"),
    ("ATTENDEE", "Attendees"),
    ("CONTACT", "Contact"),
    ("RESOURCES", "Resources"),
    ("STATUS", "Status"),
    ("PERCENT-COMPLETE", "Percent complete"),
    ("CATEGORIES", "Categories"),
    ("URL", "Link"),
    ("CONFERENCE", "Conference"),
    ("X-GOOGLE-CONFERENCE", "Conference"),
    ("ATTACH", "Attached"),
    ("FREEBUSY", "Times"),
    ("RDATE", "Also on"),
    ("EXDATE", "Except on"),
)
_PEOPLE = ("ORGANIZER", "ATTENDEE")
_TIMES = ("RDATE", "EXDATE", "FREEBUSY")
_NO_ANSWER = "NEEDS-ACTION"
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
_MAX_SHOWN = 2_000  # characters of an attached file that is written into the calendar


@dataclass(frozen=True, slots=True)
class Property:
    """A value with its parameters, whose names are in capitals."""

    value: str
    parameters: dict[str, str]


@dataclass(slots=True)
class Entry:
    """An event, a task or a note: its properties by name, in their order."""

    kind: str
    properties: dict[str, list[Property]] = field(default_factory=dict)
    is_cut: bool = False

    def text(self, name: str) -> str:
        """Return the values of a property, one a line."""
        return "\n".join(value.value for value in self.properties.get(name, ()))


def is_calendar(text: str) -> bool:
    """Return whether a text begins as calendars do."""
    return _BEGIN.match(text.removeprefix("\ufeff")) is not None


def entries_in(text: str) -> tuple[Entry, list[Entry]]:
    """Return the properties of a calendar itself, and its entries, also one that is cut off."""
    calendar = Entry("VCALENDAR")
    entries: list[Entry] = []
    open_parts = [calendar]
    for name, parameters, value in _lines(text):
        if name == "BEGIN":
            kind = one_line(value).upper()
            # What else there is, such as alarms and rules of time zones, is not text.
            open_parts.append(calendar if kind == "VCALENDAR" else Entry(kind))
            if kind in _ENTRIES:
                entries.append(open_parts[-1])
        elif name == "END":
            if len(open_parts) > 1:
                open_parts.pop()
        else:
            values = open_parts[-1].properties.setdefault(name, [])
            values.append(Property(value, parameters))
    if open_parts[-1].kind in _ENTRIES:
        open_parts[-1].is_cut = True
    return calendar, entries


def add_calendar(
    builder: DocumentBuilder, text: str, level: int, said: Sequence[str] = ()
) -> str | None:
    """Add the entries of a calendar under headings of depth `level`; return its title.

    A description that `said` holds already, as the mail of an invitation does, is not added again.
    A text that says nothing of that kind is added as it is.
    """
    before = len(builder)
    calendar, entries = entries_in(text)
    method = _METHODS.get(calendar.text("METHOD").strip().upper(), "")
    name = one_line(calendar.text("X-WR-CALNAME") or calendar.text("NAME"))
    about = calendar.text("X-WR-CALDESC") or calendar.text("DESCRIPTION")
    if len(entries) != 1 and name:
        builder.title(name, level)
        level += 1
    builder.paragraph(about)
    for entry in entries:
        _add_entry(builder, entry, level, method, said)
    if len(builder) == before:
        builder.paragraph(text)
    only = one_line(entries[0].text("SUMMARY")) if len(entries) == 1 else ""
    return only or name or None


def _add_entry(
    builder: DocumentBuilder, entry: Entry, level: int, method: str, said: Sequence[str]
) -> None:
    builder.title(entry.text("SUMMARY"), level)
    if entry.is_cut:
        name = one_line(entry.text("SUMMARY")) or "the last entry"
        builder.damaged_part(name, "the calendar is cut off within this entry")
    lines = [("When", _when(entry)), ("Due", _time(entry.properties.get("DUE", [])))]
    if rules := entry.properties.get("RRULE"):
        lines.append(("Repeats", "; ".join(_rule(rule.value) for rule in rules)))
    lines += ((label, _shown(name, entry.properties.get(name, ()))) for name, label in _LINES)
    lines.append(("Message", method))
    builder.paragraph("\n".join(f"{label}: {value}" for label, value in lines if value))
    for description in filter(None, (_description(builder, entry), entry.text("COMMENT"))):
        if says_nothing_new(description, said):
            builder.leave_out(LeftOutKind.REPEATED, description)
            continue
        for paragraph in re.split(r"\n\s*\n", description):
            builder.paragraph(paragraph)


def _description(builder: DocumentBuilder, entry: Entry) -> str:
    """Return the plain description, or the one in HTML that Outlook writes beside or instead."""
    plain = entry.text("DESCRIPTION")
    rich = shown_text(entry.text("X-ALT-DESC"))
    if not rich or says_nothing_new(rich, [plain]):
        builder.leave_out(LeftOutKind.ALTERNATIVE, rich)
        return plain
    builder.leave_out(LeftOutKind.ALTERNATIVE, plain)
    return rich


def _lines(text: str) -> Iterator[tuple[str, dict[str, str], str]]:
    """Yield names in capitals, parameters and values, without folds and escapes."""
    name, parameters, value = "", dict[str, str](), ""
    for line in _unfolded(text):
        parsed = _parts(line)
        if parsed is None:
            value += f"\n{line}"
            continue
        if name:
            yield name, parameters, value
        name, parameters, value = parsed
    if name:
        yield name, parameters, value


def _unfolded(text: str) -> Iterator[str]:
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    pending = ""
    for line in Contentlines.from_ical(text):
        line = pending + line
        head = line.partition(":")[0].upper()
        # Quoted-printable continues behind its own mark (vCalendar 1.0).
        pending = line[:-1] if "QUOTED-PRINTABLE" in head and line.endswith(_SOFT_BREAK) else ""
        if not pending and line:
            yield line
    if pending:
        yield pending


def _parts(line: str) -> tuple[str, dict[str, str], str] | None:
    match = _NAME.match(line.lstrip()[:62].upper())
    if not match or not (match[1] in _NAMES or match[1].startswith("X-")):
        return None
    try:
        name, parameters, value = Contentline(line).parts()
    except ValueError:
        # Parameters that break the grammar: what is behind the colon is the value all the same.
        head, _, value = line.partition(":")
        return re.split("[:;]", head)[0].upper(), {}, value
    given = {str(key).upper(): _joined(item) for key, item in parameters.items()}
    if given.get("ENCODING", "").upper() == "QUOTED-PRINTABLE":
        data = binascii.a2b_qp(line[line.index(":") + 1 :].encode("utf-8", "replace"))
        value = decode_leniently(data, given.get("CHARSET"))
    return name.upper(), given, str(value)


def _joined(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _shown(name: str, properties: Sequence[Property]) -> str:
    if name in _PEOPLE:
        return ", ".join(filter(None, map(_person, properties)))
    if name in _TIMES:
        return ", ".join(
            filter(
                None,
                (
                    _time([Property(v, p.parameters)])
                    for p in properties
                    for v in p.value.split(",")
                ),
            )
        )
    if name == "STATUS":
        return ", ".join(value.value.strip().lower() for value in properties)
    values = (one_line(value.value) for value in properties if not _is_file(value))
    return ", ".join(filter(None, values))


def _is_file(value: Property) -> bool:
    return "ENCODING" in value.parameters or len(value.value) > _MAX_SHOWN


def _person(person: Property) -> str:
    """Return name, address and, where there is one, the answer of somebody who takes part."""
    address = re.sub(r"^mailto:", "", one_line(person.value), flags=re.IGNORECASE)
    name = one_line(person.parameters.get("CN", "")).strip("'\"")
    answer = person.parameters.get("PARTSTAT", _NO_ANSWER).upper()
    shown = f"{name} <{address}>" if name and address and name != address else name or address
    is_answer = shown and answer != _NO_ANSWER
    return f"{shown} ({answer.lower().replace('-', ' ')})" if is_answer else shown


def _when(entry: Entry) -> str:
    """Return the time of an entry: its day of the week, date, hours and time zone."""
    first = next(iter(entry.properties.get("DTSTART", ())), None)
    if first is None:
        return _time(entry.properties.get("DTEND", []))
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


def _time(properties: Sequence[Property]) -> str:
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


def _rule(rule: str) -> str:
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
        words.append(f"until {_time([Property(until, {})])}")
    parts.pop("WKST", None)
    words += (f"{_RULE_PARTS.get(name, name)} {value}" for name, value in parts.items())
    return " ".join(filter(None, words))
