"""PDF: order, paragraphs, headings, tables, margins, hyphens, and what is not text."""

from datetime import UTC, datetime

import pytest

from tests.parsers.binary_files import data_of, parse, said
from tests.parsers.pdf_maker import Text, pdf
from vouch.chunkers.chunker import chunk
from vouch.parsers.pdf.annotations import parse_date
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.settings import ChunkingSettings

WORDS = ["", "one", "two", "three", "four"]
PROSE = "Some words of running text that fill the line up to its"


def column(
    x: float, top: float, lines: list[str], size: float = 10, pitch: float = 12
) -> list[Text]:
    return [(x, top - pitch * number, size, line) for number, line in enumerate(lines)]


def of(*pages: list[Text], **options) -> list[tuple[str, str]]:
    return said(parse(pdf(pages, **options), "a.pdf"))


def test_lines_become_paragraphs():
    first = [f"{PROSE} end {number}" for number in range(3)]
    second = [f"{PROSE} stop {number}" for number in range(3)]
    assert of(column(50, 700, first) + column(50, 640, second)) == [
        ("paragraph", " ".join(first)),
        ("paragraph", " ".join(second)),
    ]


def test_short_lines_stay_lines():
    address = ["Ann Other", "1 Some Road"]
    filled = [f"{PROSE} margin {number}" for number in range(4)]
    assert of(column(50, 700, filled) + column(50, 600, address))[1] == (
        "paragraph",
        "Ann Other\n1 Some Road",
    )


@pytest.mark.parametrize(
    ("before", "after", "joined"),
    [
        ("we want inter-", "national law", "we want international law"),
        ("a well-", "known fact; well-known", "a well-known fact; well-known"),
        ("the Franco-", "German border", "the Franco-German border"),
        ("from 1990 -", "to 2000", "from 1990 - to 2000"),
        ("read a PEP-", "aware text", "read a PEP-aware text"),
        ("https://a.org/some-", "page/one", "https://a.org/some-page/one"),
        ("state-of-the-", "art work", "state-of-the-art work"),
    ],
)
def test_hyphens_at_line_ends(before, after, joined):
    lead = "x" * 60
    assert of(column(50, 700, [f"{lead} {before}", f"{after} {lead}"])) == [
        ("paragraph", f"{lead} {joined} {lead}")
    ]


def test_columns_that_are_stored_line_by_line_are_read_one_after_the_other():
    left = [f"left column line with words {number}" for number in range(8)]
    right = [f"right column line with words {number}" for number in range(8)]
    across = [
        (
            50.0,
            720.0,
            10.0,
            "A sentence that goes right across the page and over both of its columns without end.",
        )
    ]
    lines = [
        text
        for pair in zip(column(50, 700, left), column(300, 700, right), strict=True)
        for text in pair
    ]
    text = parse(pdf([across + lines]), "a.pdf").text
    assert text.index(left[7]) < text.index(right[0])
    assert text.startswith("A sentence")


def test_larger_lines_are_titles_by_rank():
    page = [
        (50, 780, 24, "The book"),
        (50, 740, 16, "A chapter"),
        *column(50, 700, [f"{PROSE} end {number}" for number in range(6)]),
        (50, 600, 16, "Another chapter"),
        *column(50, 560, [f"{PROSE} end {number}" for number in range(6)]),
    ]
    document = parse(pdf([page]), "a.pdf")
    titles = [
        (one.level, document.text[one.char_start : one.char_end])
        for one in document.elements
        if one.level
    ]
    assert titles == [(1, "The book"), (2, "A chapter"), (2, "Another chapter")]
    assert document.elements[-1].heading_path == ("The book", "Another chapter")


def test_margins_that_repeat_are_headers_and_footers():
    def page(number: int) -> list[Text]:
        body = column(50, 700, [f"{PROSE} {WORDS[number]} {line}" for line in range(8)])
        return [(50, 800, 9, f"Annual report {2000 + number}"), *body, (290, 30, 9, str(number))]

    elements = of(*(page(number) for number in range(1, 5)))
    assert [text for kind, text in elements if kind == "header"] == [
        f"Annual report {2000 + one}" for one in range(1, 5)
    ]
    assert [text for kind, text in elements if kind == "footer"] == ["1", "2", "3", "4"]


def test_the_only_line_of_a_page_is_no_margin():
    assert {kind for kind, _ in of(*([(50, 700, 12, "Slide")] for _ in range(4)))} == {"paragraph"}


def test_cells_under_each_other_are_a_table():
    cells = [["Item", "Price", "Stock"], ["Apple", "1.20", "7"], ["Pear", "2.10", "12"]]
    page = [
        (50 + 150 * x, 700 - 14 * y, 10, text)
        for y, row in enumerate(cells)
        for x, text in enumerate(row)
    ]
    document = parse(pdf([page]), "a.pdf")
    assert said(document) == [("table", "Item | Price | Stock\nApple | 1.20 | 7\nPear | 2.10 | 12")]
    assert document.elements[0].table is not None
    assert document.elements[0].table.header_rows == 1


def test_a_table_with_empty_places():
    document = parse(data_of("SPARSE-2024-INV-1234_borderless_table.pdf"), "a.pdf")
    assert (
        "Product Code | Location | Expected | Actual | Variance | Status\nSKU-8847 | A-12 | 450 |  |  | "
        in document.text
    )


def test_text_that_runs_upwards_is_read_as_if_the_page_were_turned():
    lines = [f"{PROSE} end {number}" for number in range(4)]
    assert of(column(50, 500, lines), turned=True, rotate=90) == [("paragraph", " ".join(lines))]


def test_a_real_file_with_lists_that_hang():
    elements = said(parse(data_of("list-item-example.pdf"), "a.pdf"))
    assert ("list_item", "- What challenges may arise in development?") in elements
    assert ("list_item", "- Determining root challenges: organizational factors") in elements
    assert ("title", "Module Three: Step 2: Design and Prototyping") in elements


def test_a_document_that_cuts_no_words_keeps_its_hyphens():
    first = [
        f"{PROSE} left hand project-",
        "specified things are specified by the project that is the first",
    ]
    second = [f"{PROSE} end of the text", f"{PROSE} full stop of it"]
    assert "project-specified" in of(column(50, 700, first + second))[0][1]


def test_a_paragraph_goes_on_over_the_border_of_pages_with_its_word_whole():
    above = [f"{PROSE} end {number}" for number in range(4)] + [f"{PROSE} inter-"]
    below = ["national edge of the paper, and then goes on to the end of it.", *above[:3]]
    pages = [
        [*column(50, 700, above), (50, 30, 9, "1")],
        [*column(50, 700, below), (50, 30, 9, "2")],
    ]
    document = parse(
        pdf(
            [
                *pages,
                [*column(50, 700, [f"{PROSE} {number}" for number in range(5)]), (50, 30, 9, "3")],
            ]
        ),
        "a.pdf",
    )
    assert f"{PROSE} international edge of the paper" in document.text
    first, second = document.elements[:2]
    assert (first.page, second.page, second.char_start - first.char_end) == (1, 2, 1)
    assert document.text[: first.char_end].endswith("international")
    assert [text for kind, text in said(document) if kind == "footer"] == ["1", "2", "3"]


def test_a_paragraph_that_has_ended_does_not_go_on():
    above = [f"{PROSE} end {number}" for number in range(3)] + [f"{PROSE} page."]
    document = parse(
        pdf(
            [column(50, 700, above), column(50, 700, [f"{PROSE} {number}" for number in range(3)])]
        ),
        "a.pdf",
    )
    assert "\n\n" in document.text[document.elements[0].char_end : document.elements[1].char_start]


def test_the_pages_of_a_chunk_are_those_that_it_is_on(tokenizer):
    above = [f"{PROSE} end {number}" for number in range(4)]
    document = parse(
        pdf([column(50, 700, above), column(50, 700, [f"over the page {PROSE}", PROSE])]), "a.pdf"
    )
    whole = chunk(document, ChunkingSettings(), tokenizer)
    assert [(one.page_start, one.page_end) for one in whole] == [(1, 2)]
    parts = chunk(document, ChunkingSettings(max_tokens=32), tokenizer)
    assert (parts[0].page_start, parts[0].page_end) == (1, 1)
    assert (parts[-1].page_start, parts[-1].page_end) == (2, 2)


def test_an_outline_names_headings_without_their_numbers():
    titles = ["Birds", "Fish", "Frogs"]
    page = [
        text
        for number, title in enumerate(titles, start=1)
        for text in (
            (50, 800 - 90 * number, 10, f"{number} {title}"),
            *column(50, 780 - 90 * number, [PROSE, PROSE]),
        )
    ]
    document = parse(pdf([page], outline=titles), "a.pdf")
    assert [text for kind, text in said(document) if kind == "title"] == [
        "1 Birds",
        "2 Fish",
        "3 Frogs",
    ]


def test_a_number_and_its_title_behind_a_gap_are_one_heading():
    page = [
        (50, 740, 16, "3.1"),
        (90, 740, 16, "Overview"),
        *column(50, 700, [f"{PROSE} end {number}" for number in range(6)]),
    ]
    assert of(page)[0] == ("title", "3.1 Overview")


def test_items_that_are_numbered_stand_apart():
    items = [f"{number}. {PROSE} fifth" for number in range(4, 7)]
    assert [text for _, text in of(column(50, 700, items))] == items


def test_drawn_bullets_are_bullets():
    lines = ["green tea and its leaves", "black coffee with milk", "a glass of water"]
    dots = "\n".join(f"38 {701 - 14 * number} 4 4 re f" for number in range(3))
    texts = [(50, 700 - 14 * number, 10, line) for number, line in enumerate(lines)]
    assert of(texts, drawn=dots) == [("list_item", f"- {line}") for line in lines]


def test_margins_of_two_pages_that_are_not_alike():
    def page(number: int) -> list[Text]:
        body = column(50, 700, [f"{PROSE} {WORDS[number]} {line}" for line in range(6)])
        return [(50, 800, 9, "Annual report"), *body, (290, 30, 9, str(number))]

    kinds = [kind for kind, _ in of(page(1), page(2))]
    assert (kinds.count("header"), kinds.count("footer")) == (2, 2)
    assert "header" not in [kind for kind, _ in of(page(1), page(1))]


def test_a_line_at_the_place_of_headers_is_one_whatever_it_says():
    def page(number: int) -> list[Text]:
        body = column(
            50, 700, [f"{PROSE} {WORDS[number % 5]} {line} {number}" for line in range(6)]
        )
        return [(50, 800, 9, "The last chapter of all" if number == 5 else "A book on tea"), *body]

    headers = [text for kind, text in of(*map(page, range(1, 6))) if kind == "header"]
    assert headers == ["A book on tea"] * 4 + ["The last chapter of all"]


def test_notes_and_form_fields_are_text():
    assert ("paragraph", "Comment (moose): Note in second paragraph") in said(
        parse(data_of("commented.pdf"), "a.pdf")
    )
    assert ("paragraph", "First Name: Alice") in said(
        parse(data_of("libreoffice-form.pdf"), "a.pdf")
    )


def test_pages_are_counted_and_those_without_text_named():
    document = parse(pdf([[(50, 700, 12, "one")], [], [(50, 700, 12, "three")]]), "a.pdf")
    assert [one.page for one in document.elements] == [1, 3]
    assert document.metadata.extra == (("pages", "3"), ("pages_without_text", "2"))


def test_metadata():
    info = "/Title (A title) /Author (An author) /CreationDate (D:20240229120000+01'00') /ModDate (D:20241399)"
    metadata = parse(pdf([[(50, 700, 12, "x")]], info=info), "a.pdf").metadata
    assert (metadata.title, metadata.author, metadata.language) == ("A title", "An author", "en-GB")
    assert metadata.created == datetime(2024, 2, 29, 11, tzinfo=UTC)
    assert metadata.modified is None


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("D:2024", datetime(2024, 1, 1, tzinfo=UTC)),
        ("D:20240229", datetime(2024, 2, 29, tzinfo=UTC)),
        ("20240229121314Z", datetime(2024, 2, 29, 12, 13, 14, tzinfo=UTC)),
        ("D:20240229121314-05'30'", datetime(2024, 2, 29, 17, 43, 14, tzinfo=UTC)),
        ("D:20230229", None),
        ("D:20240101000000+99'00'", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_dates(text, date):
    assert parse_date(text) == date


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (data_of("password.pdf"), "encrypted"),
        (pdf([[]]), "no_text"),
        (b"%PDF-1.7\nnothing", "malformed"),
    ],
)
def test_what_cannot_be_read_says_why(data, reason):
    with pytest.raises(DocumentRejected) as caught:
        parse(data, "a.pdf")
    assert caught.value.reason == reason
