"""A zip archive becomes a list of names, and its files attachments with safe names."""

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
