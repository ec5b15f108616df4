"""Outlook messages: real files, and properties that few real ones have."""

import struct
from datetime import UTC, datetime

import pytest
from oxmsg.storage import Storage

from tests.parsers.binary_files import data_of, parse, typed_texts
from tests.parsers.email.msg_writer import BINARY, NARROW, WIDE, fixed, message, stream
from vouch.parsers.email.outlook.compressed_rtf import decompress
from vouch.parsers.email.outlook.mapi_message import (
    BODY,
    BODY_HTML,
    BODY_RTF,
    DATA,
    LONG_NAME,
    SUBJECT,
)
from vouch.parsers.email.outlook.mapi_properties import HEADER_MESSAGE, StoredProperties
from vouch.parsers.email.outlook.msg import mail_from_storage
from vouch.schemas.errors import DocumentRejected


def test_a_real_message_with_a_file():
    document = parse(data_of("fake-email-attachment.msg"), "a.msg")
    assert typed_texts(document)[:3] == [
        ("title", "Fake email with attachment"),
        (
            "paragraph",
            "From: Mallori Harrell <mallori@unstructured.io>\nTo: Mallori Harrell <mallori@unstructured.io>\n"
            "Date: Thu, 20 Apr 2023 21:39:10 +0000\nAttachments: fake-attachment.txt",
        ),
        ("paragraph", "Hello!"),
    ]
    assert ("list_item", "- Lots of whitespace") in typed_texts(document)
    assert [(file.name, file.data) for file in document.attachments] == [
        ("fake-attachment.txt", b"Hey this is a fake attachment!")
    ]
    assert document.metadata.created == datetime(2023, 4, 20, 21, 39, 10, 475744, tzinfo=UTC)


def test_an_encrypted_message_is_rejected():
    with pytest.raises(DocumentRejected, match="encrypted"):
        parse(data_of("fake-encrypted.msg"), "a.msg")


def test_html_is_read_where_the_plain_body_is_missing():
    html = stream(BODY_HTML, BINARY, "<p>größe</p>".encode())
    mail = mail_from_storage(message(html, fixed(HEADER_MESSAGE, x3FDE=65001)), HEADER_MESSAGE)
    assert [text for _, text in typed_texts(mail.document())] == ["größe"]


def test_older_mails_get_headings():
    body = "New.\r\n\r\nFrom: Bob\r\nSent: Tuesday\r\nTo: Ann\r\nSubject: X\r\n\r\nOld.\r\n"
    document = mail_from_storage(
        message(stream(BODY, WIDE, body.encode("utf-16-le"))), HEADER_MESSAGE
    ).document()
    assert typed_texts(document) == [
        ("paragraph", "New."),
        ("title", "From: Bob Sent: Tuesday To: Ann Subject: X"),
        ("paragraph", "Old."),
    ]
    assert document.elements[2].heading_path == ("From: Bob Sent: Tuesday To: Ann Subject: X",)


def test_narrow_texts_are_decoded_with_their_code_page():
    storage = Storage(
        "",
        (fixed(HEADER_MESSAGE, x3FFD=1251), stream(SUBJECT, NARROW, "тема".encode("cp1251"))),
        (),
    )
    assert StoredProperties(storage, HEADER_MESSAGE).text(SUBJECT) == "тема"


def test_damaged_characters_are_replaced():
    assert (
        StoredProperties(
            message(stream(SUBJECT, WIDE, b"a\x00\x00\xd8b\x00")), HEADER_MESSAGE
        ).text(SUBJECT)
        == "a\ufffdb"
    )


def test_a_body_in_rtf_alone_is_read():
    rtf = struct.pack("<IIII", 0, 11, 0x414C454D, 0) + b"{\\rtf1 Hi.}"
    document = mail_from_storage(message(stream(BODY_RTF, BINARY, rtf)), HEADER_MESSAGE).document()
    assert typed_texts(document) == [("paragraph", "Hi.")]
    assert document.attachments == ()


def test_the_specification_s_example_of_compressed_rtf():
    packed = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
    )
    assert decompress(packed) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"


@pytest.mark.parametrize("data", [b"", b"short", struct.pack("<IIII", 0, 9, 1, 0)])
def test_other_data_than_compressed_rtf_gives_nothing(data):
    assert decompress(data) == b""


def test_an_embedded_message_becomes_internet_mail():
    name, data = (
        stream(LONG_NAME, WIDE, "..\\größe.bin".encode("utf-16-le")),
        stream(DATA, BINARY, b"\x00\x01"),
    )
    file = Storage("a/__attach_version1.0_#00000000", (name, data), ())
    inner = Storage(
        "b/__substg1.0_3701000D",
        (
            stream(SUBJECT, WIDE, "Größe".encode("utf-16-le")),
            stream(BODY, WIDE, "Inner text".encode("utf-16-le")),
        ),
        (file,),
    )
    outer = Storage("b/__attach_version1.0_#00000000", (fixed(8),), (inner,))
    [attachment] = mail_from_storage(message(storages=(outer,)), HEADER_MESSAGE).attachments
    assert attachment.name == "Größe.eml"
    document = parse(attachment.data, attachment.name)
    assert typed_texts(document) == [
        ("title", "Größe"),
        ("paragraph", "Attachments: größe.bin"),
        ("paragraph", "Inner text"),
    ]
    assert [(file.name, file.data) for file in document.attachments] == [("größe.bin", b"\x00\x01")]
