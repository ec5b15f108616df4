"""Mail under attack: each message is read or rejected in words, however it is nested or encoded."""

import base64
import zlib
from collections.abc import Callable
from functools import partial

import pytest
from asn1crypto.cms import CompressedData, ContentInfo, SignedData
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.hostile.outcomes import outcome
from tests.parsers.binary_files import data_of
from tests.parsers.email.mail_writer import multipart, part, tnef
from vouch.parsers.common.attachment_names import with_unique_names
from vouch.parsers.email.headers import decode_words
from vouch.parsers.email.threads import split_thread
from vouch.schemas.documents.records import Attachment, Document, Reason
from vouch.schemas.errors import DocumentRejected

HEAD = (
    b"From: A <a@example.com>\nTo: b@example.com\nDate: Tue, 01 Oct 2024 12:34:56 -0500\n"
    b"Subject: S\nMIME-Version: 1.0\n"
)
MIXED = b"Content-Type: multipart/mixed; boundary=%s\n\n--%s\n"
FILE = b"Content-Type: application/x; name=%s\n\nhello\n"
WORDS = b"hello there"


def typed(parameters: bytes, body: bytes = WORDS) -> bytes:
    return HEAD + b"Content-Type: " + parameters + b"\n\n" + body


def headed(name: bytes, value: bytes) -> bytes:
    lines = [line for line in HEAD.splitlines() if not line.startswith(name + b":")]
    return b"\n".join([*lines, name + b": " + value, b"", WORDS])


READABLE: dict[str, bytes] = {
    "no end of headers": HEAD + WORDS,
    "wrong boundary": typed(b"multipart/mixed; boundary=b", b"--c\n\n" + WORDS + b"\n--c--\n"),
    "boundary that begins another": typed(
        b"multipart/mixed; boundary=b", b"--bb\n\nx\n--b\n\n" + WORDS + b"\n--b--\n"
    ),
    "no boundary": typed(b"multipart/mixed", b"--x\n\n" + WORDS + b"\n--x--\n"),
    "long boundary": typed(
        b'multipart/mixed; boundary="' + b"a" * 9000 + b'"', b"--%s\n\n%s\n" % (b"a" * 9000, WORDS)
    ),
    "several types": typed(b"text/plain\nContent-Type: multipart/mixed; boundary=b"),
    **{
        f"charset {label[:20].decode('ascii', 'replace')}": typed(
            b'text/plain; charset="' + label + b'"'
        )
        for label in (
            b"x-none", b"x" * 100_000, b"idna", b"punycode", b"zlib", b"hex", b"rot13",
            b"undefined", b"unicode_escape", b"a\0b", b"\xff\xfe", b"utf-16", b"mbcs", b"",
        )
    },
    "charset in RFC 2231": typed(b"text/plain; charset*=x'y'%FF%FF"),
    "encoding that nobody knows": HEAD + b"Content-Transfer-Encoding: x-foo\n\n" + WORDS,
    "base64 without padding": HEAD
    + b"Content-Transfer-Encoding: base64\n\n"
    + base64.b64encode(WORDS).rstrip(b"="),
    "quoted-printable that is none": HEAD
    + b"Content-Transfer-Encoding: quoted-printable\n\n=ZZ==3=\r\n"
    + WORDS
    + b"=",
    "uuencode in the body": HEAD + b"\n" + WORDS + b"\nbegin 644 x\n#86)C\n`\nend\n",
    "scripts and remote pictures": typed(
        b"text/html", b"<script>x()</script><img src='http://x/'><p>" + WORDS + b"<a href=javascript:x>"
    ),
    **{
        f"date {date[:20].decode('ascii', 'replace')}": headed(b"Date", date)
        for date in (
            b"Tue, 01 Oct 99999 12:34:56 +9999", b"9" * 5000, b"1 Jan 2024 25:61:61 +99:99",
            b"1 Oct 2024 12:34:56 +99999999999999999999", b"0 0 0 0:0:0 0", b"31 Feb 2024 0:0:0",
            b"1 Jan 0000 00:00:00 +0000", b"31 Dec 9999 23:59:59 -2359", b"(((", b"\xff\xff", b",",
        )
    },
}  # fmt: skip


@pytest.mark.parametrize("name", READABLE)
def test_mail_that_breaks_the_rules_is_read(name: str):
    document = outcome(READABLE[name], "a.eml")
    assert isinstance(document, Document), document
    attached = b" ".join(file.data for file in document.attachments)
    assert WORDS.decode() in document.text or WORDS in attached


NESTED = {
    "multiparts": HEAD + b"".join(MIXED % (b"b%d" % n, b"b%d" % n) for n in range(2_000)) + WORDS,
    "messages": HEAD + b"Content-Type: message/rfc822\n\n" * 10_000 + WORDS,
    "html": typed(b"text/html", b"<div>" * 100_000 + WORDS),
    "tables": typed(b"text/html", b"<table><tr><td>" * 10_000 + WORDS),
}


@pytest.mark.parametrize("name", NESTED)
def test_what_is_nested_too_deep_is_unsafe(name: str):
    rejected = outcome(NESTED[name], "a.eml")
    assert isinstance(rejected, DocumentRejected)
    assert rejected.reason == Reason.UNSAFE
    assert (rejected.media_type, rejected.parser) == ("message/rfc822", "email")


NAMES = {
    b"../../etc/passwd": "passwd",
    b'"C:\\\\windows\\\\x.txt"': "x.txt",
    b'"a/../b.txt"': "b.txt",
    b'"."': "attachment-1.txt",
    b'".."': "attachment-1.txt",
    b'"a\0b.txt"': "ab.txt",
    b'"a\x1b[31m.txt"': "a.txt",
}


@pytest.mark.parametrize("name", NAMES)
def test_names_of_files_stay_within_their_folder(name: bytes):
    document = outcome(HEAD + FILE % name, "a.eml")
    assert isinstance(document, Document)
    (file,) = document.attachments
    assert file.name == NAMES[name]


def test_a_name_of_10_000_characters_is_cut_and_keeps_its_extension():
    document = outcome(HEAD + FILE % (b"a" * 10_000 + b".pdf"), "a.eml")
    assert isinstance(document, Document)
    assert len(document.attachments[0].name) <= 200
    assert document.attachments[0].name.endswith(".pdf")


def cms(content: bytes, *, compressed: bool = False) -> bytes:
    inner = {"content_type": "data", "content": zlib.compress(content) if compressed else content}
    if compressed:
        algorithm = {"algorithm": "1.2.840.113549.1.9.16.3.8"}
        message = CompressedData(
            {"version": "v0", "compression_algorithm": algorithm, "encap_content_info": inner}
        )
        return ContentInfo({"content_type": "compressed_data", "content": message}).dump()
    signed = SignedData(
        {"version": "v1", "digest_algorithms": [], "encap_content_info": inner, "signer_infos": []}
    )
    return ContentInfo({"content_type": "signed_data", "content": signed}).dump()


def wrapped(times: int, *, compressed: bool) -> bytes:
    data = HEAD + b"\n" + WORDS
    for _ in range(times):
        data = cms(data, compressed=compressed)
    return data


@pytest.mark.parametrize("compressed", [False, True])
def test_signatures_and_compression_around_one_another_are_bounded(compressed: bool):
    assert isinstance(outcome(wrapped(2, compressed=compressed), "a.p7m"), Document)
    rejected = outcome(wrapped(50, compressed=compressed), "a.p7m")
    assert isinstance(rejected, DocumentRejected)
    assert rejected.reason == Reason.UNSAFE


def test_compressed_mail_that_is_a_bomb_is_unsafe():
    rejected = outcome(cms(b"\0" * 30_000_000, compressed=True), "a.p7m")
    assert isinstance(rejected, DocumentRejected)
    assert rejected.reason == Reason.UNSAFE


def test_a_mailbox_of_thousands_of_lines_that_begin_a_mail_is_read():
    mail = b"From a@b Mon Jan  1 00:00:00 2024\nFrom: a@b\nSubject: x\nDate: now\n\nhello\n\n"
    document = outcome(mail * 2000, "a.mbox")
    assert isinstance(document, Document)
    assert len({file.name for file in document.attachments}) == 2000


HEADLESS = b"From a@b Mon Jan  1 00:00:00 2024\nSubject: x\n\nhello\n\n"
GROWING: dict[str, Callable[[], object]] = {
    "parameters": lambda: outcome(typed(b"text/plain" + b"; p=v" * 500_000), "a.eml"),
    "semicolons": lambda: outcome(typed(b"text/plain" + b";" * 2_000_000), "a.eml"),
    "quotes of a parameter": lambda: outcome(
        typed(b'text/plain; a="' + b'\\";' * 300_000), "a.eml"
    ),
    "continued parameters": lambda: outcome(
        typed(
            b"application/x" + b"".join(b"; name*%d*=a''b" % number for number in range(200_000))
        ),
        "a.eml",
    ),
    "encoded words": lambda: decode_words("=?utf-8?B?YWI=?= " * 100_000),
    "encoded words without an end": lambda: decode_words("=?utf-8?Q?a" * 100_000),
    "encoded words without spaces": lambda: decode_words("=?utf-8?Q?a_b?=" * 100_000),
    "folded headers": lambda: outcome(
        HEAD + b"X: a\n" + b" a\n" * 300_000 + b"\n" + WORDS, "a.eml"
    ),
    "files of one name": lambda: with_unique_names([Attachment("a.pdf", b"")] * 30_000),
    "open tags": lambda: outcome(typed(b"text/html", b"<" * 1_000_000 + WORDS), "a.eml"),
    "open comments": lambda: outcome(typed(b"text/html", WORDS + b"<!--" * 300_000), "a.eml"),
    "forms of a text": lambda: outcome(
        typed(
            b"multipart/alternative; boundary=b",
            b"".join(b"--b\n\nhello %d\n" % number for number in range(8_000)),
        ),
        "a.eml",
    ),
    "boundaries": lambda: outcome(
        typed(b"multipart/mixed; boundary=b", b"--c\n" * 100_000), "a.eml"
    ),
    "beginnings of uuencode": lambda: outcome(HEAD + b"\n" + b"begin 644 a\n" * 100_000, "a.eml"),
    "words of a separator": lambda: outcome(
        HEADLESS + b"From " + b"Mon, Jan " * 50_000 + b"2026\n\n" + HEADLESS, "a.mbox"
    ),
    **{
        f"calendar of {line[:12].decode()}": partial(
            outcome, b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:s\n" + line * times, "a.ics"
        )
        for line, times in (
            (b"DESCRIPTION:x\n a", 50_000),
            (b"SUMMARY;ENCODING=QUOTED-PRINTABLE:a=\n", 50_000),
            (b"BEGIN:VEVENT\n", 20_000),
            (b"RDATE:20260101T000000,", 20_000),
            (b';CN="a"', 50_000),
        )
    },
    "attributes of winmail.dat": lambda: outcome(tnef(*((0, b"a"),) * 20_000), "a.tnef"),
    "groups of RTF": lambda: outcome(
        multipart(
            "alternative",
            part("text/plain", WORDS),
            part("text/rtf", b"{\\rtf1 " + b"{\\f1 a" * 50_000),
        ),
        "a.eml",
    ),
}


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", GROWING)
def test_large_mails_take_linear_time(name: str):
    """Quadratic time would take many minutes here."""
    GROWING[name]()


LINES = (
    ">", "> ", ">\n", "> \n", " ", "\n", "\n ", "\r", "\t", "On\n", "On 1 May 2024 Bob wrote:\n",
    "On 1 May 2024 Bob wrote:\n> ", "On 1 May 2024 Bob ", "> On 1 May 2024 Bob wrote: ",
    "From: x\n", "From: x\nSubject: y\nDate: z\n\n", "-----Original Message-----\n",
    "-----Original Message-----\n\n", "-", "-- \n", "*", "_", ":", "- a\n", "1. a\n", "a;b ",
    "text\n-- \nname\n", "在", "1", "From: ", "\u2028", "\u00a0", "\u200b", "e\u0301", "<", "\v\f",
)  # fmt: skip


@pytest.mark.timeout(120)
@pytest.mark.parametrize("piece", LINES, ids=ascii)
def test_threads_of_any_lines_are_split_in_linear_time(piece: str):
    """Quadratic time would take many minutes here."""
    text = piece * (100_000 // len(piece)) + "end"
    assert list(split_thread(text))


PART = st.sampled_from(
    [
        b"Content-Type: text/plain\n", b"Content-Type: text/html; charset=utf-16\n",
        b"Content-Type: multipart/mixed; boundary=b\n", b"Content-Type: multipart/alternative\n",
        b"Content-Type: message/rfc822\n", b"Content-Type: message/delivery-status\n",
        b"Content-Type: application/pkcs7-mime; smime-type=signed-data\n",
        b"Content-Type: multipart/signed; boundary=b; protocol=x\n", b"Content-Type: ;;;=\n",
        b"Content-Disposition: attachment; filename*0*=utf-8''%FF; filename*1=b\n",
        b"Content-Transfer-Encoding: base64\n", b"Content-Transfer-Encoding: uuencode\n",
        b"Content-Transfer-Encoding: quoted-printable\n", b"Subject: =?utf-8?B?/w?= =?x?Q?=?=\n",
        b"\n", b"--b\n", b"--b--\n", b"--b\n\n", b"begin 644 x\n", b"\x00\xff\xfe\n", b"<p>a\n",
        b"From x 2024\n", b" folded\n", b"YWJj=\n", b"> quoted\n", b"\r\n", b":\n", b"a" * 100,
    ]
)  # fmt: skip


@settings(max_examples=150)
@given(st.lists(PART, max_size=25).map(b"".join))
def test_any_sequence_of_pieces_of_mail_is_read_or_rejected_in_words(data: bytes):
    outcome(HEAD + data, "a.eml")
    outcome(data, "a.eml")


def poked(place: int, value: bytes) -> bytes:
    data = bytearray(data_of("fake-email-attachment.msg"))
    data[place : place + len(value)] = value
    return bytes(data)


# Fields of the header of an OLE container: sizes, the first sectors of its tables, their counts.
FIELDS = {f"{place:#x} {value!r}": partial(poked, place, value)
          for place in range(0x18, 0x50, 4) for value in (b"\0" * 4, b"\xff" * 4, b"\1\0\0\0")}  # fmt: skip


@pytest.mark.parametrize("name", FIELDS)
def test_outlook_messages_with_false_tables_are_read_or_rejected_in_words(name: str):
    outcome(FIELDS[name](), "a.msg")
