"""Body elements: titles, lists, literal blocks, quotes, comments."""

import pytest

from tests.parsers.binary_files import texts_of
from tests.parsers.rst.rst_text import rst
from vouch.schemas.documents.records import ElementType


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- a\n  b\n\n  c\n\n  * d\n\n- e", "- a b\n\nc\n\n  - d\n- e"),
        ("1. a\n2. b\n\n(a) c\n\nii) d\n\n#. e", "1. a\n2. b\n\n(a) c\n\nii) d\n\n1. e"),
        ("3. is not\na list, nor is\nM. Doe", "3. is not a list, nor is M. Doe"),
        (
            "A. Einstein was here.\n\nI. Newton, too.\n\nb) last",
            "A. Einstein was here.\n\nI. Newton, too.\n\nb) last",
        ),
        ("-   a\n  b", "- a\n\nb"),
        ("- term\n    meaning", "- term: meaning"),
        ("term : kind\n  meaning\n\n  more", "term : kind: meaning\n\nmore"),
        (":a b: c\n  d\n:e: f", "a b: c d\n\ne: f"),
        ("-a, --all=x  all\n/V\n    version", "-a, --all=x: all\n\n/V: version"),
        ("| a\n|   b\n  c\n|\n| d", "a\nb c\n\nd"),
        ("Text\n\n  quoted\n\n    deeper", "Text\n\nquoted\n\ndeeper"),
        ("Text::\n\n> a\n> b\n\nEnd", "Text:\n\n> a\n> b\n\nEnd"),
        ("Text ::\n\n    a\n\n      b\n\n::\n\n  c", "Text\n\na\n\n  b\n\nc"),
        (
            ".. figure:: a.png\n   :alt: what is\n     seen\n\n   Caption\n\n   Legend",
            "what is seen\n\nCaption\n\nLegend",
        ),
        (".. topic:: Title\n\n   Text", "Title\nText"),
        (".. tab:: Linux\n\n   - a", "Linux\n\n- a"),
        (".. math:: x_1\n\n.. parsed-literal::\n\n   *a*\n     b", "x_1\n\na\n  b"),
        (".. raw:: html\n\n   <p>a <b>b</b></p>\n\n.. raw:: latex\n\n   \\x", "a b\n\n\\x"),
        ("a\n\n..\n\n  b\n\n.. c\n\n   d\n\n..\n   e\n\nf", "a\n\nb\n\nf"),
        (".. glossary::\n\n   a\n     b", "a: b"),
        ("a\tb\n\n\tc", "a b\n\nc"),
    ],
)
def test_a_block_becomes_its_text(text: str, expected: str):
    assert rst(text).text == expected


def test_nested_lists_are_indented_and_sections_give_heading_paths():
    document = rst("A\n=\n\nB\n-\n\n* one\n\n  * two\n\nC\n-\n\ntext\n\nD\n=\n\nend\n")
    assert texts_of(document, ElementType.LIST_ITEM) == ["- one", "  - two"]
    paths = {document.text[e.char_start : e.char_end]: e.heading_path for e in document.elements}
    assert paths["text"] == ("A", "C")
    assert paths["end"] == ("D",)


def test_titles_rank_by_the_order_in_which_their_adornments_appear():
    document = rst("=====\nTop\n=====\n\nA\n=\n\nB\n~\n\n----\n\nC\n=\n\nno title\n-\n")
    titles = [
        (e.level, document.text[e.char_start : e.char_end]) for e in document.elements if e.level
    ]
    assert titles == [(1, "Top"), (2, "A"), (3, "B"), (2, "C")]
    assert document.text.endswith("no title -")


def test_literal_blocks_keep_text_that_looks_like_directives():
    literal = ">>> 1\n\n.. py:function:: f()\n\n   .. doctest::"
    indented = literal.replace("\n", "\n   ")
    document = rst(f"Text::\n\n   {indented}\n\nEnd.")
    assert texts_of(document, ElementType.CODE) == [literal]
    assert texts_of(document, ElementType.PARAGRAPH) == ["Text:", "End."]
