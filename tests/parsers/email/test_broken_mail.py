"""Mail that breaks the standards: no text of it is lost, and its files have the names they have."""

import base64
import binascii

import pytest

from tests.parsers.binary_files import parse
from tests.parsers.email.mail_writer import (
    HEAD,
    bodies,
    encoded,
    multipart,
    part,
    single,
)

OPENS = "The harbour opens at nine."
CLOSES = "It closes at five."


def parts(boundary: str, *, has_headers: bool = True, end: str = "--\n") -> str:
    head = "Content-Type: text/plain\n" if has_headers else ""
    pieces = "".join(f"--{boundary}\n{head}\n{text}\n" for text in (OPENS, CLOSES))
    return f"{pieces}--{boundary}{end}" if end else pieces


MIXED = "Content-Type: multipart/mixed"


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (f"{MIXED}; boundary=AAA", parts("BBB")),
        (MIXED, parts("BBB")),
        (f"{MIXED}; boundary=AAA", parts("BBB", has_headers=False)),
        (f"{MIXED}; boundary=AAA", parts("BBB").replace("\n", "\r\n")),
        (f"{MIXED}; boundary=AAA", parts("AAA").replace("--AAA\n", "--AAA \t\n").replace("--AAA--", "--AAA--  ")),
        (f"{MIXED}; boundary=AAA", parts("AAA", end="")),
        (f"{MIXED}; boundary=--=_x:(1)/y", parts("--=_x:(1)/y")),
        (f"{MIXED}; boundary=a b", parts("a b")),
        (f"{MIXED}; boundary=AAA", f"{OPENS}\n\n{CLOSES}\n"),
        ("Content-Type: multipart/alternative; boundary=AAA", f"<html><p>{OPENS}</p><p>{CLOSES}</p>"),
        # The text is where a notice for old programs is, or behind the last part.
        (f"{MIXED}; boundary=A", f"{OPENS}\n\n{CLOSES}\n--A\nContent-Type: x/y; name=z\n\nq\n--A--\n"),
        (f"{MIXED}; boundary=A", f"--A\n\n{OPENS}\n--A--\n\n{CLOSES}\n"),
    ],
)  # fmt: skip
def test_wrong_boundaries_lose_no_text(headers: str, body: str):
    assert bodies(single(headers, body)) == [OPENS, CLOSES]


def test_forms_of_a_text_behind_a_wrong_boundary_are_forms():
    body = part("text/plain", OPENS, boundary="C") + part("text/html", f"<p>{OPENS}", boundary="C")
    data = single("Content-Type: multipart/alternative; boundary=AAA", body + b"--C--\n")
    assert bodies(data) == [OPENS]
    assert parse(data, "a.eml").attachments == ()


def test_parts_behind_a_boundary_that_an_inner_multipart_uses_too():
    inner = part("text/plain", OPENS) + part("text/html", f"<p>{OPENS}</p>") + b"--B--\n"
    data = multipart(
        "mixed",
        part("multipart/alternative; boundary=B", inner),
        part("text/plain; name=notes.txt", "Notes"),
    )
    assert bodies(data) == [OPENS]
    assert [file.data for file in parse(data, "a.eml").attachments] == [b"Notes"]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (HEAD + encoded(f"{OPENS}\n"), OPENS),
        (b"\r\n\n" + HEAD + encoded(f"\n{OPENS}\n"), OPENS),
        (multipart("mixed", encoded(f"--B\n{OPENS}\n")), OPENS),
        (
            multipart("mixed", b"--B\nWhen: Monday\nWhere: Pier 7\n\nBring rope.\n"),
            "When: Monday\nWhere: Pier 7\nBring rope.",
        ),
        (single("Content-Type: text/plain", f"<!DOCTYPE html><html><p>{OPENS}</p></html>"), OPENS),
    ],
)
def test_a_missing_empty_line_or_a_wrong_type_loses_no_text(data: bytes, text: str):
    assert bodies(data) == [text]


BASE64 = "Content-Transfer-Encoding: base64"
QUOTED = "Content-Transfer-Encoding: quoted-printable"
LONG = f"{OPENS} {CLOSES} Dogs are free."


@pytest.mark.parametrize(
    ("headers", "body", "text"),
    [
        (BASE64, base64.encodebytes(LONG.encode()) + b"\n______\nPier list\npier@x.org\n", f"{LONG}\n______\nPier list\npier@x.org"),
        (BASE64, OPENS, OPENS),
        (BASE64, "VGhl!IGhh*cmJv\ndXIgb3\x01BlbnMg\nYXQgbmluZS4=", OPENS),
        (BASE64, base64.b64encode(b"The harbour ") + b"\n" + base64.b64encode(b"opens at nine."), OPENS),
        (BASE64, base64.b64encode(OPENS.encode())[:-3], OPENS[:-2]),
        (f"{BASE64.upper()} (x)", base64.b64encode(OPENS.encode()), OPENS),
        (QUOTED, "F=C3=\n=A4hre =C=\n3=A4 und =  \nmehr =\n", "Fähre ä und mehr"),
        (QUOTED, "5 =ZZ = 6 =", "5 =ZZ = 6"),
        ("Content-Transfer-Encoding: utf-8", "Fähre", "Fähre"),
        ("Content-Type: text/plain; charset=foo-bar", "Gebühr", "Gebühr"),
        ("Content-Type: text/plain; charset=iso-8859-1", "Gebühr für den Kran", "Gebühr für den Kran"),
        (f"Content-Type: text/plain; charset=utf-16\n{BASE64}", base64.b64encode(OPENS.encode("utf-16")), OPENS),
        ("Content-Type: text/html; charset=us-ascii", "<meta charset=us-ascii><p>Gebühr für", "Gebühr für"),
    ],
)  # fmt: skip
def test_broken_transfer_encodings_and_charsets(headers: str, body: str | bytes, text: str):
    assert bodies(single(headers, body)) == [text]


FLOWED = "Content-Type: text/plain; charset=utf-8; format=flowed"


@pytest.mark.parametrize(
    ("parameters", "body", "text"),
    [
        (
            "; delsp=yes",
            "港の \n起重機。\nMind the break \nwater.",
            "港の起重機。\nMind the breakwater.",
        ),
        ("; DelSp=YES", "break \nwater", "breakwater"),
        ('; delsp="yes"', "> break \n> water\n>> deep \n>> er", "> breakwater\n>> deeper"),
        ("; delsp=yes", " From here  \n on\n >not quoted", "From here on\n>not quoted"),
        (f"; delsp=yes\n{QUOTED}", "=E6=B8=AF=20\n=E3=81=AE", "港の"),
        ("; delsp=no", "break \nwater", "break water"),
        ("", "break \nwater", "break water"),
        ("; delsp=yes", "break \n-- \nAna", "break"),
    ],
)
def test_flowed_lines(parameters: str, body: str, text: str):
    assert bodies(single(FLOWED + parameters, body))[0] == text


def test_files_in_uuencode_become_attachments():
    block = f"begin 644 plan.txt\n{binascii.b2a_uu(b'Bollard seven').decode()}`\nend\n"
    document = parse(single("X: y", f"See below.\n\n{block}\nRegards\n"), "a.eml")
    assert [(file.name, file.data) for file in document.attachments] == [
        ("plan.txt", b"Bollard seven")
    ]
    assert "begin" not in document.text
    text = "begin 644 of them\nand so on\nend\n"
    assert bodies(single("X: y", text)) == [text.strip()]


ATTACHED = "Content-Disposition: attachment; "


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        (f"{ATTACHED}filename*=utf-8''Gr%C3%B6%C3%9Fe.txt", "Größe.txt"),
        (
            f"{ATTACHED}filename*0*=utf-8''Gr%C3%B6; filename*1*=%C3%9Fe; filename*2=.txt",
            "Größe.txt",
        ),
        (f'{ATTACHED}filename="=?utf-8?B?R3LDtg==?= =?utf-8?B?w59lLnR4dA==?="', "Größe.txt"),
        (f'{ATTACHED}filename="Größe.txt"'.encode(), "Größe.txt"),
        (f'{ATTACHED}filename="Größe.txt"'.encode("latin-1"), "Größe.txt"),
        (f'{ATTACHED}filename="C:\\\\docs\\\\plan.txt"', "plan.txt"),
        (f"{ATTACHED}filename=my plan v2.txt", "my plan v2.txt"),
        ('X: y\nContent-Type: application/octet-stream; name="plan.txt"', "plan.txt"),
    ],
)
def test_names_of_files(headers: str | bytes, name: str):
    file = b"--B\n" + encoded(headers) + b"\n\nhello\n"
    data = multipart("mixed", part("text/plain", "Hi"), file)
    assert [attachment.name for attachment in parse(data, "a.eml").attachments] == [name]


@pytest.mark.parametrize(
    ("media_type", "content", "name"),
    [
        ("application/octet-stream", b"%PDF-1.4\n", "attachment-1.pdf"),
        ("image/png", b"%PDF-1.4\n", "attachment-1.pdf"),
        ("text/plain", b"%PDF-1.4\n\0", "attachment-1.pdf"),
        ("application/octet-stream", b"PK\5\6" + b"\0" * 18, "attachment-1.zip"),
        ("text/csv", b"a,b\n1,2\n", "attachment-1.csv"),
        ("application/octet-stream", b"Just words.\n", "attachment-1.txt"),
        ("application/octet-stream", b"From: c@x.org\nTo: d@x.org\nSubject: Inner\n\nx\n", "Inner.eml"),
        ("message/rfc822", b"From: c@x.org\nSubject: Inner\n\nx\n", "Inner.eml"),
        ("message/global", b"From: c@x.org\nSubject: Inner\n\nx\n", "Inner.eml"),
    ],
)  # fmt: skip
def test_files_without_a_name_are_named_by_what_they_are(media_type, content, name):
    headers = "" if media_type.startswith("message/") else BASE64 + "\n"
    data = base64.b64encode(content) if headers else content
    if media_type == "application/octet-stream":
        headers += "Content-Disposition: attachment\n"
    mail = multipart("mixed", part("text/plain", "Hi"), part(media_type, data, headers))
    assert [attachment.name for attachment in parse(mail, "a.eml").attachments] == [name]


def test_reports_of_reading_are_text():
    fields = "Reporting-UA: x\nDisposition: manual-action; displayed"
    data = multipart(
        "report", part("text/plain", "Read."), part("message/disposition-notification", fields)
    )
    assert bodies(data) == ["Read.", fields]
