"""Web archives become lists of their pages, and the pages documents."""

import gzip

import pytest

from vouch.parsers.registry import parse
from vouch.schemas.documents.records import Reason
from vouch.schemas.errors import DocumentRejected

PAGE = "<html><body><p>Opening hours: nine to five.</p></body></html>"
HTML = ("Content-Type", "text/html; charset=utf-8")


def archive(*records, gzipped: bool = True) -> bytes:
    """Return a WARC of records: type, URL, payload, HTTP status or None, HTTP headers."""
    members = [_record(*record) for record in records]
    return b"".join(gzip.compress(member) if gzipped else member for member in members)


def _record(kind: str, url: str, payload: bytes, status: str | None, headers) -> bytes:
    fields = "".join(f"{name}: {value}\r\n" for name, value in headers)
    block = f"HTTP/1.1 {status}\r\n{fields}\r\n".encode() + payload if status else payload
    media_type = "application/http; msgtype=response" if status else dict(headers)["Content-Type"]
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\n"
        "WARC-Date: 2024-05-06T07:08:09Z\r\nWARC-Record-ID: <urn:uuid:1>\r\n"
        f"Content-Type: {media_type}\r\nContent-Length: {len(block)}\r\n\r\n"
    )
    return head.encode() + block + b"\r\n\r\n"


def response(url: str, payload: bytes, *headers, status: str = "200 OK"):
    return ("response", url, payload, status, list(headers) or [HTML])


HOME = response("https://example.org/", PAGE.encode())


@pytest.mark.parametrize("gzipped", [True, False])
def test_pages_are_listed_with_date_and_type_and_attached_by_their_url(gzipped):
    notes = response(
        "https://example.org/a/notes.txt?v=2", b"plain", ("Content-Type", "text/plain")
    )
    document = parse(archive(HOME, notes, gzipped=gzipped), "crawl.warc")
    assert document.text.splitlines() == [
        "- https://example.org/, 2024-05-06T07:08:09Z, text/html",
        "- https://example.org/a/notes.txt?v=2, 2024-05-06T07:08:09Z, text/plain",
    ]
    assert [file.name for file in document.attachments] == [
        "example.org.html",
        "example.org/a/notes.txt?v=2",
    ]
    assert "nine to five" in parse(document.attachments[0].data, document.attachments[0].name).text


@pytest.mark.parametrize(
    ("payload", "headers"),
    [
        (gzip.compress(PAGE.encode()), [HTML, ("Content-Encoding", "gzip")]),
        (b"%x\r\n%s\r\n0\r\n\r\n" % (len(PAGE), PAGE.encode()), [HTML, ("Transfer-Encoding", "chunked")]),
    ],
    ids=["gzip", "chunked"],
)  # fmt: skip
def test_http_encodings_are_decoded(payload, headers):
    document = parse(archive(response("http://a.org/x", payload, *headers)), "crawl.warc.gz")
    assert document.attachments[0].data == PAGE.encode()


def test_the_charset_of_http_counts():
    page = response(
        "http://a.org/",
        "<p>größer</p>".encode("cp1252"),
        ("Content-Type", "text/html; charset=windows-1252"),
    )
    (file,) = parse(archive(page), "crawl.warc").attachments
    assert "größer" in parse(file.data, file.name).text


def test_records_without_a_text_are_counted():
    records = [
        HOME,
        response("http://a.org/gone", b"<p>not found</p>", status="404 Not Found"),
        response("http://a.org/x.png", b"\x89PNG", ("Content-Type", "image/png")),
        ("metadata", "http://a.org/", b"fetchTimeMs: 1", None, [("Content-Type", "text/plain")]),
        ("resource", "urn:note", b"a resource", None, [("Content-Type", "text/plain")]),
        ("conversion", "http://b.org/", b"a text of a crawl", None, [("Content-Type", "text/plain")]),
    ]  # fmt: skip
    document = parse(archive(*records), "crawl.warc")
    assert [file.data[:6] for file in document.attachments] == [b"<html>", b"a reso", b"a text"]
    assert document.metadata.extra == (
        ("left_out", "1 image/png files, 1 metadata records, 1 responses of status 404"),
    )


def test_a_single_gzip_around_all_records_is_read_too():
    assert (
        len(parse(gzip.compress(archive(HOME, HOME, gzipped=False)), "a.warc.gz").attachments) == 2
    )


@pytest.mark.parametrize("gzipped", [True, False])
def test_a_cut_off_archive_keeps_the_pages_before_the_cut(gzipped):
    data = archive(HOME, response("http://b.org/", b"<p>second page</p>" * 50), gzipped=gzipped)
    document = parse(data[:-40], "crawl.warc.gz")
    assert document.attachments[0].problem is None
    assert document.attachments[-1].problem.reason == Reason.MALFORMED


def test_a_page_that_is_a_bomb_is_unsafe():
    bomb = gzip.compress(bytes(40_000_000))
    page = response("http://a.org/", bomb, HTML, ("Content-Encoding", "gzip"))
    with pytest.raises(DocumentRejected) as caught:
        parse(archive(page), "crawl.warc")
    assert caught.value.reason == Reason.UNSAFE


def test_the_older_arc_format_is_read():
    http = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n{PAGE}"
    lines = "1 1 Archive\nURL IP-address Archive-date Content-type Archive-length\n"
    data = (
        f"filedesc://x.arc 0.0.0.0 20040925000741 text/plain {len(lines)}\n{lines}\n"
        f"http://a.org/old 10.0.0.1 20040925001013 text/html {len(http)}\n{http}\n"
    ).encode()
    document = parse(data, "x.arc")
    assert document.text == "- http://a.org/old, 2004-09-25T00:10:13Z, text/html"
    assert document.attachments[0].data.strip() == PAGE.encode()
