"""Outlook's winmail.dat: what it wraps, in mail and alone; and damaged ones."""

import base64
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parsers.binary_files import typed_texts
from tests.parsers.email.mail_writer import (
    ATTACHED,
    BODY,
    CODE_PAGE,
    DATA,
    HEAD,
    MESSAGE,
    RENDERING,
    SHOWN_HEAD,
    SUBJECT,
    TITLE,
    multipart,
    part,
    properties,
    tnef,
)
from vouch.parsers.registry import parse, read
from vouch.schemas.documents.records import Document
from vouch.schemas.errors import DocumentRejected

NARROW, WIDE, OBJECT, BINARY = 0x001E, 0x001F, 0x000D, 0x0102
BODY_TEXT, BODY_RTF, BODY_HTML, LONG_NAME, OBJECT_DATA = 0x1000, 0x1009, 0x1013, 0x3707, 0x3701
MOORING = b"The mooring plan is on page nine."
BOLLARD = b"Bollard seven holds ninety tonnes."
FILE = ((RENDERING, b"\1\0"), (TITLE, b"plan.txt\0"), (DATA, BOLLARD))
PLAN = tnef(
    (CODE_PAGE, b"\xe4\x04\0\0\0\0\0\0"), (SUBJECT, b"Plan\0"), (BODY, MOORING + b"\0"), *FILE
)


def rtf(text: bytes) -> bytes:
    """Return RTF as Outlook keeps it, without compression."""
    return struct.pack("<IIII", len(text) + 12, len(text), 0x414C454D, 0) + text


def wrapped(data: bytes, media_type: str = "application/ms-tnef; name=winmail.dat") -> bytes:
    return multipart(
        "mixed",
        part("text/plain", "See the plan."),
        part(media_type, base64.encodebytes(data), "Content-Transfer-Encoding: base64\n"),
    )


@pytest.mark.parametrize(
    "media_type", ["application/ms-tnef; name=winmail.dat", "application/octet-stream", "image/png"]
)
def test_body_and_files_become_those_of_the_mail(media_type: str):
    document = parse(wrapped(PLAN, media_type), "a.eml")
    assert typed_texts(document)[SHOWN_HEAD:] == [
        ("paragraph", "See the plan."),
        ("paragraph", MOORING.decode()),
    ]
    assert [(file.name, file.data) for file in document.attachments] == [("plan.txt", BOLLARD)]


def test_a_body_that_the_mail_has_already_is_left_out():
    data = wrapped(PLAN).replace(b"See the plan.", MOORING)
    assert typed_texts(parse(data, "a.eml"))[SHOWN_HEAD:] == [("paragraph", MOORING.decode())]


def test_a_mail_that_is_a_winmail_dat():
    data = HEAD + b"Content-Type: application/ms-tnef\nContent-Transfer-Encoding: base64\n\n"
    assert MOORING.decode() in parse(data + base64.encodebytes(PLAN), "a.eml").text


@pytest.mark.parametrize("name", ["winmail.dat", "a.tnef", "attachment"])
def test_one_alone_is_a_message(name: str):
    reading = read(PLAN, name)
    assert (reading.read_by, reading.media_type) == ("tnef", "application/ms-tnef")
    assert typed_texts(reading.document) == [
        ("title", "Plan"),
        ("paragraph", "Attachments: plan.txt"),
        ("paragraph", MOORING.decode()),
    ]


HTML_IN_RTF = (
    rb"{\rtf1\ansi\ansicpg1252\fromhtml1 \deff0{\fonttbl{\f0\fswiss Arial;}}"
    rb"{\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 Gr\'f6\'dfe of the {\*\htmltag84 <b>}\htmlrtf \b\htmlrtf0 "
    rb"crane{\*\htmltag92 </b>}\htmlrtf \par}\htmlrtf0 {\*\htmltag72 </p>}}"
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ((BODY_TEXT, NARROW, "Größe äöü".encode("cp1252")), "Größe äöü"),
        ((BODY_TEXT, WIDE, "Größe 港".encode("utf-16-le")), "Größe 港"),
        ((BODY_HTML, BINARY, b"<html><p>The <b>crane</b></p></html>"), "The crane"),
        ((BODY_RTF, BINARY, rtf(rb"{\rtf1\ansi The \b crane\b0\'e4\par {\*\x y}\u28207?z}")), "The craneä\n港z"),
        ((BODY_RTF, BINARY, rtf(HTML_IN_RTF)), "Größe of the crane"),
        (
            (BODY_RTF, BINARY, rtf(rb"{\rtf1{\fonttbl{\f0\fcharset204 A;}{\f1\fcharset0 B;}}\f0\'ea\'f0\f1\'e4}")),
            "крä",
        ),
    ],
)  # fmt: skip
def test_bodies_of_all_kinds_are_text(value: tuple[int, int, bytes], expected: str):
    data = tnef((CODE_PAGE, b"\xe4\x04\0\0\0\0\0\0"), (MESSAGE, properties(value)))
    assert parse(data, "winmail.dat").text == expected


def test_messages_within_are_documents_named_by_their_subject():
    message_id = bytes.fromhex("0703020000000000c000000000000046")
    inner = properties((OBJECT_DATA, OBJECT, message_id + PLAN), (0x3001, NARROW, b"Untitled"))
    data = tnef((BODY, b"Outer"), (RENDERING, b"\1"), (ATTACHED, inner))
    [file] = parse(data, "winmail.dat").attachments
    assert file.name == "Plan.tnef"
    assert MOORING.decode() in parse(file.data, file.name).text


def test_names_of_files_are_the_long_ones_in_their_code_page():
    long_name = properties((LONG_NAME, NARROW, "Maße äöü.txt".encode("cp1252")))
    data = tnef((CODE_PAGE, b"\xe4\x04\0\0\0\0\0\0"), *FILE, (ATTACHED, long_name))
    assert [file.name for file in parse(data, "a.tnef").attachments] == ["Maße äöü.txt"]


def test_what_a_cut_off_file_still_has_is_read_and_the_rest_is_named():
    document = parse(wrapped(PLAN[:-40]), "a.eml")
    assert MOORING.decode() in document.text
    assert [damaged.name for damaged in document.damaged] == ["winmail.dat"]


def test_one_without_anything_stays_a_file_of_its_mail():
    broken = PLAN[:20]
    document = parse(wrapped(broken), "a.eml")
    assert [(file.name, file.data) for file in document.attachments] == [("winmail.dat", broken)]
    with pytest.raises(DocumentRejected, match="neither a text nor a file"):
        read(broken, "winmail.dat")


def test_a_count_of_four_billion_values_ends_with_the_file():
    endless = struct.pack("<IHHI", 2**32 - 1, NARROW, BODY_TEXT, 2**32 - 1) + b"\0" * 2000
    assert parse(tnef((MESSAGE, endless), (BODY, MOORING)), "a.tnef").text == MOORING.decode()


@settings(max_examples=150, deadline=None)
@given(
    cut=st.integers(5, 400),
    changes=st.lists(st.tuples(st.integers(4, 10_000), st.integers(0, 255)), max_size=6),
)
def test_damaged_ones_are_read_or_rejected_in_words(cut: int, changes: list[tuple[int, int]]):
    values = properties((BODY_RTF, BINARY, rtf(HTML_IN_RTF)), (LONG_NAME, WIDE, b"a\0b\0"))
    whole = bytearray(tnef((SUBJECT, b"Plan"), (MESSAGE, values), *FILE, (ATTACHED, values)))
    for place, value in changes:
        whole[4 + place % (len(whole) - 4)] = value
    try:
        assert isinstance(read(bytes(whole[:cut]), "winmail.dat").document, Document)
    except DocumentRejected as rejected:
        assert rejected.reason in ("malformed", "no_text", "encrypted")
