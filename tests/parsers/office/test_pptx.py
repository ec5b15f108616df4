"""PowerPoint presentations: slides with titles, lists, notes, tables, groups and pictures."""

import io
import zipfile

import pytest
from lxml import etree
from pptx.util import Inches

from tests.parsers.binary_files import data_of, parse, typed_texts, zipped
from tests.parsers.office.pptx_writer import TITLE_AND_BODY, TITLE_ONLY, Deck, text_box
from vouch.schemas.errors import DocumentRejected

MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"


def test_titles_lists_and_notes_are_elements():
    deck = Deck()
    slide = deck.slide(TITLE_AND_BODY)
    slide.shapes.title.text = "Plan"
    body = slide.placeholders[1].text_frame
    body.text = "First"
    body.add_paragraph().text = "Second"
    body.paragraphs[1].level = 1
    slide.notes_slide.notes_text_frame.text = "Speak slowly."
    assert deck.elements() == [
        ("title", "Plan"),
        ("list_item", "- First"),
        ("list_item", "  - Second"),
        ("paragraph", "Notes: Speak slowly."),
    ]


def test_a_title_with_the_text_of_the_slide_is_a_title_and_paragraphs():
    deck = Deck()
    slide = deck.slide(TITLE_ONLY)
    slide.shapes.title.text = "Short head\n" + "long text " * 30
    assert [kind for kind, _ in deck.elements()] == ["title", "paragraph"]


def test_slides_are_pages_with_headings_of_their_own_and_the_default_title_is_none():
    deck = Deck()
    deck.slide(TITLE_ONLY).shapes.title.text = "First"
    text_box(deck.slide().shapes, "alone")
    document = deck.document()
    assert [element.page for element in document.elements] == [1, 2]
    assert [element.heading_path for element in document.elements] == [(), ()]
    assert document.metadata.title is None


def test_hidden_slides_are_read_and_listed_and_hidden_shapes_are_not_read():
    deck = Deck()
    text_box(deck.slide().shapes, "seen")
    slide = deck.slide()
    slide._element.set("show", "0")
    text_box(slide.shapes, "kept")
    text_box(slide.shapes, "hidden")._element._nvXxPr.cNvPr.set("hidden", "1")
    document = deck.document()
    assert [text for _, text in typed_texts(document)] == ["seen", "kept"]
    assert ("hidden_slides", (2,)) in document.metadata.extra


def test_the_newer_of_two_notations_of_a_shape_is_read():
    deck = Deck()
    slide = deck.slide()
    new, old = (text_box(slide.shapes, text)._element for text in ("new", "old"))
    alternatives = etree.SubElement(new.getparent(), f"{{{MC}}}AlternateContent")
    etree.SubElement(alternatives, f"{{{MC}}}Choice", Requires="a14").append(new)
    etree.SubElement(alternatives, f"{{{MC}}}Fallback").append(old)
    assert deck.elements() == [("paragraph", "new")]


def test_groups_are_opened_and_pictures_described():
    deck = Deck()
    slide = deck.slide()
    text_box(slide.shapes.add_group_shape().shapes, "inside")
    box = text_box(slide.shapes, "", top=4)
    box._element._nvXxPr.cNvPr.set("descr", "A red  square")
    assert deck.elements() == [("paragraph", "inside"), ("paragraph", "A red square")]


def test_merged_cells_are_repeated_in_their_rows_and_not_in_their_columns():
    deck = Deck()
    shape = deck.slide().shapes.add_table(3, 3, Inches(1), Inches(1), Inches(5), Inches(2))
    table = shape.table
    for row, texts in enumerate([("A", "", "C"), ("d", "e", "f"), ("", "h", "i")]):
        for column, text in enumerate(texts):
            table.cell(row, column).text = text
    table.cell(0, 0).merge(table.cell(0, 1))
    table.cell(1, 0).merge(table.cell(2, 0))
    document = deck.document()
    assert typed_texts(document) == [("table", "A |  | C\nd | e | f\nd | h | i")]
    assert document.elements[0].table is not None
    assert document.elements[0].table.header_rows == 1


def test_lists_and_tables_of_a_real_deck_are_read():
    elements = typed_texts(parse(data_of("sample-presentation.pptx"), "a.pptx"))
    assert ("list_item", "  - With a sub-bullet") in elements
    assert elements[-1] == ("table", "Table | A | B | C\n1 | A1 | B1 | C1\n2 | A2 | B2 | C2")


@pytest.mark.parametrize(
    "members", [{"a": "b"}, {"[Content_Types].xml": "<Types/>"}, {"ppt/presentation.xml": "<x"}]
)
def test_a_zip_that_is_no_presentation_is_malformed(members):
    with pytest.raises(DocumentRejected, match="malformed"):
        parse(zipped(members), "a.pptx")


@pytest.mark.parametrize(
    "kind",
    [
        "vnd.openxmlformats-officedocument.presentationml.template",
        "vnd.openxmlformats-officedocument.presentationml.slideshow",
        "vnd.ms-powerpoint.presentation.macroEnabled",
        "vnd.ms-powerpoint.slideshow.macroEnabled",
        "vnd.ms-powerpoint.template.macroEnabled",
    ],
)
def test_templates_and_slide_shows_are_read_as_presentations_are(kind: str):
    deck = Deck()
    text_box(deck.slide().shapes, "words")
    stream = io.BytesIO()
    deck.presentation.save(stream)
    packed = io.BytesIO()
    with zipfile.ZipFile(stream) as source, zipfile.ZipFile(packed, "w") as archive:
        for name in source.namelist():
            content = source.read(name)
            if name == "[Content_Types].xml":
                usual = b"vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"
                assert usual in content
                content = content.replace(usual, f"{kind}.main+xml".encode())
            archive.writestr(name, content)
    assert parse(packed.getvalue(), "a.pptx").text == "words"
