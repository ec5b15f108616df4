"""Invitations and calendar files: what, when, where and who."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parsers.binary_files import typed_texts
from tests.parsers.email.mail_writer import SHOWN_HEAD, multipart, part, single
from vouch.parsers.registry import parse, read
from vouch.schemas.documents.records import LeftOutKind

INSPECTION = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:1\r\n"
    "DTSTART;TZID=Europe/Berlin:20260412T090000\r\nDTEND;TZID=Europe/Berlin:20260412T103000\r\n"
    "SUMMARY:Crane inspection\\, pier 7\r\nLOCATION:Room Pelican\r\n"
    "ORGANIZER;CN=Ana:mailto:ana@example.org\r\n"
    'ATTENDEE;CN="Bo, B.";PARTSTAT=ACCEPTED:mailto:bo@example.org\r\n'
    "ATTENDEE:mailto:cy@example.org\r\nURL:https://example.org/j\r\nSTATUS:CONFIRMED\r\n"
    "RRULE:FREQ=WEEKLY;BYDAY=MO,WE;COUNT=4\r\n"
    "DESCRIPTION:Bring the torque certi\r\n ficate\\nand the logbook.\r\n"
    "BEGIN:VALARM\r\nTRIGGER:-PT15M\r\nDESCRIPTION:Reminder\r\nEND:VALARM\r\n"
    "END:VEVENT\r\nEND:VCALENDAR\r\n"
)
SUMMARY = ("title", "Crane inspection, pier 7")
FACTS = (
    "paragraph",
    "When: Sunday, 2026-04-12 09:00 to 10:30 (Europe/Berlin)\n"
    "Repeats: every week on Monday, Wednesday 4 times\nWhere: Room Pelican\n"
    "Organizer: Ana <ana@example.org>\n"
    "Attendees: Bo, B. <bo@example.org> (accepted), cy@example.org\n"
    "Status: confirmed\nLink: https://example.org/j\nMessage: invitation",
)
DESCRIPTION = ("paragraph", "Bring the torque certificate\nand the logbook.")


def mail_texts(data: bytes) -> list[tuple[str, str]]:
    return typed_texts(parse(data, "a.eml"))[SHOWN_HEAD:]


def test_a_mail_that_is_an_invitation():
    data = single("Content-Type: text/calendar; charset=utf-8; method=REQUEST", INSPECTION)
    assert mail_texts(data) == [SUMMARY, FACTS, DESCRIPTION]


def test_an_invitation_among_the_forms_of_a_text_is_read_beside_it():
    data = multipart(
        "alternative",
        part("text/plain", "Please come."),
        part("text/html", "<p>Please come.</p>"),
        part("text/calendar; method=REQUEST; name=invite.ics", INSPECTION),
    )
    assert mail_texts(data) == [("paragraph", "Please come."), SUMMARY, FACTS, DESCRIPTION]


def test_a_description_that_the_mail_repeats_is_left_out():
    data = multipart(
        "alternative",
        part("text/plain", "Bring the torque certificate\nand the logbook."),
        part("text/calendar", INSPECTION),
    )
    assert mail_texts(data) == [DESCRIPTION, SUMMARY, FACTS]
    [left_out] = parse(data, "a.eml").left_out
    assert left_out.kind is LeftOutKind.REPEATED


@pytest.mark.parametrize(
    ("media_type", "headers", "name"),
    [
        ("text/calendar", "Content-Disposition: attachment; filename=invite.ics\n", "invite.ics"),
        ("text/calendar", "Content-Disposition: attachment\n", "invitation.ics"),
        ("application/octet-stream", "", "invitation.ics"),
    ],
)
def test_an_attached_invitation_is_a_document_of_its_own(media_type, headers, name):
    data = multipart("mixed", part("text/plain", "See."), part(media_type, INSPECTION, headers))
    [attachment] = parse(data, "a.eml").attachments
    assert attachment.name == name
    reading = read(attachment.data, attachment.name)
    assert reading.read_by == "calendar"
    assert typed_texts(reading.document) == [SUMMARY, FACTS, DESCRIPTION]


EVENT = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Fair\n{}\nEND:VEVENT\nEND:VCALENDAR\n"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("DTSTART:20260412T090000Z\nDURATION:PT1H30M", "When: Sunday, 2026-04-12 09:00 to 10:30 (UTC)"),
        ("DTSTART;VALUE=DATE:20260412\nDTEND;VALUE=DATE:20260413", "When: Sunday, 2026-04-12"),
        (
            "DTSTART;VALUE=DATE:20260412\nDTEND;VALUE=DATE:20260414",
            "When: Sunday, 2026-04-12 to Monday, 2026-04-13",
        ),
        (
            "DTSTART:20260412T220000\nDTEND:20260413T020000",
            "When: Sunday, 2026-04-12 22:00 to Monday, 2026-04-13 02:00",
        ),
        (
            'DTSTART;TZID="W. Europe Standard Time":20260412T090000',
            "When: Sunday, 2026-04-12 09:00 (W. Europe Standard Time)",
        ),
        ("DTSTART:the day after", "When: the day after"),
        ("RRULE:FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=15;UNTIL=20261231T000000Z", (
            "Repeats: every 2 months until Thursday, 2026-12-31 00:00 (UTC) on day 15"
        )),
        ("RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3", "Repeats: every year on -1 Sunday in month 3"),
        (
            "RDATE;VALUE=PERIOD:20260501T100000/PT2H\nEXDATE;VALUE=DATE:20260502",
            "Also on: Friday, 2026-05-01 10:00 to Friday, 2026-05-01 12:00\n"
            "Except on: Saturday, 2026-05-02",
        ),
        ("STATUS:CANCELLED", "Status: cancelled"),
        ("COMMENT:Fog\\; no wind\\, no sea.", "Fog; no wind, no sea."),
        ("ATTACH:https://example.org/plan.pdf", "Attached: https://example.org/plan.pdf"),
        # A file in the calendar is no text.
        ("LOCATION:x\nATTACH;ENCODING=BASE64;VALUE=BINARY:AAAA", "Where: x"),
        # Lines that break the grammar
        ("LOCATION;LANGUAGE:Pier 7", "Where: Pier 7"),
        ("DESCRIPTION:Ropes and\nhooks: all of them", "Ropes and\nhooks: all of them"),
        ("X-ALT-DESC;FMTTYPE=text/html:<html><body><p>Bring <b>ropes</b></p></body></html>", "Bring ropes"),
    ],
)  # fmt: skip
def test_what_entries_say(lines: str, expected: str):
    document = parse(EVENT.format(lines).encode(), "a.ics")
    assert typed_texts(document) == [("title", "Fair"), ("paragraph", expected)]


def test_tasks_notes_and_free_times_are_entries_too():
    text = (
        "BEGIN:VCALENDAR\nX-WR-CALNAME:Harbour\n"
        "BEGIN:VTODO\nSUMMARY:Paint\nDUE:20260501T120000Z\nEND:VTODO\n"
        "BEGIN:VJOURNAL\nSUMMARY:Log\nDESCRIPTION:Fog.\nEND:VJOURNAL\n"
        "BEGIN:VFREEBUSY\nFREEBUSY:20260501T100000Z/PT1H\nEND:VFREEBUSY\nEND:VCALENDAR\n"
    )
    document = parse(text.encode(), "a.ics")
    assert typed_texts(document) == [
        ("title", "Harbour"),
        ("title", "Paint"),
        ("paragraph", "Due: Friday, 2026-05-01 12:00 (UTC)"),
        ("title", "Log"),
        ("paragraph", "Fog."),
        ("paragraph", "Times: Friday, 2026-05-01 10:00 (UTC) to Friday, 2026-05-01 11:00"),
    ]
    assert document.metadata.title == "Harbour"


@pytest.mark.parametrize(
    "data",
    [
        INSPECTION.encode("utf-16"),
        INSPECTION.encode("utf-8-sig"),
        INSPECTION.replace("\r\n", "\r").encode(),
        INSPECTION.encode() + b"BEGIN:VCALENDAR\nMETHOD:CANCEL\nEND:VCALENDAR\n",
        INSPECTION.replace("\r\n", "\n").encode(),
    ],
)
@pytest.mark.parametrize("name", ["a.ics", "a.txt", "calendar"])
def test_a_calendar_is_one_by_any_name(data: bytes, name: str):
    assert typed_texts(parse(data, name)) == [SUMMARY, FACTS, DESCRIPTION]


def test_lines_that_are_folded_within_a_character():
    text = EVENT.format("LOCATION:Möwe").encode().replace(b"\xc3\xb6", b"\xc3\r\n \xb6")
    assert parse(text, "a.ics").text == "Fair\n\nWhere: Möwe"
    data = single("Content-Type: text/calendar; charset=utf-8", text)
    assert mail_texts(data) == [("title", "Fair"), ("paragraph", "Where: Möwe")]


def test_old_calendars_in_quoted_printable():
    text = (
        "BEGIN:VCALENDAR\nVERSION:1.0\nBEGIN:VEVENT\n"
        "SUMMARY;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:Kr=C3=A4ne pr=\n=C3=BCfen\n"
        "END:VEVENT\nEND:VCALENDAR\n"
    )
    assert parse(text.encode(), "a.vcs").text == "Kräne prüfen"


def test_a_calendar_that_is_cut_off_says_so():
    document = parse(INSPECTION[: INSPECTION.index("STATUS")].encode(), "a.ics")
    assert document.elements[0].level == 1
    assert "Where: Room Pelican" in document.text
    assert [part.name for part in document.damaged] == ["Crane inspection, pier 7"]


def test_a_calendar_that_says_nothing_is_text():
    text = "BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:Europe/Berlin\nEND:VTIMEZONE\nEND:VCALENDAR"
    assert parse(text.encode(), "a.ics").text == text


@settings(max_examples=60)
@given(
    st.lists(
        st.sampled_from(
            ["BEGIN:VEVENT", "END:VEVENT", "END:VCALENDAR", "SUMMARY:a", "DTSTART:20260101",
             "RRULE:FREQ=", "DTSTART;TZID=:x", "ATTENDEE;CN=\"a:b", "RDATE:/,/", " folded", ":", ";",
             "DUE:99999999T999999", "X;ENCODING=QUOTED-PRINTABLE:=", "DURATION:P99999999999W"]
        ),
        max_size=20,
    )
)  # fmt: skip
def test_any_sequence_of_lines_is_read(lines: list[str]):
    document = parse("\n".join(["BEGIN:VCALENDAR", *lines]).encode(), "a.ics")
    assert "a" not in lines or "a" in document.text
    assert document.text
