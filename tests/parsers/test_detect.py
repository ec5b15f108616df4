"""Detection of media types: by content first, by file name where that is ambiguous."""

import io
import json
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vouch.parsers.detect import detect
from vouch.schemas.errors import DocumentRejected

MAIL = (
    b"Message-ID: <1@x>\nDate: Mon, 1 Jan 2024 00:00:00 +0000\nFrom: a@x.org\nTo: b@x.org\n"
    b"Subject: Hi\n\nHello."
)
OFFICE = "application/vnd.openxmlformats-officedocument."


def zipped(**members: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return data.getvalue()


WORD = zipped(**{"[Content_Types].xml": "<x/>", "word/document.xml": "<x/>"})
NOTEBOOK = json.dumps({"cells": [], "nbformat": 4}).encode()


@pytest.mark.parametrize(
    ("data", "name", "media_type"),
    [
        (b"%PDF-1.7\n...", "a.pdf", "application/pdf"),
        (b"%PDF-1.7\n...", "lies.txt", "application/pdf"),
        (b"\0\0junk\n%PDF-1.7\n...", "a", "application/pdf"),
        (b"HTTP/1.1 200 OK\r\n\r\n%PDF-1.7\n...", "download", "application/pdf"),
        (b"junk %PDF-1.7\n...", "a.pdf", "application/pdf"),
        (b'open("a.pdf", "wb").write(b"%PDF-1.4 broken")\n', "make.py", "text/x-source"),
        (b"A file begins with\n%PDF-1.7\nand ends with %%EOF.\n", "notes.md", "text/markdown"),
        (b"The header is %PDF-1.7 in all of them.\n", "notes", "text/plain"),
        (b"{\\rtf1 hi}", "lies.docx", "text/rtf"),
        (WORD, "a.docx", OFFICE + "wordprocessingml.document"),
        (WORD, "lies.md", OFFICE + "wordprocessingml.document"),
        (zipped(**{"[Content_Types].xml": "", "ppt/p.xml": ""}), "a", OFFICE + "presentationml.presentation"),
        (zipped(**{"[Content_Types].xml": "", "xl/w.xml": ""}), "a", OFFICE + "spreadsheetml.sheet"),
        (zipped(mimetype="application/epub+zip"), "a.zip", "application/epub+zip"),
        (zipped(mimetype="application/vnd.oasis.opendocument.text"), "a", "application/vnd.oasis.opendocument.text"),
        (zipped(**{"a.txt": "hi"}), "a.zip", "application/zip"),
        (WORD[:-30], "cut.docx", OFFICE + "wordprocessingml.document"),
        (MAIL, "mail.txt", "message/rfc822"),
        (MAIL, "mail", "message/rfc822"),
        (b"From - Thu Jan  1 00:00:00 2015\nX-UIDL:\n" + MAIL, "Inbox", "message/rfc822"),
        (b"From MAILER-DAEMON Thu Jan  1 00:00:00 2015\nSubject: Hi\n\nHello.", "a.mbox", "message/rfc822"),
        (b"From root Thu Jan  1 00:00 CET 2015\nSubject: Hi\n\nHello.", "a.txt", "message/rfc822"),
        (b"From a@x.org Thu Jan  1 00:00:00 2015\nA note: hello\n\nnot a mail", "a.txt", "text/plain"),
        (b"From Monday on\nSubject: change\n\nnot a mail", "a.txt", "text/plain"),
        (b"From: someone\nsaid: hello\n\nnot a mail", "a.txt", "text/plain"),
        (b"PEP: 8\nTitle: Style\nAuthor: G\n\nText", "a.txt", "text/plain"),
        (b"<!DOCTYPE html><html><body>x", "a.txt", "text/html"),
        (b"  <html lang='en'>", "a", "text/html"),
        (b"<?xml version='1.0'?><a>x</a>", "a.txt", "application/xml"),
        (b"<?xml version='1.0'?><!DOCTYPE html><html>", "a.xml", "text/html"),
        (b"<?xml version='1.0'?><a><b></a>", "a", "application/xml"),
        (b"<note><to>Ada</to></note>", "a.txt", "application/xml"),
        (b"<note>\nA text on rivers & tags\n<loc_12>left <loc_9>right\n", "a.txt", "text/plain"),
        (b"<note>\nA text on rivers & tags\n", "a", "text/plain"),
        (b"<note>\nA text on rivers & tags\n", "a.xml", "application/xml"),
        (b"<p>fragment</p>", "a.html", "text/html"),
        (b'{"a": 1}', "a.txt", "application/json"),
        (b'{"a": ', "a.txt", "text/plain"),
        (b'{"a": ', "a.json", "application/json"),
        (b'{"a": 1}\n{"a": 2}', "a.jsonl", "application/x-ndjson"),
        (NOTEBOOK, "a.ipynb", "application/x-ipynb+json"),
        (NOTEBOOK, "a.json", "application/x-ipynb+json"),
        (b"# Title", "a.md", "text/markdown"),
        (b"# Title", "A.MDX", "text/markdown"),
        (b"Title\n=====", "a.rst", "text/x-rst"),
        (b"* Title", "a.org", "text/x-org"),
        (b"a,b\n1,2", "a.csv", "text/csv"),
        (b"a\tb\n1\t2", "a.tsv", "text/tab-separated-values"),
        (b"a,b\n1,x\0y", "a.csv", "text/csv"),
        (b"a line of an export\0 and its words " * 5, "a.txt", "text/plain"),
        (b"a line of an export\0 and its words " * 5, "a", "application/octet-stream"),
        (b"def f(): pass", "a.py", "text/x-source"),
        (b"a: 1", "a.yaml", "application/yaml"),
        (b"plain words", "README", "text/plain"),
        ("wide words".encode("utf-16"), "a.txt", "text/plain"),
        ("wide words".encode("utf-16-le"), "a.txt", "text/plain"),
        ("# Titel".encode("utf-16"), "a.md", "text/markdown"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "a.txt", "image/png"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(40), "a", "image/jpeg"),
        (b"ID3\x03\x00" + bytes(60), "a.mp3", "audio/mpeg"),
        (bytes(range(256)) * 4, "a", "application/octet-stream"),
    ],
)  # fmt: skip
def test_the_media_type_of_files(data: bytes, name: str, media_type: str):
    assert detect(data, name) == media_type


@given(
    data=st.binary(max_size=300),
    name=st.sampled_from(["a.txt", "a.docx", "a.json", "a", "a.html", "a.csv", "a.xls"]),
)
def test_any_bytes_have_a_media_type_or_are_rejected(data: bytes, name: str):
    for start in (b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\xff\xfe", b"{", b"<"):
        try:
            assert "/" in detect(start + data, name)
        except DocumentRejected:
            continue
