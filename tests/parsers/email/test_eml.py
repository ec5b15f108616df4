"""Internet mail: title, text and files; and mail that breaks the standards."""

import base64
from datetime import UTC, datetime

import pytest

from tests.parsers.binary_files import data_of, parse, typed_texts
from vouch.schemas.errors import DocumentRejected

HEAD = b"From: A <a@example.com>\nTo: b@example.com\nDate: Tue, 01 Oct 2024 12:34:56 -0500\nSubject: S\nMIME-Version: 1.0\n"


def mail(rest: str | bytes) -> bytes:
    return HEAD + (rest.encode() if isinstance(rest, str) else rest)


def bodies(data: bytes) -> list[str]:
    return [text for _, text in typed_texts(parse(data, "a.eml"))[2:]]


def part(media_type: str, body: str, headers: str = "") -> str:
    return f"--B\nContent-Type: {media_type}\n{headers}\n{body}\n"


def multipart(subtype: str, *parts: str) -> bytes:
    return mail(f"Content-Type: multipart/{subtype}; boundary=B\n\n" + "".join(parts) + "--B--\n")


def test_headers_become_title_and_one_paragraph():
    document = parse(mail("\nHello.\n\nAgain:\n- one\n  more\n- two\n"), "a.eml")
    assert typed_texts(document) == [
        ("title", "S"),
        (
            "paragraph",
            "From: A <a@example.com>\nTo: b@example.com\nDate: Tue, 01 Oct 2024 12:34:56 -0500",
        ),
        ("paragraph", "Hello."),
        ("paragraph", "Again:"),
        ("list_item", "- one more"),
        ("list_item", "- two"),
    ]
    assert document.metadata.title == "S"
    assert document.metadata.author == "A <a@example.com>"
    assert document.metadata.created == datetime(2024, 10, 1, 17, 34, 56, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rest", "text"),
    [
        ("Content-Type: text/plain; charset=iso-8859-1\n\ncaf\u00e9".encode("latin-1"), "café"),
        ("Content-Type: text/plain; charset=no-such-charset\n\nplain", "plain"),
        (
            "Content-Type: text/plain; charset=us-ascii\n\nGebühr für den Kran".encode(),
            "Gebühr für den Kran",
        ),
        (
            b"Content-Type: text/plain; charset=us-ascii\n\n" + "Dźwig w porcie".encode("cp1250"),
            "Dźwig w porcie",
        ),
        (
            b"Content-Type: text/plain; charset=iso-2022-jp\n\n"
            + "港のクレーン".encode("iso2022_jp"),
            "港のクレーン",
        ),
        (b"Content-Type: text/plain\n\n" + "港のクレーン".encode("iso2022_jp"), "港のクレーン"),
        (
            "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\nSGVsbG8=",
            "Hello",
        ),
        (
            "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\nSGVsbG8",
            "Hello",
        ),
        (
            "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\na=C3=A4b=\nc",
            "aäbc",
        ),
        (
            "Content-Type: text/plain; format=flowed\n\none \ntwo\nthree\n> four \n> five",
            "one two\nthree\n> four five",
        ),
    ],
)
def test_bodies_are_decoded(rest, text):
    assert bodies(mail(rest)) == [text]


@pytest.mark.parametrize(
    ("subject", "title"),
    [
        (b"=?utf-8?b?" + base64.b64encode("größe ☃".encode()) + b"?=", "größe ☃"),
        (b"=?iso-8859-1?q?caf=E9?= and =?utf-8?q?th=C3=A9?=", "café and thé"),
        ("roh: größe".encode(), "roh: größe"),
        (b"=?no-such?q?abc?=", "abc"),
        (b"=?utf-8?b?A?=", "=?utf-8?b?A?="),
        (b"folded\n over two lines", "folded over two lines"),
    ],
)
def test_subjects_are_decoded(subject, title):
    assert (
        parse(b"From: a@example.com\nSubject: " + subject + b"\n\nx", "a.eml").metadata.title
        == title
    )


def test_plain_text_is_preferred_to_html_that_says_the_same():
    assert bodies(
        multipart("alternative", part("text/plain", "> same"), part("text/html", "<p>same</p>"))
    ) == ["> same"]


ROW = "<tr><td>%s<td>%s</tr>"


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (
            f"<table>{ROW % ('a', 1)}{ROW % ('b', 2)}{ROW % ('c', 3)}</table>",
            ["a | 1\nb | 2\nc | 3"],
        ),
        (f"<table>{ROW % ('a', '1')}</table>", ["a 1 b 2 c 3"]),
        (
            f"<table>{ROW % ('a', '<table></table>')}{ROW % ('b', 2)}{ROW % ('c', 3)}</table>",
            ["a 1 b 2 c 3"],
        ),
        (f"<table>{ROW % ('a', '')}{ROW % ('b', '')}{ROW % ('c', 3)}</table>", ["a 1 b 2 c 3"]),
    ],
)
def test_html_is_preferred_where_plain_text_has_lost_a_table(html, expected):
    assert (
        bodies(multipart("alternative", part("text/plain", "a 1 b 2 c 3"), part("text/html", html)))
        == expected
    )


def test_html_is_read_where_the_plain_text_is_empty():
    assert bodies(
        multipart("alternative", part("text/plain", "  \n"), part("text/html", "<p>rich</p>"))
    ) == ["rich"]


def test_every_text_of_a_mixed_mail_is_kept():
    assert bodies(
        multipart("mixed", part("text/plain", "body"), part("text/plain", "list footer"))
    ) == ["body", "list footer"]


def test_files_become_attachments():
    data = multipart(
        "mixed",
        part("text/plain", "body"),
        part(
            "application/pdf", "%PDF", 'Content-Disposition: attachment; filename="../../x.pdf"\n'
        ),
        part(
            "text/plain", "inline but named", 'Content-Disposition: inline; filename="note.txt"\n'
        ),
        part("image/png", "=89PNG=0D=0A=1A=0A=00", "Content-Transfer-Encoding: quoted-printable\n"),
        part("message/rfc822", "Subject: Re: a/b\n\ninner"),
        part("application/pkcs7-signature; name=smime.p7s", "MIIB"),
    )
    document = parse(data, "a.eml")
    assert bodies(data) == ["body"]
    assert [file.name for file in document.attachments] == [
        "x.pdf",
        "note.txt",
        "attachment-3.png",
        "Re: a-b.eml",
    ]
    assert parse(document.attachments[3].data, "a.eml").text == "Re: a/b\n\ninner"


def test_files_are_listed_but_no_pictures_and_signatures():
    data = multipart(
        "mixed",
        part("text/plain", "body"),
        part("application/pdf", "%PDF", 'Content-Disposition: attachment; filename="plan.pdf"\n'),
        part("image/png", "x", 'Content-Disposition: inline; filename="logo.png"\n'),
        part("application/pkcs7-signature; name=smime.p7s", "MIIB"),
    )
    assert typed_texts(parse(data, "a.eml"))[1][1].splitlines()[-1] == "Attachments: plan.pdf"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Steps:\n1. one\n2. two",
            [("paragraph", "Steps:"), ("list_item", "1. one"), ("list_item", "2. two")],
        ),
        ("We meet on\n12. May at noon", [("paragraph", "We meet on\n12. May at noon")]),
        ("- a\n\n3) b", [("list_item", "- a"), ("list_item", "3) b")]),
    ],
)
def test_lists_in_plain_text(text, expected):
    assert typed_texts(parse(mail(f"\n{text}"), "a.eml"))[2:] == expected


def test_an_attached_mail_in_base64_is_decoded():
    inner = base64.b64encode(b"Subject: inner\n\ntext").decode()
    data = multipart("mixed", part("message/rfc822", inner, "Content-Transfer-Encoding: base64\n"))
    assert parse(data, "a.eml").attachments[0].data == b"Subject: inner\n\ntext"


@pytest.mark.parametrize(
    "rest",
    [
        "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\n\nMIIB",
        "\n-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----\n",
    ],
)
def test_encrypted_mail_is_rejected(rest):
    with pytest.raises(DocumentRejected, match="encrypted"):
        parse(mail(rest), "a.eml")


@pytest.mark.parametrize("name", ["fake-email-utf-16-be.eml", "fake-email-malformed-encoding.eml"])
def test_real_files_with_bad_encodings(name):
    document = parse(data_of(name), name)
    assert document.metadata.title == "Test Email"
    assert typed_texts(document)[-2:] == [
        ("list_item", "- Roses are red"),
        ("list_item", "- Violets are blue"),
    ]


def test_a_real_attachment():
    attachment = parse(data_of("fake-email-attachment.eml"), "a.eml").attachments[0]
    assert (attachment.name, attachment.data) == (
        "fake-attachment.txt",
        b"Hey this is a fake attachment!",
    )


def test_headers_alone_are_a_document():
    assert parse(HEAD, "a.eml").metadata.title == "S"


def test_a_file_without_headers_and_text_is_rejected():
    with pytest.raises(DocumentRejected, match="malformed"):
        parse(b"\n\n  \n", "a.eml")
