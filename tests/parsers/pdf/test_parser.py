"""PDF as a whole: turned pages, drawn bullets, pages without text, and rejections."""

import pytest

from tests.parsers.binary_files import data_of, parse, typed_texts
from tests.parsers.pdf.pdf_writer import column, grid, pdf, prose
from vouch.schemas.errors import DocumentRejected

UPWARDS = "0 1 -1 0 595 0 cm"
UPSIDE_DOWN = "-1 0 0 -1 595 842 cm"
DOWNWARDS = "0 -1 1 0 0 842 cm"


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize("drawn", ["", UPWARDS, UPSIDE_DOWN, DOWNWARDS])
def test_lines_are_in_order_however_they_and_their_page_are_turned(drawn, rotate):
    lines = prose("end", 4)
    texts = [*column(50, 540, lines), *column(50, 440, prose("next", 3))]
    document = parse(pdf([texts], drawn=drawn, rotate=rotate), "a.pdf")
    assert typed_texts(document) == [
        ("paragraph", " ".join(lines)),
        ("paragraph", " ".join(prose("next", 3))),
    ]


@pytest.mark.parametrize("drawn", [UPWARDS, DOWNWARDS])
def test_tables_and_drawn_bullets_on_turned_pages(drawn):
    items = ["green tea and its leaves", "black coffee with milk", "a glass of water"]
    dots = "\n".join(f"38 {401 - 14 * number} 4 4 re f" for number in range(3))
    cells = [["Name", "Price", "Stock"], *([f"tea {n}", f"{n}.50", f"{n}"] for n in range(1, 5))]
    table = [(x, y - 200, size, text) for x, y, size, text in grid(cells)]
    texts = [*table, *column(50, 400, items, pitch=14)]
    document = parse(pdf([texts], drawn=f"{drawn}\n{dots}"), "a.pdf")
    assert [kind for kind, _ in typed_texts(document)] == ["table", *["list_item"] * 3]


def test_drawn_bullets_are_bullets():
    lines = ["green tea and its leaves", "black coffee with milk", "a glass of water"]
    dots = "\n".join(f"38 {701 - 14 * number} 4 4 re f" for number in range(3))
    document = parse(pdf([column(50, 700, lines, pitch=14)], drawn=dots), "a.pdf")
    assert typed_texts(document) == [("list_item", f"- {line}") for line in lines]


def test_pages_are_counted_and_those_without_text_listed():
    document = parse(pdf([[(50, 700, 12, "one")], [], [(50, 700, 12, "three")]]), "a.pdf")
    assert [element.page for element in document.elements] == [1, 3]
    assert document.metadata.extra == (("pages", 3), ("pages_without_text", "2"))


@pytest.mark.parametrize(
    ("data", "reason", "words"),
    [
        (data_of("password.pdf"), "encrypted", "opens with a password only"),
        (pdf([[]]), "no_text", "no page shows text or images"),
        (b"%PDF-1.7\nnothing", "malformed", "is no readable PDF"),
        (pdf([[(50, 700, 12, "one")]]).replace(b"/Pages", b"/Pigs "), "malformed", "is no readable PDF"),
    ],
)  # fmt: skip
def test_an_unreadable_file_is_rejected_with_its_reason(data, reason, words):
    with pytest.raises(DocumentRejected) as caught:
        parse(data, "a.pdf")
    assert caught.value.reason == reason
    assert words in caught.value.message
    assert "PDFium" not in caught.value.message
