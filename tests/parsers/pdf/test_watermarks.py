"""Watermarks and stamps of PDFs: no titles, and not within the text."""

import pytest

from tests.parsers.binary_files import parse, typed_texts
from tests.parsers.pdf.pdf_writer import column, pdf, prose
from vouch.schemas.documents.records import LeftOutKind


def stamp(matrix: str, text: str, size: int = 60) -> str:
    return f"BT /F1 {size} Tf {matrix} Tm ({text}) Tj ET"


@pytest.mark.parametrize(
    "drawn",
    [
        stamp("0.7 0.7 -0.7 0.7 150 300", "DRAFT COPY"),
        stamp("0.87 0.5 -0.5 0.87 100 250", "DRAFT COPY"),
        stamp("0.6 -0.8 0.8 0.6 150 700", "DRAFT COPY", 40),
        stamp("1 0 0 1 60 680", "DRAFT COPY"),  # level, and across the lines
        stamp("0 1 -1 0 30 300", "DRAFT COPY", 12),
        f"q 0.8 g {stamp('1 0 0 1 60 500', 'DRAFT COPY')} Q",  # level, pale, beside the lines
        f"q 1 0.7 0.7 rg {stamp('1 0 0 1 60 760', 'DRAFT COPY', 40)} Q",
    ],
)
def test_text_across_or_beside_the_lines_comes_after_them_and_is_no_title(drawn):
    lines = prose("end", 8)
    document = parse(pdf([column(50, 720, lines)], drawn=drawn), "a.pdf")
    assert typed_texts(document) == [("paragraph", " ".join(lines)), ("paragraph", "DRAFT COPY")]


@pytest.mark.parametrize(
    "drawn",
    [
        stamp("0.7 0.7 -0.7 0.7 150 300", "DRAFT COPY"),
        stamp("1 0 0 1 60 680", "DRAFT COPY"),
        stamp("1 0 0 1 60 500", "DRAFT COPY", 40),  # level, and between the lines
    ],
)
def test_a_watermark_of_each_page_is_left_out_but_once(drawn):
    pages = [
        [*column(50, 720, prose(f"{n} top", 8)), *column(50, 400, prose(f"{n} low", 8))]
        for n in range(4)
    ]
    document = parse(pdf(pages, drawn=drawn), "a.pdf")
    elements = typed_texts(document)
    assert [kind for kind, text in elements if "DRAFT" in text] == ["paragraph", *["header"] * 3]
    assert "title" not in {kind for kind, _ in elements}
    assert [(row.kind, row.pieces) for row in document.left_out] == [(LeftOutKind.WATERMARK, 3)]


def test_a_pale_title_of_a_pale_page_is_a_title():
    texts = [(50, 760, 24, "The tea of the Alps"), *column(50, 720, prose("end", 5))]
    elements = typed_texts(parse(pdf([texts], drawn="0 g 0 0 595 842 re f 0.9 g"), "a.pdf"))
    assert elements[0] == ("title", "The tea of the Alps")


def test_large_first_letters_and_titles_are_no_watermarks():
    texts = [(50, 760, 24, "The tea of the Alps"), *column(50, 740, prose("end", 3))]
    texts += [(50, 640, 30, "W"), *column(80, 660, prose("next", 3))]
    elements = typed_texts(parse(pdf([texts]), "a.pdf"))
    assert elements[0] == ("title", "The tea of the Alps")


@pytest.mark.parametrize("matrix", ["0.87 0.5 -0.5 0.87 {x} {y}", "1 0 0 1 {x} {y}"])
@pytest.mark.parametrize("count", [1, 2])
def test_tiles_all_over_a_page_are_kept_once(matrix, count):
    tiles = [
        stamp(matrix.format(x=60 + 160 * column, y=77 + 60 * row), "COPY OF ADA", 14)
        for row in range(10)
        for column in range(3)
    ]
    drawn = f"q 0.85 g {' '.join(tiles)} Q"
    pages = [column(50, 720, prose(f"end {number}", 40)) for number in range(count)]
    document = parse(pdf(pages, drawn=drawn), "a.pdf")
    texts = [text for kind, text in typed_texts(document) if kind == "paragraph"]
    assert texts == [*(" ".join(prose(f"end {n}", 40)) for n in range(count)), "COPY OF ADA"]
    assert [(row.kind, row.pieces) for row in document.left_out] == [
        (LeftOutKind.WATERMARK, 30 * count - 1)
    ]
