"""PowerPoint: titles, lists, tables, charts, groups, notes."""

import io

import pptx
import pytest
from lxml import etree
from pptx.chart.data import CategoryChartData, XyChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.opc.package import Part
from pptx.opc.packuri import PackURI
from pptx.util import Inches

from tests.parsers.binary_files import data_of, parse, typed_texts, zipped
from vouch.schemas.errors import DocumentRejected

TITLE_ONLY, TITLE_AND_BODY, SECTION_HEADER, BLANK = 5, 1, 2, 6
A = "http://schemas.openxmlformats.org/drawingml/2006/main"
MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"


class Deck:
    def __init__(self) -> None:
        self.presentation = pptx.Presentation()

    def slide(self, layout: int = BLANK):
        return self.presentation.slides.add_slide(self.presentation.slide_layouts[layout])

    def said(self) -> list[tuple[str, str]]:
        return typed_texts(self.document())

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
        ("paragraph", "Notes: Say it slowly."),
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


@pytest.mark.parametrize(
    ("places", "order"),
    [
        # two columns, of which the right one begins a hair higher
        ({"a": (1, 2.01), "b": (1, 3.5), "c": (5, 2), "d": (5, 3.3)}, "abcd"),
        # two rows of cards
        ({"a": (1, 1), "b": (5, 1.05), "c": (1, 3), "d": (5, 2.95)}, "abcd"),
        # one above all, then columns
        ({"c": (5, 2), "a": (3, 0), "b": (1, 2.1)}, "abc"),
        # boxes that lie upon one another
        ({"b": (1.5, 1.5), "a": (1, 1)}, "ab"),
    ],
)
def test_columns_are_read_one_after_the_other(places, order):
    deck = Deck()
    slide = deck.slide()
    for text, (left, top) in places.items():
        text_box(slide.shapes, text, left, top)
    assert "".join(text for _, text in deck.said()) == order


def test_bodies_without_bullets_in_their_layout_are_no_lists():
    deck = Deck()
    deck.slide(SECTION_HEADER).placeholders[1].text_frame.text = "What follows"
    deck.slide(TITLE_AND_BODY).placeholders[1].text_frame.text = "An item"
    assert deck.said() == [("paragraph", "What follows"), ("list_item", "- An item")]


def test_numbered_items_have_their_numbers():
    deck = Deck()
    frame = deck.slide(TITLE_AND_BODY).placeholders[1].text_frame
    told = [
        ("arabicPeriod", 0, None),
        ("alphaLcParenR", 1, None),
        ("alphaLcParenR", 1, None),
        ("arabicPeriod", 0, None),
    ]
    told += [("romanUcParenBoth", 0, 4), (None, 0, None)]
    for number, (kind, level, start) in enumerate(told):
        paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
        paragraph.text, paragraph.level = "x", level
        if kind:
            mark = etree.SubElement(paragraph._p.get_or_add_pPr(), f"{{{A}}}buAutoNum", type=kind)
            if start:
                mark.set("startAt", str(start))
    texts = [text for _, text in deck.said()]
    assert texts == ["- 1. x", "  - a) x", "  - b) x", "- 2. x", "- (IV) x", "- x"]


def test_a_slide_without_title_is_not_headed_by_the_one_before():
    deck = Deck()
    deck.slide(TITLE_ONLY).shapes.title.text = "First"
    text_box(deck.slide().shapes, "alone")
    assert [one.heading_path for one in deck.document().elements] == [(), ()]


def test_hidden_slides_are_read_and_told_and_hidden_shapes_are_not():
    deck = Deck()
    text_box(deck.slide().shapes, "seen")
    slide = deck.slide()
    slide._element.set("show", "0")
    text_box(slide.shapes, "kept")
    text_box(slide.shapes, "gone")._element._nvXxPr.cNvPr.set("hidden", "1")
    document = deck.document()
    assert [text for _, text in typed_texts(document)] == ["seen", "kept"]
    assert ("hidden_slides", "2") in document.metadata.extra


def test_the_newer_of_two_notations_of_a_shape_is_read():
    deck = Deck()
    slide = deck.slide()
    new, old = (text_box(slide.shapes, text)._element for text in ("new", "old"))
    both = etree.SubElement(new.getparent(), f"{{{MC}}}AlternateContent")
    etree.SubElement(both, f"{{{MC}}}Choice", Requires="a14").append(new)
    etree.SubElement(both, f"{{{MC}}}Fallback").append(old)
    assert deck.said() == [("paragraph", "new")]


OLD_COMMENTS = (
    '<p:cmLst xmlns:p="p"><p:cm authorId="0"><p:pos/><p:text>Old one?</p:text></p:cm></p:cmLst>'
)
OLD_AUTHORS = '<p:cmAuthorLst xmlns:p="p"><p:cmAuthor id="0" name="Ann"/></p:cmAuthorLst>'
NEW_BODY = "<q:txBody><a:p><a:r><a:t>%s</a:t></a:r></a:p></q:txBody>"
NEW_COMMENTS = (
    f'<q:cmLst xmlns:q="q" xmlns:a="a"><q:cm authorId="{{1}}"><q:replyLst><q:reply authorId="{{2}}">{NEW_BODY % "Yes."}</q:reply>'
    f"</q:replyLst>{NEW_BODY % 'New one?'}</q:cm></q:cmLst>"
)
NEW_AUTHORS = '<q:authorLst xmlns:q="q"><q:author id="{1}" name="Bob"/><q:author id="{2}" name="Cy"/></q:authorLst>'


@pytest.mark.parametrize(
    ("comments", "authors", "kind", "texts"),
    [
        (OLD_COMMENTS, OLD_AUTHORS, "commentAuthors", ["Comment (Ann): Old one?"]),
        (NEW_COMMENTS, NEW_AUTHORS, "authors", ["Comment (Bob): New one?", "Comment (Cy): Yes."]),
    ],
)
def test_comments_have_their_authors(comments, authors, kind, texts):
    deck = Deck()
    slide = deck.slide()
    package = slide.part.package
    for owner, name, xml in (
        (slide.part, "comments", comments),
        (package.main_document_part, kind, authors),
    ):
        part = Part(PackURI(f"/ppt/{name}/{name}1.xml"), "application/xml", package, xml.encode())
        owner.relate_to(part, f"http://schemas.microsoft.com/office/2018/10/relationships/{name}")
    assert [text for _, text in deck.said()] == texts


def test_a_merged_cell_is_told_in_each_row():
    deck = Deck()
    table = deck.slide().shapes.add_table(3, 2, Inches(1), Inches(1), Inches(5), Inches(2)).table
    for row, texts in enumerate([("A", "B"), ("c", "d"), ("", "e")]):
        for column, text in enumerate(texts):
            table.cell(row, column).text = text
    table.cell(1, 0).merge(table.cell(2, 0))
    assert deck.said() == [("table", "A | B\nc | d\nc | e")]


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
    chart = (
        deck.slide()
        .shapes.add_chart(XL_CHART_TYPE.BAR_CLUSTERED, 0, 0, Inches(4), Inches(3), data)
        .chart
    )
    chart.has_title = True
    chart.chart_title.text_frame.text = "Growth"
    assert deck.said() == [("paragraph", "Growth"), ("table", " | Sales\n2003 | 1.5\n2004 | 2")]


@pytest.mark.parametrize(
    "kind",
    [
        XL_CHART_TYPE.THREE_D_PIE,
        XL_CHART_TYPE.DOUGHNUT,
        XL_CHART_TYPE.LINE,
        XL_CHART_TYPE.RADAR,
        XL_CHART_TYPE.AREA,
    ],
)
def test_every_kind_of_chart_is_read(kind):
    deck = Deck()
    data = CategoryChartData(number_format="0.00")
    data.categories = ["a", "b"]
    data.add_series("S", (1.5, None))
    shown = XL_CHART_TYPE.PIE if kind == XL_CHART_TYPE.THREE_D_PIE else kind
    chart = deck.slide().shapes.add_chart(shown, 0, 0, Inches(4), Inches(3), data).chart
    for plot in chart._chartSpace.iter("{*}pieChart") if kind == XL_CHART_TYPE.THREE_D_PIE else ():
        plot.tag = plot.tag.replace("pieChart", "pie3DChart")
    assert ("table", " | S\na | 1.5\nb | ") in deck.said()


def test_points_of_each_series_have_their_own_labels():
    deck = Deck()
    data = XyChartData()
    for name, points in (("S", [(1, 2), (3, 4)]), ("T", [(5, 6.5)])):
        series = data.add_series(name)
        for point in points:
            series.add_data_point(*point)
    deck.slide().shapes.add_chart(XL_CHART_TYPE.XY_SCATTER, 0, 0, Inches(4), Inches(3), data)
    assert deck.said() == [("table", " | S\n1 | 2\n3 | 4"), ("table", " | T\n5 | 6.5")]


def test_labels_on_two_levels_are_told_together():
    deck = Deck()
    data = CategoryChartData()
    for year in ("2003", "2004"):
        outer = data.add_category(year)
        outer.add_sub_category("H1")
        outer.add_sub_category("H2")
    data.add_series("S", (1, 2, 3, 4))
    deck.slide().shapes.add_chart(XL_CHART_TYPE.BAR_CLUSTERED, 0, 0, Inches(4), Inches(3), data)
    assert deck.said() == [("table", " | S\n2003 H1 | 1\n2003 H2 | 2\n2004 H1 | 3\n2004 H2 | 4")]


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
    assert ("list_item", "  - With a sub-bullet") in typed_texts(document)
    assert typed_texts(document)[-1] == ("table", "Table | A | B | C\n1 | A1 | B1 | C1\n2 | A2 | B2 | C2")


@pytest.mark.parametrize(
    "members", [{"a": "b"}, {"[Content_Types].xml": "<Types/>"}, {"ppt/presentation.xml": "<x"}]
)
def test_what_is_no_presentation_is_malformed(members):
    with pytest.raises(DocumentRejected, match="malformed"):
        parse(zipped(members), "a.pptx")
