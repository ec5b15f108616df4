"""Archives under attack: lying headers, bombs, names that lead out, members that are no files.

An archive is never written to disk. Whatever is wrong with a member costs that member; whatever
would grow without limit costs the archive, with its reason.
"""

import bz2
import gzip
import io
import lzma
import random
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress

import brotli
import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.hostile.outcomes import outcome
from tests.parsers.archives.archive_writers import COMPRESSORS, WRITERS, sevenzipped, tarred
from tests.parsers.binary_files import zipped
from vouch.parsers.registry import parse
from vouch.schemas.documents.records import Reason
from vouch.schemas.errors import DocumentRejected

CENTRAL, LOCAL, END = b"PK\1\2", b"PK\3\4", b"PK\5\6"
TWO = {"a.txt": b"Words of the first file.", "b.txt": b"More words. " * 50}
HTML = b"<html><body><p>Words of the page.</p></body></html>"
MEGABYTE = 1_000_000


def patched(signature: bytes, offset: int, value: bytes, *, last_only: bool = False) -> bytes:
    """Return a zip of `TWO` with other values at a place of its headers (APPNOTE 4.3)."""
    data = bytearray(zipped(TWO))
    place = -1
    places = []
    while (place := data.find(signature, place + 1)) >= 0:
        places.append(place + offset)
    for at in places[-1:] if last_only else places:
        data[at : at + len(value)] = value
    return bytes(data)


def header(name: str = "x.txt", **values: object) -> bytes:
    """Return a tar header with values that the library would not write by itself."""
    member = tarfile.TarInfo(name)
    for key, value in values.items():
        setattr(member, key, value)
    return member.tobuf(tarfile.GNU_FORMAT)


def with_pax(records: bytes, kind: bytes = b"x") -> bytes:
    """Return a tar of one file of five bytes with an extended header."""
    padding = bytes(-len(records) % 512)
    extended = header("pax", type=kind, size=len(records)) + records + padding
    return extended + header(size=5) + b"hello" + bytes(507) + bytes(1024)


def pax(key: str, value: str) -> bytes:
    """Return one record of an extended header, with its length before it."""
    size = len(body := f" {key}={value}\n")
    while len(f"{size}{body}") != size:
        size = len(f"{size}{body}")
    return f"{size}{body}".encode()


def sparse(size: int) -> bytes:
    """Return an old GNU tar of a file with a hole, up to `size`."""
    block = bytearray(header(type=tarfile.GNUTYPE_SPARSE, size=5))
    block[386:410] = b"%011o\0%011o\0" % (0, 5)
    block[483:495] = b"%011o\0" % size
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block) + b"hello" + bytes(507) + bytes(1024)


def sevenzip_of(body: bytes, size: int | None = None) -> bytes:
    """Return a 7z whose header is `body`."""
    start = struct.pack("<QQI", 0, len(body) if size is None else size, zlib.crc32(body))
    return b"7z\xbc\xaf\x27\x1c\0\4" + struct.pack("<I", zlib.crc32(start)) + start + body


def many(number: int) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for n in range(number):
            archive.writestr(f"{n}.txt", b"w")
    return stream.getvalue()


def overlapping(times: int) -> bytes:
    """Return a zip that names the same compressed bytes as so many members."""
    data = zipped({"a": bytes(20 * MEGABYTE)})
    start, end = data.index(CENTRAL), data.index(END)
    entry = data[start:end]
    tail = struct.pack("<HHHHIIH", 0, 0, times, times, len(entry) * times, start, 0)
    return data[:start] + entry * times + END + tail


def web_archive(*pages: tuple[bytes, bytes, int | None]) -> bytes:
    """Return a WARC of pages: HTTP headers, content, and the length that is declared."""
    records = b""
    for n, (fields, content, length) in enumerate(pages):
        page = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n%s\r\n%s" % (fields, content)
        records += (
            b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://a/%d\r\n"
            b"Content-Type: application/http; msgtype=response\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n"
            % (n, len(page) if length is None else length, page)
        )
    return records


def number(value: int) -> bytes:
    return b"\xff" + struct.pack("<Q", value)


# Which files are read, and how many are not, of an archive with something wrong.
READ_IN_PART: dict[str, tuple[Callable[[], bytes], list[str], int]] = {
    "checksum.zip": (lambda: patched(CENTRAL, 16, b"\1\2\3\4", last_only=True), ["a.txt"], 1),
    "size.zip": (lambda: patched(CENTRAL, 24, b"\3\0\0\0", last_only=True), ["a.txt"], 1),
    "offset.zip": (lambda: patched(CENTRAL, 42, b"\0\0\0\x7f", last_only=True), ["a.txt"], 1),
    "same-place.zip": (lambda: patched(CENTRAL, 42, bytes(4)), ["a.txt"], 1),
    "method.zip": (lambda: patched(CENTRAL, 10, b"\x63\0", last_only=True), ["a.txt"], 1),
    "password.zip": (lambda: patched(CENTRAL, 8, b"\1\0", last_only=True), ["a.txt"], 1),
    "name.zip": (lambda: patched(LOCAL, 30, b"z", last_only=True), ["a.txt"], 1),
    "unnamed.zip": (lambda: zipped(TWO).replace(b"a.txt", b"\0.txt"), ["unnamed", "b.txt"], 0),
    "count.zip": (lambda: patched(END, 8, b"\xff" * 4), ["a.txt", "b.txt"], 0),
    "behind.zip": (lambda: zipped(TWO) + b"trailing" * 100, ["a.txt", "b.txt"], 0),
    "script.zip": (lambda: b"#!/bin/sh\nexit\n" + zipped(TWO), ["a.txt", "b.txt"], 0),
    "cut.zip": (lambda: zipped(TWO)[:-30], ["a.txt", "b.txt"], 1),
    "cut-within.zip": (lambda: zipped(TWO)[: zipped(TWO).index(LOCAL, 4) + 33], ["a.txt"], 1),
    "version.zip": (lambda: patched(CENTRAL, 6, b"\xff\0"), ["a.txt", "b.txt"], 1),
    "directory.zip": (lambda: patched(END, 12, b"\0\0\0\x7f"), ["a.txt", "b.txt"], 1),
    "cut.tar": (lambda: tarred(TWO)[:1200], ["a.txt"], 1),
    "links.tar": (
        lambda: tarred(
            TWO,
            tarfile.GNU_FORMAT,
            *[
                tarfile.TarInfo.frombuf(header(f"l{n}", type=kind, linkname="/etc/passwd"), "utf-8", "strict")
                for n, kind in enumerate((b"1", b"2", b"3", b"4", b"6", b"Z"))
            ],
        ),
        ["a.txt", "b.txt"],
        0,
    ),
    "no-name.tar": (lambda: with_pax(pax("path", "..")), ["unnamed"], 0),
    "global.tar": (lambda: with_pax(pax("path", "g.txt"), b"g"), ["g.txt"], 0),
    "no-length.tar": (lambda: with_pax(b"99999 path=x\n"), ["x"], 0),
    "zero-length.tar": (lambda: with_pax(b"0 path=x\n" * 3), ["x.txt"], 0),
    "parts.txt.gz": (lambda: gzip.compress(b"Words. ") * 3, ["parts.txt"], 0),
    "parts.txt.bz2": (lambda: bz2.compress(b"Words. ") * 3, ["parts.txt"], 0),
    "parts.txt.xz": (lambda: lzma.compress(b"Words. ") * 3, ["parts.txt"], 0),
    "parts.txt.zst": (lambda: zstd.compress(b"Words. ") * 3, ["parts.txt"], 0),
    "empty-parts.gz": (lambda: gzip.compress(b"") * 20_000 + gzip.compress(b"x"), ["empty-parts"], 0),
    "length.warc": (lambda: web_archive((b"", HTML, None), (b"", HTML, 2**40)), ["a/0.html"], 1),
    "brotli.warc": (
        lambda: web_archive(
            (b"Content-Encoding: br\r\n", brotli.compress(HTML), None),
            (b"Content-Encoding: br\r\n", b"\xff" * 50, None),
            (b"Content-Encoding: br\r\n", brotli.compress(HTML)[:-9], None),
        ),
        ["a/0.html"],
        2,
    ),
    "address.warc": (
        lambda: web_archive((b"", HTML, None)).replace(b"http://a/0", b"http://[::1/"),
        ["[::1.html"],
        0,
    ),
    "chunks.warc": (
        lambda: web_archive(
            *[
                (b"Transfer-Encoding: chunked\r\n", length + HTML, None)
                for length in (b"33\r\n", b"ffffffffff\r\n", b"-5\r\n", b"zz\r\n")
            ]
        ),
        ["a/0.html", "a/1.html", "a/2.html", "a/3.html"],
        0,
    ),
}  # fmt: skip
# The reason for which an archive is rejected, and what the message says.
REJECTED: dict[str, tuple[Callable[[], bytes], Reason, str]] = {
    "size.zip": (lambda: patched(CENTRAL, 24, b"\0\0\0\x7f"), Reason.UNSAFE, "would unpack to"),
    "zip64.zip": (lambda: patched(CENTRAL, 24, b"\xff" * 4), Reason.UNSAFE, "would unpack to"),
    "overlap.zip": (lambda: overlapping(250), Reason.UNSAFE, "would unpack to 5,000 MB"),
    "ratio.zip": (lambda: zipped({"a": bytes(40 * MEGABYTE)}), Reason.UNSAFE, "as a bomb does"),
    "many.zip": (lambda: many(100_001), Reason.UNSAFE, "100,001 members or more"),
    "method.zip": (lambda: patched(CENTRAL, 10, b"\1\0"), Reason.UNSUPPORTED_TYPE, "compression of"),
    "checksums.zip": (lambda: patched(CENTRAL, 16, b"\1\2\3\4"), Reason.MALFORMED, "is damaged"),
    "cut-early.zip": (lambda: zipped(TWO)[:20], Reason.MALFORMED, "container is damaged"),
    "program.zip": (lambda: b"MZ" + bytes(500) + zipped(TWO), Reason.UNSUPPORTED_TYPE, "Windows program"),
    "empty.zip": (lambda: zipped({}), Reason.NO_TEXT, "holds no files"),
    "size.tar": (lambda: header(size=2**40) + b"abc", Reason.UNSAFE, "would unpack to"),
    "pax-size.tar": (lambda: with_pax(pax("size", "9" * 14)), Reason.UNSAFE, "would unpack to"),
    "sparse.tar": (lambda: sparse(2**33 - 1), Reason.UNSAFE, "would unpack to"),
    "sparse-pax.tar": (
        lambda: with_pax(pax("GNU.sparse.map", "0,1") + pax("GNU.sparse.size", "9" * 13)),
        Reason.UNSAFE,
        "would unpack to",
    ),
    "sparse-map.tar": (lambda: with_pax(pax("GNU.sparse.map", "0,x")), Reason.MALFORMED, "damaged"),
    "long-pax.tar": (lambda: header(type=b"x", size=2**33 - 1) + b"x", Reason.MALFORMED, "damaged"),
    "chain.tar": (
        lambda: (header(type=b"L", size=3) + b"abc" + bytes(509)) * 3000 + tarred(TWO),
        Reason.UNSAFE,
        "nested deeper",
    ),
    "cut.gz": (lambda: gzip.compress(random.Random(1).randbytes(5000))[:-50], Reason.MALFORMED, "cut off"),
    "checksum.gz": (lambda: gzip.compress(b"words")[:-8] + bytes(8), Reason.MALFORMED, "damaged"),
    "window.zst": (lambda: b"\x28\xb5\x2f\xfd\0\xff" + bytes(30), Reason.MALFORMED, "too much memory"),
    "skipped.zst": (lambda: b"\x50\x2a\x4d\x18\xff\xff\xff\x7fabc", Reason.MALFORMED, "cut off"),
    **{
        f"bomb{suffix}": (
            lambda pack=pack: pack(bytes(40 * MEGABYTE)),
            Reason.UNSAFE,
            "as a bomb does",
        )
        for suffix, pack in COMPRESSORS.items()
    },
    "bomb.7z": (lambda: sevenzipped({"a": bytes(40 * MEGABYTE)}), Reason.UNSAFE, "as a bomb does"),
    "header.7z": (lambda: sevenzip_of(b"", 2**40), Reason.MALFORMED, "exceeds the archive size"),
    "streams.7z": (
        lambda: sevenzip_of(b"\1\4\6" + number(0) + number(2**40) + b"\x09" + b"\1" * 50),
        Reason.MALFORMED,
        "exceeds limit",
    ),
    "folders.7z": (
        lambda: sevenzip_of(b"\1\4\6\0\1\x09\5\0\7\x0b" + number(2**40) + b"\0" + b"\1" * 50),
        Reason.MALFORMED,
        "exceeds limit",
    ),
    "files.7z": (lambda: sevenzip_of(b"\1\5" + number(2**40) + b"\0\0"), Reason.MALFORMED, "exceeds limit"),
    "cut.7z": (lambda: sevenzipped(TWO)[:-20], Reason.MALFORMED, "damaged"),
    "bomb.warc": (
        lambda: web_archive((b"Content-Encoding: gzip\r\n", gzip.compress(bytes(40 * MEGABYTE)), None)),
        Reason.UNSAFE,
        "as a bomb does",
    ),
    "brotli.warc": (
        lambda: web_archive((b"Content-Encoding: br\r\n", brotli.compress(bytes(40 * MEGABYTE), quality=1), None)),
        Reason.UNSAFE,
        "as a bomb does",
    ),
    "empty.warc": (lambda: web_archive((b"", b"", None)), Reason.NO_TEXT, "1 empty pages"),
    "line.warc": (lambda: b"WARC/1.0\r\nX: " + b"y" * MEGABYTE, Reason.NO_TEXT, "no page with text"),
    "a.rar": (lambda: b"Rar!\x1a\7\1\0" + bytes(60), Reason.UNSUPPORTED_TYPE, "RAR archive .*; pack its files"),
    "a.cab": (lambda: b"MSCF" + bytes(60), Reason.UNSUPPORTED_TYPE, "cabinet archive .*; pack its files"),
    "a.cpio": (lambda: b"070701" + b"0" * 104 + bytes(60), Reason.UNSUPPORTED_TYPE, "cpio archive .*; pack its files"),
    "a.iso": (lambda: bytes(32_769) + b"CD001", Reason.UNSUPPORTED_TYPE, "CD or DVD .*; pack its files"),
}  # fmt: skip


@pytest.mark.parametrize("name", READ_IN_PART)
def test_what_is_wrong_with_a_member_costs_that_member(name: str) -> None:
    write, read, damaged = READ_IN_PART[name]
    document = parse(write(), name)
    assert [file.name for file in document.attachments if file.problem is None] == read
    assert sum(file.problem is not None for file in document.attachments) == damaged


@pytest.mark.parametrize("name", REJECTED)
def test_what_grows_or_cannot_be_read_is_rejected_in_words(name: str) -> None:
    write, reason, message = REJECTED[name]
    with pytest.raises(DocumentRejected, match=message) as raised:
        parse(write(), name)
    assert raised.value.reason == reason
    assert "Error" not in raised.value.message


HOSTILE_NAMES = [
    "/etc/passwd", "../../x.txt", "..\\..\\y.txt", "C:\\z.txt", "a/../../b.txt", "a//b.txt", "./c.txt",
    "same.txt", "same.txt", "SAME.txt", " ", ".", "..", "-rf.txt", "a\nb.txt", "\x1b[31m.txt",
    "\u202egpj.exe.txt", "x" * 5000 + ".txt", "con.txt", "Ä.txt", "a\\b.txt",
]  # fmt: skip


@pytest.mark.parametrize("suffix", [".zip", ".tar"])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_names_lead_nowhere_and_no_file_is_lost(suffix: str) -> None:
    stream = io.BytesIO()
    if suffix == ".zip":
        with zipfile.ZipFile(stream, "w") as archive:
            for name in HOSTILE_NAMES:
                archive.writestr(name, b"words")
    else:
        with tarfile.open(fileobj=stream, mode="w") as archive:
            for name in HOSTILE_NAMES:
                member = tarfile.TarInfo(name)
                member.size = 5
                archive.addfile(member, io.BytesIO(b"words"))
    files = parse(stream.getvalue(), f"a{suffix}").attachments
    names = [file.name for file in files]
    assert len(set(map(str.casefold, names))) == len(HOSTILE_NAMES)
    for name in names:
        assert not name.startswith("/")
        assert {"", ".", ".."}.isdisjoint(name.split("/"))
        assert "\\" not in name
        assert name.isprintable() or "\u202e" in name
        assert len(name) < 300


def test_links_and_devices_in_a_zip_are_no_files() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, mode in (("link", 0o120777), ("disk", 0o060666), ("pipe", 0o010666)):
            member = zipfile.ZipInfo(name)
            member.external_attr, member.create_system = mode << 16, 3
            archive.writestr(member, "/etc/passwd")
        archive.writestr("a.txt", "words")
    document = parse(stream.getvalue(), "a.zip")
    assert [file.name for file in document.attachments] == ["a.txt"]
    assert document.metadata.extra == (("left_out", "2 devices, 1 links"),)


SOUND = {f"a{suffix}": write(TWO) for suffix, write in WRITERS.items()} | {
    "a.warc": web_archive((b"", HTML, None), (b"", HTML, None))
}


@settings(max_examples=120)
@given(
    st.sampled_from(sorted(SOUND)),
    st.lists(
        st.tuples(st.floats(0, 1), st.sampled_from([b"\0", b"\xff", b"\xff" * 4, b"\x80", b"\0" * 8])),
        min_size=1,
        max_size=4,
    ),
    st.floats(0.2, 1.5),
)  # fmt: skip
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_any_damage_gives_a_document_or_a_rejection(name, changes, kept) -> None:
    data = bytearray(SOUND[name])
    for place, value in changes:
        at = int(place * (len(data) - 1))
        data[at : at + len(value)] = value
    with suppress(MemoryError):  # a dictionary of gigabytes: the sandbox reports it
        outcome(bytes(data[: int(len(data) * kept)]), name)


@pytest.mark.parametrize(
    ("name", "members"),
    [
        ("a.vstx", ["[Content_Types].xml", "visio/document.xml"]),
        ("a.oxps", ["[Content_Types].xml", "FixedDocumentSequence.fdseq"]),
        ("a.msix", ["[Content_Types].xml", "AppxManifest.xml"]),
        ("slides", ["Index/Document.iwa", "preview.jpg"]),
        ("a.sketch", ["document.json", "pages/a.json"]),
        ("a.aar", ["AndroidManifest.xml", "classes.jar"]),
        ("a.mxl", ["META-INF/container.xml", "score.xml"]),
        ("a.hwpx", ["mimetype", "Contents/section0.xml"]),
        *((f"a.{suffix}", ["content.json"]) for suffix in ("phar", "qgz", "h5p", "mcpack", "newformat")),
    ],
)  # fmt: skip
def test_packages_without_a_parser_are_not_unpacked(name: str, members: list[str]) -> None:
    contents = dict.fromkeys(members, "words") | {"mimetype": "application/x-any"}
    data = zipped(contents if "mimetype" in members else dict.fromkeys(members, "words"))
    with pytest.raises(DocumentRejected) as raised:
        parse(data, name)
    assert raised.value.reason == Reason.UNSUPPORTED_TYPE


@pytest.mark.parametrize(
    "name", ["a.zip", "a", "a.kmz", "a.txt", "a.bak", "report v1.2", "a.2026-11-30"]
)
def test_a_folder_in_a_zip_is_unpacked(name: str) -> None:
    assert [file.name for file in parse(zipped(TWO), name).attachments] == list(TWO)


@pytest.mark.parametrize("name", ["a.docx", "a.pptx", "a.epub", "a.odt", "a.ods"])
def test_an_office_file_without_its_parts_is_no_archive(name: str) -> None:
    with pytest.raises(DocumentRejected) as raised:
        parse(zipped(TWO), name)
    assert raised.value.reason == Reason.MALFORMED
