"""Archives of every kind become a list of names, and their files attachments with safe names."""

import gzip
import io
import random
import struct
import tarfile
import tracemalloc
import zipfile
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from py7zr import FILTER_COPY, SevenZipFile

from tests.parsers.archives.archive_writers import COMPRESSORS, WRITERS, sevenzipped, tarred
from tests.parsers.binary_files import typed_texts, zipped
from vouch.parsers.registry import parse, read
from vouch.schemas.documents.records import Document, Reason
from vouch.schemas.errors import DocumentRejected

FILES = {"notes/one.txt": b"the first file", "größe 2.md": b"# The second", "empty": b""}


def contents(document: Document) -> dict[str, bytes]:
    return {file.name: file.data for file in document.attachments if not file.problem}


def problems(document: Document) -> dict[str, str]:
    return {file.name: file.problem.reason for file in document.attachments if file.problem}


def reason_of(data: bytes, name: str) -> str:
    with pytest.raises(DocumentRejected) as caught:
        parse(data, name)
    return caught.value.reason


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("suffix", ["", ".zip", ".bin"])
def test_files_are_listed_and_attached_whatever_the_archive_is_named(kind, suffix):
    document = parse(WRITERS[kind](FILES), f"a{suffix or kind}")
    assert contents(document) == FILES
    assert sorted(typed_texts(document)) == sorted(("list_item", f"- {name}") for name in FILES)


@settings(max_examples=30, deadline=None)
@given(
    st.dictionaries(st.from_regex(r"[a-zé]{1,8}(/[a-z]{1,8}){0,2}\.txt", fullmatch=True), st.binary(max_size=2000), min_size=1, max_size=6),
    st.sampled_from(list(WRITERS)),
)  # fmt: skip
def test_what_is_packed_is_unpacked(members, kind):
    assert contents(parse(WRITERS[kind](members), "a")) == members


@pytest.mark.parametrize("suffix", COMPRESSORS)
@pytest.mark.parametrize(("name", "member"), [("plan.md", "plan.md"), ("Plan v1.2.txt", "Plan v1.2.txt")])  # fmt: skip
def test_a_compressed_file_is_one_attachment_under_its_own_name(suffix, name, member):
    document = parse(COMPRESSORS[suffix](b"# Plan"), f"folder/{name}{suffix}")
    assert contents(document) == {member: b"# Plan"}


def test_the_name_in_a_gzip_counts_where_the_file_has_no_suffix_of_its_own():
    stream = io.BytesIO()
    with gzip.GzipFile("report.csv", "wb", fileobj=stream) as file:
        file.write(b"a,b")
    assert contents(parse(stream.getvalue(), "download")) == {"report.csv": b"a,b"}
    assert contents(parse(stream.getvalue(), "report-2.csv.gz")) == {"report-2.csv": b"a,b"}


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_and_every_tar_format_are_read(form):
    members = {"deep/" * 20 + "file.txt": b"x", "short": b"y"}
    assert contents(parse(tarred(members, form), "a.tar")) == members


@pytest.mark.parametrize("pack", [tarred, lambda members: gzip.compress(tarred(members))])
@pytest.mark.parametrize(
    ("stored", "name"),
    [("../../etc/passwd", "etc/passwd"), ("/absolute.txt", "absolute.txt"), ("C:\\temp\\a.txt", "temp/a.txt")],
)  # fmt: skip
def test_names_in_a_tar_do_not_lead_out_of_it(pack, stored, name):
    assert contents(parse(pack({stored: b"x"}), "a.tar")) == {name: b"x"}


def test_a_7z_with_a_name_that_leads_out_keeps_its_other_files():
    stream = io.BytesIO()
    with SevenZipFile(stream, "w") as archive:
        archive.set_encoded_header_mode(False)
        archive.writestr(b"fine", "good.txt")
        archive.writestr(b"evil", "a/b/c.txt")
    data = stream.getvalue()
    assert contents(parse(data, "a.7z")) == {"good.txt": b"fine", "a/b/c.txt": b"evil"}
    # The library writes no name that leads out, so that the header is changed, with its checksums.
    name, evil = ("a/b/c.txt".encode("utf-16-le"), "../../c.t".encode("utf-16-le"))
    header = bytearray(data[32:]).replace(name, evil)
    start = struct.unpack_from("<Q", data, 12)[0]
    size = struct.unpack_from("<Q", data, 20)[0]
    fields = struct.pack("<QQI", start, size, zlib.crc32(bytes(header[start : start + size])))
    changed = data[:8] + struct.pack("<I", zlib.crc32(fields)) + fields + bytes(header)
    document = parse(changed, "a.7z")
    assert contents(document) == {"good.txt": b"fine"}
    assert problems(document) == {"c.t": Reason.MALFORMED}


def test_links_and_devices_are_counted_and_not_followed():
    kinds = (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE)
    headers = []
    for number, kind in enumerate(kinds):
        header = tarfile.TarInfo(f"special-{number}")
        header.type, header.linkname = kind, "/etc/passwd"
        headers.append(header)
    document = parse(tarred(FILES, tarfile.PAX_FORMAT, *headers), "a.tar")
    assert contents(document) == FILES
    assert document.metadata.extra == (("left_out", "2 devices, 2 links"),)


def test_system_files_are_left_out():
    members = {"._a.txt": b"x", "__MACOSX/b": b"x", "d/.DS_Store": b"x", "a.txt": b"y"}
    for kind in (".zip", ".tar", ".7z"):
        assert contents(parse(WRITERS[kind](members), f"a{kind}")) == {"a.txt": b"y"}


def sparse_tar(size: int) -> bytes:
    """Return a tar with a file that is one hole of `size` bytes (GNU's old format)."""
    header = bytearray(tarfile.TarInfo("hole").tobuf(tarfile.GNU_FORMAT))
    header[156:157] = b"S"
    header[386:482] = b"\0" * 96
    header[483:495] = b"%011o\0" % size
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + bytes(1024)


def declared_7z(size: int) -> bytes:
    return sevenzipped({"zeros": bytes(size)})


BOMBS = {
    "zip": lambda: zipped({"zeros": bytes(40_000_000)}),
    "gz": lambda: gzip.compress(bytes(40_000_000)),
    "nested gz": lambda: gzip.compress(gzip.compress(bytes(40_000_000))),
    "bz2": lambda: COMPRESSORS[".bz2"](bytes(40_000_000)),
    "xz": lambda: COMPRESSORS[".xz"](bytes(40_000_000)),
    "zst": lambda: COMPRESSORS[".zst"](bytes(40_000_000)),
    "tar.gz": lambda: gzip.compress(tarred({"zeros": bytes(40_000_000)})),
    "sparse tar": lambda: sparse_tar(2_000_000_000),
    "sparse tar.gz": lambda: gzip.compress(sparse_tar(8_000_000_000)),
    "7z": lambda: declared_7z(40_000_000),
}


@pytest.mark.parametrize("kind", [kind for kind in BOMBS if kind != "nested gz"])
def test_a_bomb_is_unsafe_and_takes_little_memory(kind):
    data = BOMBS[kind]()
    tracemalloc.start()
    try:
        assert reason_of(data, "a") == Reason.UNSAFE
        assert tracemalloc.get_traced_memory()[1] < 40_000_000
    finally:
        tracemalloc.stop()


def test_the_inner_of_two_bombs_is_unsafe_in_its_turn():
    (file,) = parse(BOMBS["nested gz"](), "a.gz").attachments
    assert reason_of(file.data, file.name) == Reason.UNSAFE


def test_many_members_are_unsafe(monkeypatch):
    monkeypatch.setattr("vouch.parsers.common.unpacking.MAX_MEMBERS", 3)
    members = {f"{number}.txt": b"x" for number in range(4)}
    for kind in WRITERS:
        assert reason_of(WRITERS[kind](members), f"a{kind}") == Reason.UNSAFE


def damaged_zip() -> bytes:
    data = bytearray(
        zipped({"good.txt": "fine", "bad.txt": "beta", "last.txt": "too"}, zipfile.ZIP_STORED)
    )
    data[data.index(b"beta")] ^= 1
    return bytes(data)


def damaged_tar() -> bytes:
    data = bytearray(
        tarred({"good.txt": b"fine", "bad.txt": b"beta", "last.txt": b"too"}, tarfile.USTAR_FORMAT)
    )
    data[1024 + 150] ^= 1  # the checksum of the second header
    return bytes(data)


def damaged_7z() -> bytes:
    """Return a 7z of two blocks of members, the first damaged."""
    stream = io.BytesIO()
    copied = [{"id": FILTER_COPY}]
    with SevenZipFile(stream, "w", filters=copied) as archive:
        archive.writestr(b"good", "good.txt")
        archive.writestr(b"beta", "bad.txt")
    stream.seek(0)
    with SevenZipFile(stream, "a", filters=copied) as archive:
        archive.writestr(b"too", "last.txt")
    return stream.getvalue().replace(b"beta", b"betb")


@pytest.mark.parametrize(
    "data", [damaged_zip(), damaged_tar(), damaged_7z()], ids=["zip", "tar", "7z"]
)
def test_a_damaged_member_costs_itself_alone(data):
    document = parse(data, "a")
    assert {"good.txt", "last.txt"} <= set(contents(document))
    assert list(problems(document).values()) == [Reason.MALFORMED]


@pytest.mark.parametrize("kind", [".tar", ".tar.gz", ".tar.xz"])
def test_a_cut_off_tar_keeps_the_files_before_the_cut(kind):
    noise = random.Random(1).randbytes(50_000)
    data = WRITERS[kind]({"first.txt": b"fine", "noise": noise})
    document = parse(data[: len(data) // 2], f"a{kind}")
    assert contents(document)["first.txt"] == b"fine"
    assert Reason.MALFORMED in problems(document).values()


@pytest.mark.parametrize("suffix", COMPRESSORS)
def test_a_cut_off_compressed_file_is_malformed(suffix):
    data = COMPRESSORS[suffix](bytes(range(256)) * 40)
    assert reason_of(data[: len(data) // 2], f"a.txt{suffix}") == Reason.MALFORMED


def encrypted_zip(*names: str) -> bytes:
    data = bytearray(zipped(dict.fromkeys(["open.txt", "secret.txt"], "x"), zipfile.ZIP_STORED))
    for name in names:
        local, entry = data.index(name.encode()) - 30, data.rindex(name.encode()) - 46
        data[local + 6] |= 1
        data[entry + 8] |= 1
    return bytes(data)


def test_encrypted_members_say_so_and_the_others_are_read():
    document = parse(encrypted_zip("secret.txt"), "a.zip")
    assert contents(document) == {"open.txt": b"x"}
    assert problems(document) == {"secret.txt": Reason.ENCRYPTED}
    assert reason_of(encrypted_zip("open.txt", "secret.txt"), "a.zip") == Reason.ENCRYPTED


@pytest.mark.parametrize("options", [{}, {"header_encryption": True}])
def test_an_encrypted_7z_says_so(options):
    data = sevenzipped({"a.txt": b"x"}, password="secret", **options)
    assert reason_of(data, "a.7z") == Reason.ENCRYPTED


@pytest.mark.parametrize("kind", WRITERS)
def test_damaged_archives_end_in_a_reason(kind):
    data = WRITERS[kind](FILES)
    for cut in (len(data) // 3, len(data) // 2, len(data) - 3):
        try:
            parse(data[:cut], f"a{kind}")
        except DocumentRejected as rejected:
            assert rejected.reason != Reason.PARSER_ERROR


def test_a_pdf_near_the_beginning_of_an_archive_does_not_make_it_a_pdf():
    pdf = b"%PDF-1.4 is only said"
    assert read(zipped({"a.pdf": pdf}, zipfile.ZIP_STORED), "a").media_type == "application/zip"
    assert read(tarred({"a.pdf": pdf}), "a").media_type == "application/x-tar"
