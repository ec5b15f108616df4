"""PowerPoint: titles, lists, tables, charts, groups, notes."""

import io

import pptx
import pytest
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from schemas.errors import DocumentRejected
from tests.parsers.binary_files import data_of, parse, said, zipped

TITLE_ONLY, TITLE_AND_BODY, BLANK = 5, 1, 6


class Deck:
    def __init__(self) -> None:
        self.presentation = pptx.Presentation()

    def slide(self, layout: int = BLANK):
        return self.presentation.slides.add_slide(self.presentation.slide_layouts[layout])

    def said(self) -> list[tuple[str, str]]:
        return said(self.document())

    def document(self):
        stream = io.BytesIO()
        self.presentation.save(stream)
        return parse(stream.getvalue(), "a.pptx")


def text_box(shapes, text: str, left: float = 1, top: float = 1):
    box = shapes.add_textbox(Inches(left), Inches(top), Inches(3), Inches(1))
    box.text_frame.text = text
    return box


def test_titles_lists_and_notes():
    deck = Deck()
    slide = deck.slide(TITLE_AND_BODY)
    slide.shapes.title.text = "Plan"
    body = slide.placeholders[1].text_frame
    body.text = "First"
    body.add_paragraph().text = "Second"
    body.paragraphs[1].level = 1
    slide.notes_slide.notes_text_frame.text = "Say it slowly."
    assert deck.said() == [
        ("title", "Plan"),
        ("list_item", "- First"),
        ("list_item", "  - Second"),
        ("paragraph", "Say it slowly."),
    ]


def test_shapes_are_read_from_top_to_bottom():
    deck = Deck()
    slide = deck.slide(TITLE_ONLY)
    text_box(slide.shapes, "below", top=5)
    text_box(slide.shapes, "right", left=5, top=2)
    text_box(slide.shapes, "left", top=2)
    slide.shapes.title.text = "Title"
    assert [text for _, text in deck.said()] == ["Title", "left", "right", "below"]


def test_bullets_typed_into_a_box_are_list_items():
    deck = Deck()
    text_box(deck.slide().shapes, "• one\n- two\nthree")
    assert deck.said() == [("list_item", "- one"), ("list_item", "- two"), ("paragraph", "three")]


def test_tables_keep_merged_places_empty():
    deck = Deck()
    table = deck.slide().shapes.add_table(2, 3, Inches(1), Inches(1), Inches(5), Inches(2)).table
    for number, text in enumerate(["A", "B", "C", "d", "e", "f"]):
        table.cell(number // 3, number % 3).text = text
    table.cell(0, 0).merge(table.cell(0, 1))
    document = deck.document()
    assert document.text.splitlines()[-1] == "d | e | f"
    assert document.elements[0].table is not None
    assert document.elements[0].table.header_rows == 1
    assert document.text.splitlines()[0].endswith(" |  | C")


def test_charts_become_tables():
    deck = Deck()
    data = CategoryChartData()
    data.categories = ["2003", "2004"]
    data.add_series("Sales", (1.5, 2.0))
    chart = deck.slide().shapes.add_chart(XL_CHART_TYPE.BAR_CLUSTERED, 0, 0, Inches(4), Inches(3), data).chart
    chart.has_title = True
    chart.chart_title.text_frame.text = "Growth"
    assert deck.said() == [("paragraph", "Growth"), ("table", " | Sales\n2003 | 1.5\n2004 | 2")]


def test_groups_are_opened_and_pictures_described():
    deck = Deck()
    slide = deck.slide()
    group = slide.shapes.add_group_shape()
    text_box(group.shapes, "inside")
    box = text_box(slide.shapes, "", top=4)
    box._element._nvXxPr.cNvPr.set("descr", "A red  square")
    assert deck.said() == [("paragraph", "inside"), ("paragraph", "A red square")]


def test_a_title_that_holds_the_slide_is_not_all_title():
    deck = Deck()
    slide = deck.slide(TITLE_ONLY)
    slide.shapes.title.text = "Short head\n" + "long text " * 30
    assert [kind for kind, _ in deck.said()] == ["title", "paragraph"]


def test_pages_are_slides_and_default_titles_are_none():
    deck = Deck()
    for text in ("one", "two"):
        text_box(deck.slide().shapes, text)
    document = deck.document()
    assert [one.page for one in document.elements] == [1, 2]
    assert document.metadata.title is None


def test_a_real_deck():
    document = parse(data_of("sample-presentation.pptx"), "a.pptx")
    assert ("list_item", "  - With a sub-bullet") in said(document)
    assert said(document)[-1] == ("table", "Table | A | B | C\n1 | A1 | B1 | C1\n2 | A2 | B2 | C2")


@pytest.mark.parametrize("members", [{"a": "b"}, {"[Content_Types].xml": "<Types/>"}, {"ppt/presentation.xml": "<x"}])
def test_what_is_no_presentation_is_malformed(members):
    with pytest.raises(DocumentRejected, match="malformed"):
        parse(zipped(members), "a.pptx")
