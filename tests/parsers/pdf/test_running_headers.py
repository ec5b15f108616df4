"""Page headers and footers of PDFs."""

from tests.parsers.binary_files import parse, typed_texts
from tests.parsers.pdf.pdf_writer import PROSE, Text, column, pdf

WORDS = ["", "one", "two", "three", "four", "five"]


def page(number: int, header: str) -> list[Text]:
    body = column(50, 700, [f"{PROSE} {WORDS[number]} {line}" for line in range(6)])
    return [(50, 800, 9, header), *body, (290, 30, 9, str(number))]


def margins(*pages: list[Text]) -> dict[str, list[str]]:
    elements = typed_texts(parse(pdf(pages), "a.pdf"))
    return {
        margin: [text for kind, text in elements if kind == margin]
        for margin in ("header", "footer")
    }


def test_lines_that_differ_in_digits_only_are_headers_and_footers():
    assert margins(*(page(number, f"Report {2000 + number}") for number in range(1, 4))) == {
        "header": ["Report 2001", "Report 2002", "Report 2003"],
        "footer": ["1", "2", "3"],
    }


def test_two_pages_are_enough_where_their_texts_differ():
    assert margins(page(1, "Report"), page(2, "Report")) == {
        "header": ["Report", "Report"],
        "footer": ["1", "2"],
    }
    assert margins(page(1, "Report"), page(1, "Report"))["header"] == []


def test_any_line_at_the_place_of_headers_is_one():
    titles = ["A book on tea"] * 4 + ["The last chapter of all"]
    pages = [page(number, title) for number, title in enumerate(titles, start=1)]
    assert margins(*pages)["header"] == titles


def test_the_only_line_of_a_page_is_text():
    pages = [[(50.0, 700.0, 12.0, "Slide")] for _ in range(4)]
    assert margins(*pages) == {"header": [], "footer": []}
