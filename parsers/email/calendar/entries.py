"""The entries of a calendar (iCalendar, RFC 5545; vCalendar 1.0) and their properties.

The library icalendar divides the lines; one that it refuses costs itself only.
"""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from icalendar.parser import Contentline, Contentlines
from icalendar.prop import TypesFactory

from vouch.parsers.common.text.clean import one_line
from vouch.parsers.common.text.encoding import decode_leniently

_BEGIN = re.compile(r"\s*BEGIN:(?:VCALENDAR|VEVENT|VTODO|VJOURNAL|VFREEBUSY)\b", re.IGNORECASE)
_ENTRIES = frozenset({"VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY"})
_FOLD_IN_CHARACTER = re.compile(rb"(?<=[\x80-\xff])\r?\n[ \t](?=[\x80-\xbf])")
# A line that begins otherwise continues the previous line: a program has wrapped it, or a text with
# newlines in it was never escaped.
_NAME = re.compile(r"([A-Z][A-Z0-9-]{0,60})[:;]")
_NAMES = frozenset(TypesFactory().types_map) | frozenset(
    "BEGIN END NAME COLOR IMAGE AALARM DALARM MALARM PALARM DAYLIGHT TZ RNUM".split()
)
_SOFT_BREAK = "="


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


def with_whole_characters(data: bytes) -> bytes:
    """Return a calendar without the folds within characters, as some programs count bytes."""
    return _FOLD_IN_CHARACTER.sub(b"", data)


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
    encoded: list[str] = []  # the pieces of a line in quoted-printable (vCalendar 1.0)
    for line in Contentlines.from_ical(text):
        if encoded or "QUOTED-PRINTABLE" in line.partition(":")[0].upper():
            encoded.append(line.removesuffix(_SOFT_BREAK))
            if line.endswith(_SOFT_BREAK):
                continue
            line, encoded = "".join(encoded), []
        if line:
            yield line
    if encoded:
        yield "".join(encoded)


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
