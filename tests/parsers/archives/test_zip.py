"""A zip archive becomes a list of names, and its files attachments with safe names."""

import io
import zipfile

import pytest

from tests.parsers.binary_files import data_of, parse, typed_texts, zipped
from vouch.schemas.errors import DocumentRejected


def names(data: bytes) -> list[str]:
    return [attachment.name for attachment in parse(data, "a.zip").attachments]


def test_members_are_listed_and_attached():
    document = parse(data_of("simple.zip"), "simple.zip")
    assert typed_texts(document) == [
        ("list_item", "- ideas-page.html"),
        ("list_item", "- stanley-cups.csv"),
    ]
    assert [len(attachment.data) for attachment in document.attachments] == [6161, 89]


@pytest.mark.parametrize(
    ("stored", "name"),
    [
        ("a/b/c.txt", "a/b/c.txt"),
        ("../../etc/passwd", "etc/passwd"),
        ("/absolute.txt", "absolute.txt"),
        ("C:\\temp\\file.txt", "temp/file.txt"),
        ("a/./b//c.txt", "a/b/c.txt"),
        ("x\ny.txt", "x y.txt"),
    ],
)
def test_names_do_not_lead_out_of_the_archive(stored, name):
    assert names(zipped({stored: "x"})) == [name]


def test_folders_and_system_files_are_left_out():
    assert names(zipped({"__MACOSX/._a": "x", "d/.DS_Store": "x", "d/": "", "d/a.txt": "x"})) == [
        "d/a.txt"
    ]


def test_equal_names_are_numbered():
    assert names(zipped({"a.txt": "1", "../a.txt": "2", "A.TXT": "3"})) == [
        "a.txt",
        "a (2).txt",
        "A (3).TXT",
    ]


def test_utf8_names_without_the_flag_are_read():
    data = zipped({"x" * len("größe.txt".encode()): "1"})
    assert names(data.replace(b"x" * 11, "größe.txt".encode())) == ["größe.txt"]


def test_a_zip_bomb_is_rejected():
    with pytest.raises(DocumentRejected, match="unsafe"):
        parse(zipped({"bomb": b"\0" * 16_100_000}, zipfile.ZIP_DEFLATED), "a.zip")


class Unseekable(io.RawIOBase):
    """A stream to which a zip is written with the sizes of members behind them."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:
        self.written += bytes(data)
        return len(data)


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("is_streamed", [False, True])
def test_a_cut_off_zip_keeps_the_files_before_the_cut(compression, is_streamed):
    stream = Unseekable() if is_streamed else io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name in ("a.txt", "ö.txt", "c.txt"):
            archive.writestr(name, f"text of {name}\n" * 200)
    data = stream.written if isinstance(stream, Unseekable) else stream.getvalue()
    cut = data[: data.index(b"c.txt") + 20]
    if is_streamed and compression == zipfile.ZIP_STORED:  # nothing says where a member ends
        with pytest.raises(DocumentRejected, match="container is damaged"):
            parse(cut, "a.zip")
        return
    *files, problem = parse(cut, "a.zip").attachments
    assert [file.name for file in files] == ["a.txt", "ö.txt"]
    assert files[1].data == "text of ö.txt\n".encode() * 200
    assert problem.problem is not None
    assert "cut off or damaged behind 'ö.txt'" in problem.problem.message
