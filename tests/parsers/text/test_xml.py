"""XML: mixed content, document types that are not loaded, and hostile documents."""

import time

import pytest

from tests.parsers.proofs import elements_of
from vouch.parsers.registry import parse
from vouch.schemas.documents.records import ElementType, Reason
from vouch.schemas.errors import DocumentRejected

T = ElementType
BOOK = '<!DOCTYPE book PUBLIC "-//OASIS//DTD DocBook XML V4.5//EN" "http://x.invalid/docbookx.dtd">'


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        (
            "<r>intro<s><p>one <i>two</i></p><p>three</p></s>tail<s><p>four</p></s></r>",
            [(T.PARAGRAPH, text) for text in ("intro", "one two", "three", "tail", "four")],
        ),
        (
            BOOK + "<book><title>T</title><para>a&nbsp;b &mdash; &amp;c</para></book>",
            [(T.TITLE, "T"), (T.PARAGRAPH, "a b — &c")],
        ),
        (
            "<r><![CDATA[use <!ENTITY x 'y'> to define]]></r>",
            [(T.PARAGRAPH, "use <!ENTITY x 'y'> to define")],
        ),
        ("<r><!-- <!ENTITY x 'y'> -->a<?pi b?>c</r>", [(T.PARAGRAPH, "ac")]),
        (
            '<feed xmlns="http://www.w3.org/2005/Atom"><title>F</title><entry><title>E</title>'
            '<content type="html">&lt;h2&gt;H&lt;/h2&gt;'
            '&lt;p&gt;a&lt;/p&gt;</content></entry><entry><content type="xhtml"><div><p>b</p>'
            "</div></content></entry></feed>",
            [
                (T.TITLE, "F"),
                (T.TITLE, "E"),
                (T.TITLE, "H"),
                (T.PARAGRAPH, "a"),
                (T.PARAGRAPH, "b"),
            ],
        ),
    ],
)
def test_text_is_in_document_order(xml: str, expected: list[tuple[ElementType, str]]) -> None:
    assert elements_of(parse(xml.encode(), "a.xml")) == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "iso-8859-1"])
def test_the_encoding_is_that_of_the_bytes(encoding: str) -> None:
    declared = "utf-16" if encoding.startswith("utf-16") else encoding
    xml = f'<?xml version="1.0" encoding="{declared}"?>\n<r><p>naïve words</p></r>'
    assert parse(xml.encode(encoding), "a.xml").text == "naïve words"


@pytest.mark.parametrize(
    "subset",
    [
        '<!ENTITY m SYSTEM "file:///etc/hostname">',
        '<!ENTITY % p SYSTEM "file:///etc/hostname"> %p;',
        " " * 100_001 + '<!ENTITY m SYSTEM "late">',
        '<!-- <r> --><!ENTITY m SYSTEM "after a comment">',
    ],
)
def test_documents_that_load_other_files_are_rejected(subset: str) -> None:
    with pytest.raises(DocumentRejected) as raised:
        parse(f"<!DOCTYPE r [{subset}]><r a='&m;'>x &m; y</r>".encode(), "a.xml")
    assert raised.value.reason == Reason.UNSAFE


@pytest.mark.parametrize(
    ("xml", "count"),
    [
        ("<r>" + "<x>text</x>" * 15_000 + "</r>", 15_000),
        ("<r>" + "<x>text</x><y><z>a</z><z>b</z></y>" * 3_000 + "</r>", 9_000),
        (" " * 50_000 + "<r>x</r>", 1),
        ("<r>" + "word " * 2_100_000 + "</r>", 1),
    ],
)
def test_large_documents_are_read_whole_in_linear_time(xml: str, count: int) -> None:
    started = time.process_time()
    assert len(parse(xml.encode(), "a.xml").elements) == count
    assert time.process_time() - started < 10
