"""Roles of Word paragraphs by their styles."""

import pytest

from tests.parsers.binary_files import typed_texts
from tests.parsers.office.docx_writer import STYLES, docx, paragraph, styled


@pytest.mark.parametrize(
    ("style", "element"),
    [
        ("heading1", ("title", "x")),
        ("Mine", ("title", "x")),
        ("Outlined", ("title", "x")),
        ("Plainagain", ("paragraph", "x")),
        ("ListBullet2", ("list_item", "  - x")),
        ("toc1", ("header", "x")),
        ("Round", ("paragraph", "x")),
        ("Unknown", ("paragraph", "x")),
        ("Überschrift2", ("title", "x")),
        ("Subtitle", ("title", "x")),
        ("SourceCode", ("code", "x")),
    ],
)
def test_styles_determine_the_type_of_a_paragraph(style, element):
    assert typed_texts(docx(paragraph("x", styled(style)), STYLES)) == [element]


def test_heading_levels_make_heading_paths():
    body = paragraph("A", styled("heading1")) + paragraph("B", styled("Mine")) + paragraph("text")
    assert docx(body, STYLES).elements[2].heading_path == ("A", "B")


def test_consecutive_lines_of_code_are_one_block():
    code = styled("SourceCode")
    lines = [("a", ""), ("b = 1", code), ("  c", code), ("d", "")]
    body = "".join(paragraph(text, style) for text, style in lines)
    assert typed_texts(docx(body, STYLES)) == [
        ("paragraph", "a"),
        ("code", "b = 1\n  c"),
        ("paragraph", "d"),
    ]


@pytest.mark.parametrize(
    ("core", "title"),
    [("", "The whole"), ("<dc:title>Declared</dc:title>", "Declared")],
)
def test_the_title_property_comes_before_the_title_in_the_text(core, title):
    body = paragraph("The whole", styled("Title")) + paragraph("Part", styled("heading1"))
    assert docx(body, STYLES, core).metadata.title == title
