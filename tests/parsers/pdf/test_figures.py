"""Figures of PDF pages: read by the real tesseract, placed between the texts beside them."""

import pytest

from tests.parsers.binary_files import texts_of, typed_texts
from tests.parsers.pdf.pdf_writer import Text, column, pdf, prose
from tests.parsers.picture_writer import photograph, picture, with_pictures
from tests.parsers.proofs import prove
from vouch.parsers.base import Hint
from vouch.parsers.common.figure_read import FigureRead
from vouch.parsers.common.ocr.tesseract import find_engine
from vouch.parsers.pdf.figures.reading import Figure, placed
from vouch.parsers.pdf.page import Run
from vouch.parsers.pdf.paragraphs import Block
from vouch.parsers.pdf.parser import parse
from vouch.parsers.pdf.text.lines import Line
from vouch.parsers.registry import parse_fingerprint, read
from vouch.schemas.documents.records import Document, ElementType, LeftOutKind, ParseConditions
from vouch.schemas.settings.parsing import ParsingSettings

needs_tesseract = pytest.mark.skipif(find_engine() is None, reason="tesseract is not installed")
ENGLISH = ParsingSettings(ocr_languages=("eng",))
PUMP = ["Pump station north", "Valve pressure 12 bar", "Return to the basin"]
PUMP_TEXT = "\n".join(PUMP)
UPPER, LOWER = prose("river", 4), prose("basin", 4)
PLACE = (60.0, 480.0, 400.0, 200.0)  # between both texts of a page


def page(*more: Text) -> list[Text]:
    return [*column(60, 760, UPPER), *column(60, 420, LOWER), *more]


def parsed(data: bytes, settings: ParsingSettings = ENGLISH) -> Document:
    document = parse(data, Hint("a.pdf", "application/pdf", settings))
    prove(document)
    return document


def figures(document: Document) -> list[str]:
    return texts_of(document, ElementType.FIGURE)


@pytest.fixture(scope="module")
def document() -> Document:
    """Two pages: a diagram on the second, between two paragraphs."""
    data = pdf([page(), page()])
    return parsed(with_pictures(data, [(1, picture(PUMP), PLACE)]))


@needs_tesseract
def test_a_figure_is_an_element_of_its_page_between_the_texts_beside_it(document):
    (number,) = [n for n, each in enumerate(document.elements) if each.type is ElementType.FIGURE]
    texts = [text for _, text in typed_texts(document)]
    assert texts[number] == PUMP_TEXT
    assert document.elements[number].page == 2
    assert (texts[number - 1], texts[number + 1]) == (" ".join(UPPER), " ".join(LOWER))
    assert document.read_by == "pdf_figures"
    assert dict(document.metadata.extra)["figures"].startswith("1 with text (tesseract ")


@needs_tesseract
def test_without_its_figure_the_text_is_the_same(document):
    off = parsed(
        with_pictures(pdf([page(), page()]), [(1, picture(PUMP), PLACE)]),
        ENGLISH.model_copy(update={"figures": "off"}),
    )
    assert off.text == document.text.replace(f"{PUMP_TEXT}\n\n", "")
    assert off.text == parsed(pdf([page(), page()])).text
    # It is read again once the setting changes.
    assert off.read_by == "pdf_figures"
    assert dict(off.metadata.extra)["figures"] == "1 not read: parsing.figures is off"


def test_without_tesseract_a_figure_is_counted_and_the_text_is_the_same(monkeypatch, tmp_path):
    data = with_pictures(pdf([page()]), [(0, picture(PUMP), PLACE)])
    monkeypatch.setenv("PATH", str(tmp_path))
    unread = parsed(data)
    assert unread.text == parsed(pdf([page()])).text
    assert "1 not read: tesseract" in dict(unread.metadata.extra)["figures"]


def test_a_missing_language_does_not_cost_the_document():
    settings = ParsingSettings(ocr_languages=("xxx",))
    document = parsed(with_pictures(pdf([page()]), [(0, picture(PUMP), PLACE)]), settings)
    assert figures(document) == []
    assert "1 not read" in dict(document.metadata.extra)["figures"]


@needs_tesseract
def test_what_shows_nothing_to_read_is_left_out_and_counted():
    document = parsed(with_pictures(pdf([page()]), [(0, photograph(), PLACE)]))
    assert figures(document) == []
    assert document.text == parsed(pdf([page()])).text
    assert dict(document.metadata.extra)["figures"].startswith("1 without text (")


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ((60.0, 600.0, 130.0, 40.0), "a logo"),
        ((60.0, 600.0, 450.0, 8.0), "a rule"),
        ((60.0, 600.0, 30.0, 30.0), "a bullet"),
    ],
)
def test_small_pictures_are_no_figures(place, why):
    document = parsed(with_pictures(pdf([page()]), [(0, picture(PUMP), place)]))
    assert (figures(document), document.read_by) == ([], "pdf"), why


def test_what_is_on_many_pages_is_no_figure():
    data = pdf([page()] * 3)
    document = parsed(with_pictures(data, [(n, picture(PUMP), PLACE) for n in range(3)]))
    assert (figures(document), document.read_by) == ([], "pdf")


@needs_tesseract
def test_a_picture_that_is_shown_twice_is_read_once():
    data = pdf([page()] * 2)
    document = parsed(with_pictures(data, [(n, picture(PUMP), PLACE) for n in range(2)]))
    assert figures(document) == [PUMP_TEXT]
    (row,) = [row for row in document.left_out if row.kind is LeftOutKind.REPEATED]
    assert row.pieces == 1


def test_text_over_a_picture_makes_it_a_background():
    whole = (0.0, 0.0, 595.0, 842.0)
    document = parsed(with_pictures(pdf([page()]), [(0, picture(PUMP), whole)]))
    assert figures(document) == []
    assert document.text == parsed(pdf([page()])).text


@needs_tesseract
def test_what_the_text_of_the_page_says_at_its_place_is_not_doubled():
    # The words of the picture are there as text as well, as in a scan with text by OCR.
    over = column(80, 660, PUMP, size=12, pitch=40)
    document = parsed(with_pictures(pdf([page(*over)]), [(0, picture(PUMP), PLACE)]))
    assert figures(document) == []
    assert document.text.count("Valve pressure") == 1
    assert [row.kind for row in document.left_out] == [LeftOutKind.REPEATED]


@needs_tesseract
def test_strips_of_one_picture_are_one_figure():
    whole = picture(PUMP)
    strips = [
        (0, whole.crop((0, top, whole.width, top + 45)), (60.0, 660.0 - top / 2.25, 400.0, 20.0))
        for top in range(0, whole.height, 45)
    ]
    (text,) = figures(parsed(with_pictures(pdf([page()]), strips)))
    assert text == PUMP_TEXT


@needs_tesseract
def test_more_figures_than_the_limit_are_counted():
    boiler = picture(["Boiler house south", "Steam pressure 40 bar"])
    data = pdf([page()] * 2)
    data = with_pictures(data, [(0, picture(PUMP), PLACE), (1, boiler, PLACE)])
    document = parsed(data, ENGLISH.model_copy(update={"max_figures": 1}))
    assert figures(document) == [PUMP_TEXT]
    assert "1 not read: more than the 1 of parsing.max_figures" in str(document.metadata.extra)


@needs_tesseract
def test_figures_do_not_take_the_time_that_stops_the_document():
    boiler = picture(["Boiler house south", "Steam pressure 40 bar"])
    data = with_pictures(pdf([page()] * 2), [(0, picture(PUMP), PLACE), (1, boiler, PLACE)])
    document = parsed(data, ENGLISH.model_copy(update={"timeout_s": 0.001}))
    assert figures(document) == [PUMP_TEXT]
    assert "1 not read: the others took 0.001 s" in str(document.metadata.extra)


@needs_tesseract
def test_a_figure_on_a_turned_page_is_read_as_its_text_is():
    turned = pdf([page()], rotate=90)
    (text,) = figures(parsed(with_pictures(turned, [(0, picture(PUMP), PLACE)])))
    assert text == PUMP_TEXT


def test_only_documents_with_figures_depend_on_their_settings():
    old, new = (ParseConditions(figures=value) for value in ("old", "new"))
    for name, depends in {"pdf": False, "pdf_ocr": False, "pdf_figures": True}.items():
        assert (parse_fingerprint(name, old) != parse_fingerprint(name, new)) == depends
    assert read(pdf([page()]), "a.pdf").read_by == "pdf"


def block(
    left: float, top: float, right: float, bottom: float, *, continues: bool = False
) -> Block:
    lines = [
        Line((Run("words", left, right, y, 10.0, bold=False),), right) for y in (top - 10, bottom)
    ]
    return Block(tuple(lines), continues=continues)


LEFT_UPPER, LEFT_LOWER = block(50, 800, 290, 500), block(50, 480, 290, 100)
RIGHT_UPPER, RIGHT_LOWER = block(310, 800, 550, 600), block(310, 300, 550, 100)
TWO_COLUMNS = [LEFT_UPPER, LEFT_LOWER, RIGHT_UPPER, RIGHT_LOWER]


@pytest.mark.parametrize(
    ("box", "blocks", "ends_open", "at"),
    [
        ((310.0, 320.0, 550.0, 590.0), TWO_COLUMNS, False, 3),
        ((50.0, 482.0, 290.0, 498.0), TWO_COLUMNS, False, 1),
        ((310.0, 20.0, 550.0, 90.0), TWO_COLUMNS, False, 4),
        ((50.0, 810.0, 290.0, 840.0), TWO_COLUMNS, False, 0),
        ((50.0, 100.0, 290.0, 700.0), [], False, 0),
        # No paragraph that continues is parted.
        ((50.0, 810.0, 290.0, 840.0), [block(50, 800, 290, 500, continues=True)], False, 1),
        ((50.0, 20.0, 290.0, 90.0), [LEFT_UPPER, LEFT_LOWER], True, 1),
        ((50.0, 20.0, 290.0, 90.0), [block(50, 800, 290, 500, continues=True)], True, 1),
    ],
)
def test_a_figure_comes_beside_the_nearest_block_of_its_column(box, blocks, ends_open, at):
    places = placed([Figure(FigureRead("text"), box)], blocks, ends_open=ends_open)
    assert [number for number, texts in enumerate(places) if texts] == [at]
