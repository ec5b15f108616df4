"""What no parser reads is named: by its content first, and by its name where that says nothing."""

import pytest

from tests.parsers.binary_files import zipped
from vouch.parsers.format_names import OLE
from vouch.parsers.registry import parse, read
from vouch.parsers.signatures import ole_type
from vouch.schemas.documents.records import Reason
from vouch.schemas.errors import DocumentRejected


def rejection(data: bytes, name: str) -> DocumentRejected:
    with pytest.raises(DocumentRejected) as caught:
        parse(data, name)
    return caught.value


ONENOTE = bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3") + bytes(100)
CASES = [
    (ONENOTE, "a", "a Microsoft OneNote section (application/onenote); export its pages"),
    (b"ITSF\x03\0\0\0" + bytes(90), "a", "a compiled HTML help file (CHM) (application/vnd.ms-htmlhelp); unpack"),
    (b"Rar!\x1a\x07\x01\0" + bytes(90), "a.zip", "a RAR archive (application/vnd.rar); pack its files as zip"),
    (b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41" + bytes(90), "a", "an MP4 video (video/mp4); add a transcript"),
    (b"\0\0\0\x18ftypheic\0\0\0\0" + bytes(90), "a", "a HEIC picture (image/heic); where it shows text"),
    (b"MZ\x90\0\x03\0\0\0" + bytes(90), "setup.bin", "a Windows program (application/vnd.microsoft.portable-executable); leave it out"),
    (b"\x7fELF\2\1\1" + bytes(90), "a", "a Linux program (application/x-elf); leave it out"),
    (b"SQLite format 3\0" + bytes(90), "a", "an SQLite database (application/vnd.sqlite3); read its tables"),
    (b"!BDN" + bytes(90), "a", "an Outlook mail store (PST) (application/vnd.ms-outlook-pst); export"),
    (b"\xffWPC" + bytes(90), "a", "a WordPerfect document (application/wordperfect); save it"),
    (b"ID3\x03\0\0\0\0\0\x0a" + bytes(90), "a.mp3", "an MP3 recording (audio/mpeg); add a transcript"),
    (bytes(range(256)), "plan.mpp", "a Microsoft Project plan (application/vnd.ms-project); save it"),
    (bytes(range(256)), "a.xyz", "data of an unknown format (its name ends in .xyz); save it"),
    (bytes(range(256)), "a", "data of an unknown format; save it"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "name", "words"), CASES, ids=[words[:25] for _, _, words in CASES]
)
def test_the_message_names_the_format_and_what_to_do(data, name, words):
    refused = rejection(data, name)
    assert refused.reason == Reason.UNSUPPORTED_TYPE
    assert refused.message.startswith(f"no parser reads {words}")
    assert "octet-stream" not in refused.message


OPC = "[Content_Types].xml"
PACKAGES = [
    ({OPC: "", "visio/document.xml": ""}, "a", "a Microsoft Visio drawing"),
    ({OPC: "", "Documents/1/FixedDocument.fdoc": ""}, "a", "an XPS document"),
    ({OPC: "", "3D/3dmodel.model": ""}, "a.zip", "a 3MF model"),
    ({OPC: "", "theme/theme/theme1.xml": ""}, "a", "an Office theme"),
    ({OPC: "", "tool.nuspec": ""}, "a", "a NuGet package"),
    ({OPC: "", "other/part.xml": ""}, "a", "a package of an unknown Office Open XML format"),
    ({"Index/Document.iwa": "", "Data/a.jpg": ""}, "talk.key", "an Apple Keynote presentation"),
    ({"Index/Document.iwa": "", "Data/a.jpg": ""}, "a", "an Apple iWork document"),
    ({"index.apxl": "", "theme-files/a.png": ""}, "a", "an Apple Keynote presentation"),
    ({"META-INF/MANIFEST.MF": "", "com/A.class": ""}, "a", "a Java archive"),
    ({"AndroidManifest.xml": "", "META-INF/MANIFEST.MF": ""}, "a", "an Android package"),
    ({"pkg/__init__.py": "", "pkg-1.dist-info/WHEEL": ""}, "a", "a Python package"),
    ({"mimetype": "application/vnd.sun.xml.writer"}, "a", "an OpenOffice 1 text"),
    ({"mimetype": "application/vnd.oasis.opendocument.formula"}, "a", "an OpenDocument formula"),
    ({"content.json": "[]", "metadata.json": "{}"}, "map.xmind", "an XMind map"),
    ({"document.json": "{}", "pages/a.json": "{}"}, "ui.sketch", "a package of an unknown format"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("members", "name", "words"), PACKAGES, ids=[words for _, _, words in PACKAGES]
)
def test_a_package_is_no_folder_in_a_zip(members, name, words):
    refused = rejection(zipped(members), name)
    assert refused.reason == Reason.UNSUPPORTED_TYPE
    assert f"no parser reads {words}" in refused.message


@pytest.mark.parametrize(
    "members",
    [
        {"site/index.html": "<p>hi</p>", "site/a.txt": "a"},
        {"unpacked/[Content_Types].xml": "<a/>", "unpacked/word/document.xml": "<a/>"},
        {"content.json": "[1]", "metadata.json": "{}"},
        {"project/META-INF/MANIFEST.MF": "a", "project/readme.md": "b"},
        {"index.xml": "<a/>", "notes.txt": "b"},
    ],
)
def test_a_folder_in_a_zip_is_unpacked(members):
    assert len(parse(zipped(members), "a.zip").attachments) == len(members)


TEXTS = {
    "a.vcf": "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ada Lovelace\r\nEND:VCARD\r\n",
    "a.srt": "1\n00:00:01,000 --> 00:00:04,000\nHello there.\n",
    "a.vtt": "WEBVTT\n\n00:01.000 --> 00:04.000\nHello there.\n",
    "a.log": "2026-01-01 12:00:00 INFO started\n",
    "a.sql": "SELECT a FROM b WHERE c = 1;\n",
    "BMW.txt": "BM is how the name of the maker begins",
    "MZ.txt": "MZ are the initials of Mark Zbikowski",
    "WARCRAFT.txt": "WARCRAFT is a game",
}


@pytest.mark.parametrize("name", TEXTS)
def test_texts_of_other_formats_are_read_as_texts(name):
    reading = read(TEXTS[name].encode(), name)
    assert reading.read_by in ("text", "source")
    assert TEXTS[name].split()[-1] in reading.document.text


def test_an_old_office_container_without_a_known_stream_is_named_by_its_suffix():
    assert ole_type(OLE, ".mpp") == "application/vnd.ms-project"
    assert ole_type(OLE, ".bin") == OLE
    assert ole_type("application/msword", ".mpp") == "application/msword"
