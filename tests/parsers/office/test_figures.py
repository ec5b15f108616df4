"""Pictures in Word and PowerPoint: their text where they are, beside their description."""

import io

import pytest
from pptx.util import Inches

from tests.parsers.binary_files import texts_of, typed_texts
from tests.parsers.office.docx_writer import R, docx, paragraph
from tests.parsers.office.pptx_writer import TITLE_ONLY, Deck, text_box
from tests.parsers.picture_writer import photograph, picture, png
from tests.parsers.proofs import prove
from vouch.parsers.common.ocr.tesseract import find_engine
from vouch.schemas.documents.records import Document, ElementType

needs_tesseract = pytest.mark.skipif(find_engine() is None, reason="tesseract is not installed")
PUMP = ["Pump station north", "Valve pressure 12 bar", "Return to the basin"]
PUMP_TEXT = "\n".join(PUMP)
PUMP_PNG = png(picture(PUMP))
EMU = 914_400


def drawing(
    link: str, width: float = 5, height: float = 2.5, description: str = "", crop: str = ""
) -> str:
    """Return a paragraph with a picture of so many inches."""
    size = f'cx="{int(width * EMU)}" cy="{int(height * EMU)}"'
    return (
        f'<w:p><w:r><w:drawing><inline><extent {size}/><docPr descr="{description}"/><graphic>'
        f'<graphicData><pic><blipFill><blip r:embed="{link}"/>{crop}</blipFill><spPr><xfrm>'
        f"<ext {size}/></xfrm></spPr></pic></graphicData></graphic></inline></w:drawing></w:r></w:p>"
    )


def word(body: str, content: bytes = PUMP_PNG, name: str = "pump.png") -> Document:
    document = docx(body, more={name: ("image", content)})
    prove(document)
    return document


def figures(document: Document) -> list[str]:
    return texts_of(document, ElementType.FIGURE)


@needs_tesseract
def test_a_picture_in_word_has_its_text_where_it_is():
    body = paragraph("Above.") + drawing("pump", description="A diagram.") + paragraph("Below.")
    document = word(body)
    assert typed_texts(document) == [
        ("paragraph", "Above."),
        ("figure", "A diagram."),
        ("figure", PUMP_TEXT),
        ("paragraph", "Below."),
    ]
    assert document.read_by == "docx_figures"
    assert dict(document.metadata.extra)["figures"].startswith("1 with text (")


@needs_tesseract
def test_a_description_that_says_what_the_picture_says_is_not_doubled():
    document = word(drawing("pump", description=" ".join(PUMP)))
    assert figures(document) == [" ".join(PUMP)]


@needs_tesseract
def test_a_picture_in_a_cell_comes_behind_its_table():
    cells = f"<w:tc>{paragraph('Name')}</w:tc><w:tc>{drawing('pump')}</w:tc>"
    row = f"<w:tr><w:tc>{paragraph('A')}</w:tc><w:tc>{paragraph('B')}</w:tc></w:tr>"
    document = word(f"<w:tbl><w:tr>{cells}</w:tr>{row}</w:tbl>")
    assert [kind for kind, _ in typed_texts(document)] == ["table", "figure"]


@needs_tesseract
def test_what_is_cropped_is_not_read():
    document = word(drawing("pump", height=1.0, crop='<srcRect b="60000"/>') + paragraph("Text."))
    assert figures(document) == [PUMP[0] + "\n" + PUMP[1]]


@needs_tesseract
def test_an_old_drawing_is_read_too():
    shape = '<shape style="width:360pt;height:180pt"><imagedata r:id="pump"/></shape>'
    assert figures(word(f"<w:p><w:r><w:pict>{shape}</w:pict></w:r></w:p>")) == [PUMP_TEXT]


@pytest.mark.parametrize(
    ("body", "content"),
    [
        (drawing("pump", 0.8, 0.4), PUMP_PNG),
        (drawing("pump") * 3, PUMP_PNG),
        (drawing("missing"), PUMP_PNG),
        (f'<w:p><w:r><w:drawing><spPr><blipFill><blip xmlns:r="{R}" r:embed="pump"/></blipFill>'
         "</spPr></w:drawing></w:r></w:p>", PUMP_PNG),
    ],
)  # fmt: skip
def test_icons_backgrounds_and_missing_pictures_are_no_figures(body, content):
    document = word(paragraph("Text.") + body, content)
    assert (document.text, document.read_by) == ("Text.", "")


@pytest.mark.parametrize("content", [b"no picture", PUMP_PNG[:2000], b"\x01\x00\x00\x00l" * 20])
@needs_tesseract
def test_a_picture_that_cannot_be_read_does_not_cost_the_document(content):
    document = word(paragraph("Text.") + drawing("pump"), content)
    assert document.text == "Text."
    assert "1 unreadable" in dict(document.metadata.extra)["figures"]


@needs_tesseract
def test_a_photograph_is_left_out():
    document = word(paragraph("Text.") + drawing("pump"), png(photograph()))
    assert document.text == "Text."
    assert dict(document.metadata.extra)["figures"].startswith("1 without text (")


def test_a_picture_of_more_pixels_than_are_decoded_is_no_figure():
    # By its header: 60,000 pixels square, with next to no data.
    head = PUMP_PNG[:16] + (60_000).to_bytes(4, "big") * 2
    document = word(paragraph("Text.") + drawing("pump"), head + PUMP_PNG[24:])
    assert document.text == "Text."


def test_without_tesseract_the_text_is_the_same(monkeypatch, tmp_path):
    body = paragraph("Above.") + drawing("pump", description="A diagram.")
    monkeypatch.setenv("PATH", str(tmp_path))
    document = word(body)
    assert document.text == "Above.\n\nA diagram."
    assert document.read_by == "docx_figures"


@needs_tesseract
def test_a_picture_on_a_slide_has_its_text_in_reading_order():
    deck = Deck()
    slide = deck.slide(TITLE_ONLY)
    slide.shapes.title.text = "Stations"
    shown = slide.shapes.add_picture(
        io.BytesIO(PUMP_PNG), Inches(1), Inches(2), Inches(5), Inches(2.5)
    )
    shown._element._nvXxPr.cNvPr.set("descr", "A diagram.")
    text_box(slide.shapes, "Below.", top=6)
    document = deck.document()
    assert typed_texts(document) == [
        ("title", "Stations"),
        ("figure", "A diagram."),
        ("figure", PUMP_TEXT),
        ("paragraph", "Below."),
    ]
    assert {element.page for element in document.elements} == {1}
    assert document.read_by == "pptx_figures"


def test_a_picture_on_every_slide_is_no_figure():
    deck = Deck()
    for number in range(3):
        slide = deck.slide()
        slide.shapes.add_picture(io.BytesIO(PUMP_PNG), Inches(1), Inches(2), Inches(5))
        text_box(slide.shapes, f"Slide {number}")
    document = deck.document()
    # python-pptx describes a picture by the name of its file.
    assert (figures(document), document.read_by) == (["image.png"] * 3, "")
