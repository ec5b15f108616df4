"""The text of a calendar: what, when, where and who of each entry."""

import re
from collections import Counter
from collections.abc import Sequence

from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.text.clean import one_line
from vouch.parsers.email.alternatives import says_nothing_new, words_of
from vouch.parsers.email.calendar.entries import Entry, Property, entries_in
from vouch.parsers.email.calendar.times import rule_shown, time_shown, when
from vouch.parsers.email.html_body import shown_text
from vouch.schemas.documents.records import LeftOutKind

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
_MAX_SHOWN = 2_000  # characters of an attached file that is written into the calendar


def add_calendar(
    builder: DocumentBuilder, text: str, level: int, mail_words: Counter[str] | None = None
) -> str | None:
    """Add the entries of a calendar under headings of depth `level`; return its title.

    A description is left out where `mail_words` has its words, as the mail of an invitation
    repeats it. A text without entries is added as it is.
    """
    before = len(builder)
    mail_words = mail_words or Counter()
    calendar, entries = entries_in(text)
    method = _METHODS.get(calendar.text("METHOD").partition("\n")[0].strip().upper(), "")
    name = one_line(calendar.text("X-WR-CALNAME") or calendar.text("NAME"))
    about = calendar.text("X-WR-CALDESC") or calendar.text("DESCRIPTION")
    if len(entries) != 1 and name:
        builder.title(name, level)
        level += 1
    builder.paragraph(about)
    for entry in entries:
        _add_entry(builder, entry, level, method, mail_words)
    if len(builder) == before:
        builder.paragraph(text)
    only = one_line(entries[0].text("SUMMARY")) if len(entries) == 1 else ""
    return only or name or None


def _add_entry(
    builder: DocumentBuilder, entry: Entry, level: int, method: str, mail_words: Counter[str]
) -> None:
    builder.title(entry.text("SUMMARY"), level)
    if entry.is_cut:
        name = one_line(entry.text("SUMMARY")) or "the last entry"
        builder.damaged_part(name, "the calendar is cut off within this entry")
    lines = [("When", when(entry)), ("Due", time_shown(entry.properties.get("DUE", [])))]
    if rules := entry.properties.get("RRULE"):
        lines.append(("Repeats", "; ".join(rule_shown(rule.value) for rule in rules)))
    lines += ((label, _shown(name, entry.properties.get(name, ()))) for name, label in _LINES)
    lines.append(("Message", method))
    builder.paragraph("\n".join(f"{label}: {value}" for label, value in lines if value))
    for description in filter(None, (_description(builder, entry), entry.text("COMMENT"))):
        if says_nothing_new(description, mail_words):
            builder.leave_out(LeftOutKind.REPEATED, description)
            continue
        for paragraph in re.split(r"\n\s*\n", description):
            builder.paragraph(paragraph)


def _description(builder: DocumentBuilder, entry: Entry) -> str:
    """Return the plain description, or the one in HTML that Outlook writes beside or instead."""
    plain = entry.text("DESCRIPTION")
    rich = shown_text(entry.text("X-ALT-DESC"))
    if not rich or says_nothing_new(rich, words_of(plain)):
        builder.leave_out(LeftOutKind.ALTERNATIVE, rich)
        return plain
    builder.leave_out(LeftOutKind.ALTERNATIVE, plain)
    return rich


def _shown(name: str, properties: Sequence[Property]) -> str:
    """Return the values of one line; files that are written into the calendar are none."""
    if name in _PEOPLE:
        values = [_person(person) for person in properties]
    elif name in _TIMES:
        values = [
            time_shown([Property(piece, times.parameters)])
            for times in properties
            for piece in times.value.split(",")
        ]
    elif name == "STATUS":
        values = [status.value.strip().lower() for status in properties]
    else:
        values = [
            one_line(given.value)
            for given in properties
            if "ENCODING" not in given.parameters and len(given.value) <= _MAX_SHOWN
        ]
    return ", ".join(filter(None, values))


def _person(person: Property) -> str:
    """Return name, address and, where there is one, the answer of somebody who takes part."""
    address = re.sub(r"^mailto:", "", one_line(person.value), flags=re.IGNORECASE)
    name = one_line(person.parameters.get("CN", "")).strip("'\"")
    answer = person.parameters.get("PARTSTAT", _NO_ANSWER).upper()
    shown = f"{name} <{address}>" if name and address and name != address else name or address
    is_answer = shown and answer != _NO_ANSWER
    return f"{shown} ({answer.lower().replace('-', ' ')})" if is_answer else shown
