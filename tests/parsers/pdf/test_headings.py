"""Headings of PDFs by size and by bookmarks."""

from tests.parsers.binary_files import parse, typed_texts
from tests.parsers.pdf.pdf_writer import PROSE, column, pdf, prose


def titles(data: bytes) -> list[str]:
    return [text for kind, text in typed_texts(parse(data, "a.pdf")) if kind == "title"]


def test_larger_lines_are_headings_ranked_by_size():
    page = [
        (50, 780, 24, "The book"),
        (50, 740, 16, "A chapter"),
        *column(50, 700, prose("end", 6)),
        (50, 600, 16, "Another chapter"),
        *column(50, 560, prose("end", 6)),
    ]
    document = parse(pdf([page]), "a.pdf")
    headings = [
        (element.level, document.text[element.char_start : element.char_end])
        for element in document.elements
        if element.level
    ]
    assert headings == [(1, "The book"), (2, "A chapter"), (2, "Another chapter")]
    assert document.elements[-1].heading_path == ("The book", "Another chapter")


def test_bookmarks_name_headings_without_their_numbers():
    names = ["Birds", "Fish", "Frogs"]
    page = [
        text
        for number, name in enumerate(names, start=1)
        for text in (
            (50, 800 - 90 * number, 10, f"{number} {name}"),
            *column(50, 780 - 90 * number, [PROSE, PROSE]),
        )
    ]
    assert titles(pdf([page], outline=names)) == ["1 Birds", "2 Fish", "3 Frogs"]


def test_a_number_and_its_title_after_a_gap_are_one_heading():
    page = [
        (50, 740, 16, "3.1"),
        (90, 740, 16, "Overview"),
        *column(50, 700, prose("end", 6)),
    ]
    assert titles(pdf([page])) == ["3.1 Overview"]
