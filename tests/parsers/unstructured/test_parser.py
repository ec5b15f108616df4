"""Documents that unstructured reads: in our spans, within our limits, with all that is attached."""

import importlib.metadata

import pytest

from tests.parsers.binary_files import data_of, zipped
from tests.parsers.package_writers import PACKAGE_WRITERS
from tests.parsers.pandoc.pandoc_documents import written
from tests.parsers.proofs import elements_of, links, prove
from tests.parsers.text_writers import TEXT_WRITERS
from tests.pipeline.sample_documents import MAIL
from vouch.parsers import registry
from vouch.parsers.registry import Reading, parse_fingerprint, read
from vouch.schemas.documents.records import ElementType, Reason
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.settings.choices import Engine

ALL_TYPES = {"*": Engine.UNSTRUCTURED}
WRITERS = TEXT_WRITERS | PACKAGE_WRITERS
BY_WRITER = (
    "txt py yaml md mdx rst html xhtml xml json ndjson csv tsv rtf eml pptx odt epub".split()
)


def by_library(data: bytes, name: str) -> Reading:
    reading = read(data, name, engines=ALL_TYPES)
    assert reading.read_by == "unstructured"
    prove(reading.document)
    return reading


@pytest.mark.parametrize("form", BY_WRITER)
def test_words_of_every_text_format_are_in_the_document(form: str):
    data = WRITERS[form](["The tenant pays the rent", "The landlord keeps the roof"])
    text = by_library(data, f"a.{form}").document.text
    assert "The tenant pays the rent" in text
    assert "The landlord keeps the roof" in text


@pytest.mark.parametrize("form", ["docx", "odt", "epub", "rst", "org", "html"])
def test_types_depths_cells_and_links_are_ours(form: str):
    document = by_library(written(form), f"a.{form}").document
    elements = elements_of(document)
    for expected in (
        (ElementType.TITLE, "Leave"),
        (ElementType.PARAGRAPH, "quoted words"),
        (ElementType.LIST_ITEM, "- first"),
        (ElementType.LIST_ITEM, "  - nested"),
        (ElementType.LIST_ITEM, "- second"),
        (ElementType.TABLE, "name | age\nAda | 36"),
    ):
        assert expected in elements
    (table,) = [element.table for element in document.elements if element.table]
    assert table.header_rows == 1
    assert ("the law", "https://example.org") in links(document)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("stanley-cups.xlsx", "Maple Leafs | TOR | 13"),
        ("tests-example.xls", "Bagpipes are awesome."),
        ("sample-presentation.pptx", "There’s text here"),
        ("fake-email-attachment.msg", "Here's the attachments!"),
        ("fake-email-utf-16-be.eml", "Roses are red"),
    ],
)
def test_files_of_offices_and_mail_programs_are_read(name: str, words: str):
    assert words in by_library(data_of(name), name).document.text


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "cp1252"])
@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.md"])
def test_texts_are_decoded_before_they_are_handed_over(name: str, encoding: str):
    """The library reads CSV as UTF-8 only, and guesses the encoding of other texts."""
    data = "Größe,Maß\nzwölf,fünf Ärmel\n".encode(encoding)
    assert "fünf Ärmel" in by_library(data, name).document.text


def test_attached_files_become_documents_as_with_our_parser():
    reading = by_library(MAIL, "a.eml")
    assert reading.document.attachments == read(MAIL, "a.eml").document.attachments != ()
    # Their text is not in that of the mail too.
    assert "rent" not in reading.document.text


def test_what_unstructured_does_not_read_is_ours():
    data = zipped({"a.txt": "alpha"})
    assert read(data, "a.zip", engines=ALL_TYPES).read_by == "archive"


def reason_of(data: bytes, name: str) -> Reason:
    with pytest.raises(DocumentRejected) as raised:
        read(data, name, engines=ALL_TYPES)
    assert raised.value.parser == "unstructured"
    return raised.value.reason


@pytest.mark.parametrize(
    ("data", "name", "reason"),
    [
        # Of both the library makes no element and no error.
        (b"<div>" * 20_000 + b"deep" + b"</div>" * 20_000, "a.html", Reason.NO_TEXT),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "a.xml", Reason.NO_TEXT),
        (b"<html><head><title></title></head><body></body></html>", "a.html", Reason.NO_TEXT),
        (zipped({"word/document.xml": b"\0" * 20_000_000, "[Content_Types].xml": b""}), "a.docx", Reason.UNSAFE),
        (zipped({"word/document.xml": b"no XML", "[Content_Types].xml": b""}), "a.docx", Reason.MALFORMED),
    ],
    ids=["deep", "entity", "empty", "bomb", "damaged"],
)  # fmt: skip
def test_what_it_cannot_read_is_rejected(data: bytes, name: str, reason: Reason):
    assert reason_of(data, name) == reason


def test_no_file_of_the_machine_is_included(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("the password of this machine")
    for name, data in (
        ("a.rst", f"Title\n=====\n\n.. include:: {secret}\n\nText.\n"),
        ("a.org", f'* Title\n\n#+INCLUDE: "{secret}"\n\nText.\n'),
        ("a.html", f"<p>Text.</p><object data='file://{secret}'></object>"),
        ("a.xml", f'<!DOCTYPE a [<!ENTITY x SYSTEM "file://{secret}">]><a>Text.&x;</a>'),
    ):
        assert "password" not in by_library(data.encode(), name).document.text


def test_its_fingerprint_depends_on_the_model_where_that_is_installed(monkeypatch):
    before = parse_fingerprint("unstructured")

    def version(library: str) -> str:
        return "3.8.0" if library == "en-core-web-sm" else importlib.metadata.version(library)

    monkeypatch.setattr(registry, "version", version)
    assert parse_fingerprint.__wrapped__("unstructured") != before
    assert parse_fingerprint.__wrapped__("markdown") == parse_fingerprint("markdown")
