"""Page headers and footers of PDFs."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parsers.binary_files import parse, typed_texts
from tests.parsers.pdf.pdf_writer import PROSE, Text, column, pdf
from vouch.schemas.documents.records import LeftOutKind

WORDS = ["", "one", "two", "three", "four", "five", "six", "seven"]


def page(number: int, header: str) -> list[Text]:
    body = column(50, 700, [f"{PROSE} {WORDS[number]} {line}" for line in range(6)])
    return [(50, 800, 9, header), *body, (290, 30, 9, str(number))]


def margins(*pages: list[Text]) -> dict[str, list[str]]:
    elements = typed_texts(parse(pdf(pages), "a.pdf"))
    return {
        margin: [text for kind, text in elements if kind == margin]
        for margin in ("header", "footer")
    }


def searched(*pages: list[Text]) -> str:
    """Return the text without headers and footers."""
    elements = typed_texts(parse(pdf(pages), "a.pdf"))
    return "\n".join(text for kind, text in elements if kind not in {"header", "footer"})


def test_lines_that_repeat_word_for_word_or_number_the_pages_are_headers_and_footers():
    document = parse(pdf([page(number, "Report 2026") for number in range(1, 4)]), "a.pdf")
    elements = typed_texts(document)
    assert elements[0] == ("paragraph", "Report 2026")  # once in the text: it is nowhere else
    assert [text for kind, text in elements if kind == "header"] == ["Report 2026"] * 2
    assert [text for kind, text in elements if kind == "footer"] == ["1", "2", "3"]
    assert [(row.kind, row.pieces, row.examples) for row in document.left_out] == [
        (LeftOutKind.PAGE_NUMBER, 3, ("1", "2", "3")),
        (LeftOutKind.RUNNING_HEADER, 2, ("Report 2026",)),
    ]


def test_what_only_headers_and_footers_say_is_in_the_text_once():
    pages = [
        [
            (50, 810, 9, "Contract HC-114" if number % 2 else "The Harbour Company"),
            *page(number, f"{number} of 6"),
            (50, 15, 7, "All prices exclude VAT"),
        ]
        for number in range(1, 7)
    ]
    text = searched(*pages)
    for words in ("Contract HC-114", "The Harbour Company", "All prices exclude VAT"):
        assert text.count(words) == 1
    assert "of 6" not in text


@pytest.mark.parametrize(
    "form",
    [
        "Page {}",
        "- {} -",
        "[ {} ]",
        "{}/5",
        "{} of 5",
        "Seite {} von 5",
        "Página {} de 5",
        "{}. oldal",
        "{} | P a g e",
        "p. {}",
    ],
)
def test_forms_of_page_numbers(form):
    pages = [page(number, form.format(number)) for number in range(1, 5)]
    assert len(margins(*pages)["header"]) == 4


@pytest.mark.parametrize("form", ["Report of the board | {}", "{} | Tea in the Alps"])
def test_page_numbers_beside_a_title_which_stays_once(form):
    pages = [page(number, form.format(number)) for number in range(1, 5)]
    assert len(margins(*pages)["header"]) == 3
    assert searched(*pages).count(form.replace("{}", "1")) == 1


def test_page_numbers_in_roman_and_behind_a_gap():
    romans = ["iii", "iv", "v", "vi"]
    assert margins(*(page(n, roman) for n, roman in enumerate(romans, 1)))["header"] == romans
    pages = [[*page(n, "Annual report")[:-1], (500, 800, 9, str(n + 10))] for n in range(1, 5)]
    assert margins(*pages)["header"] == [f"Annual report {n}" for n in (12, 13, 14)]


@pytest.mark.parametrize(
    "lines",
    [
        ["Invoice 10230", "Invoice 10233", "Invoice 10236", "Invoice 10239"],
        ["Invoice 7001", "Invoice 7002", "Invoice 7003", "Invoice 7004"],
        ["Total due: 310.00 EUR", "Total due: 387.00 EUR", "Total due: 9.00 EUR", "Total due: 1"],
        ["Lesson 1", "Lesson 2", "Lesson 3", "Lesson 4"],
        ["Day 1 room 5", "Day 2 room 5", "Day 3 room 5", "Day 4 room 5"],
        ["2026-01-10", "2026-02-11", "2026-03-12", "2026-04-13"],
        ["B040 80 m 140.50", "B080 120 m 180.50", "B120 160 m 220.50", "B160 200 m 260.50"],
    ],
)
def test_lines_that_differ_in_other_numbers_are_text(lines):
    pages = [page(number, line) for number, line in enumerate(lines, start=1)]
    assert margins(*pages)["header"] == []


def test_a_label_and_a_growing_number_beside_it_are_text():
    pages = [[*page(n, "Invoice no."), (300, 800, 9, str(10230 + n))] for n in range(1, 5)]
    assert margins(*pages)["header"] == []


@pytest.mark.parametrize(
    ("names", "places"),
    [
        (["Berth", "Length", "Fee"], (60.0, 200.0, 350.0)),
        (["Berth", "Length", "Fee"], (60.0, 200.0, 300.0)),  # the fees are further right
        (["2025", "2026"], (200.0, 350.0)),
    ],
)
@pytest.mark.parametrize("count", [2, 3])
def test_the_header_row_of_a_table_stays_with_its_rows_on_each_page(names, places, count):
    def rows(first: int) -> list[Text]:
        cells = [(f"B{n}", f"{n} m", f"{n}.50") for n in range(first, first + 30)]
        return [
            *((x, 780.0, 10.0, name) for x, name in zip(places, names, strict=True)),
            *(
                (x, 762.0 - 18 * row, 10.0, text)
                for row, texts in enumerate(cells)
                for x, text in zip((60.0, 200.0, 350.0), texts, strict=True)
            ),
        ]

    pages = [[(60, 820, 10, "Prices of the port"), *rows(100 * n)] for n in range(1, count + 1)]
    document = parse(pdf(pages), "a.pdf")
    assert {text for kind, text in typed_texts(document) if kind == "header"} == {
        "Prices of the port"
    }
    words = document.text.split()
    assert all(words.count(name) >= count for name in names)
    assert all(f"B{100 * n + row}" in words for n in range(1, count + 1) for row in (0, 29))


def test_a_repeated_title_in_larger_type_stays_in_the_text_once():
    pages = [
        [
            (50.0, 800.0, 20.0, "Guide to tea"),
            *column(50, 700, [f"{PROSE} {n} {m}" for m in range(6)]),
        ]
        for n in range(4)
    ]
    elements = typed_texts(parse(pdf(pages), "a.pdf"))
    assert [kind for kind, text in elements if text == "Guide to tea"] == [
        "title",
        "header",
        "header",
        "header",
    ]


def test_lines_that_are_also_within_the_pages_are_text():
    pages = [
        column(50, 800, ["yes", *(f"{PROSE} {n} {m}" for m in range(4)), "yes"] * 2)
        for n in range(4)
    ]
    assert margins(*pages) == {"header": [], "footer": []}


def test_two_pages_are_enough_where_their_texts_differ():
    assert margins(page(1, "Report"), page(2, "Report")) == {
        "header": ["Report"],
        "footer": ["1", "2"],
    }
    assert margins(page(1, "Report"), page(1, "Report"))["header"] == []


def test_a_line_at_the_place_of_headers_is_one_where_its_words_are_in_the_text_too():
    titles = ["A book on tea"] * 4 + ["The last chapter"]
    pages = [page(number, title) for number, title in enumerate(titles, start=1)]
    assert margins(*pages)["header"] == titles[1:4]
    pages[4].append((50.0, 400.0, 18.0, "The last chapter"))
    assert margins(*pages)["header"] == titles[1:]


@pytest.mark.parametrize("number", ["7", "- 12 -", "Page 3", "Page 3 of 12", "Seite 3/12", "iv"])
def test_a_page_number_in_the_margin_of_a_single_page_is_a_footer(number):
    body = column(50, 780, [f"{PROSE} {line}" for line in range(30)])
    assert margins([*body, (290, 30, 9, number)])["footer"] == [number]


@pytest.mark.parametrize(
    "line",
    [(50, 410, 10, "464"), (290, 30, 9, "310.00 EUR"), (290, 30, 9, "10236"), (50, 40, 24, "7")],
)
def test_other_numbers_at_the_end_of_a_single_page_are_text(line):
    body = column(50, 780, [f"{PROSE} {line}" for line in range(30)])
    assert margins([*body, line])["footer"] == []


def test_names_of_sections_beside_the_number_of_the_page_are_footers():
    names = ["Soil"] * 4 + ["Water"] * 2 + ["Index"]
    pages = [
        [*page(n, "A book on tea")[:-1], (50, 30, 9, name), (500, 30, 9, str(n))]
        for n, name in enumerate(names, start=1)
    ]
    assert margins(*pages)["footer"] == ["Soil 2", "Soil 3", "Soil 4", "Water 6"]
    assert "Index" in searched(*pages)  # once on one page: it may be text
    pages[6].append((50.0, 400.0, 18.0, "Index"))
    assert margins(*pages)["footer"][-1] == "Index 7"


def test_the_only_line_of_a_page_is_text():
    pages = [[(50.0, 700.0, 12.0, "Slide")] for _ in range(4)]
    assert margins(*pages) == {"header": [], "footer": []}


def sentences(number: int, count: int = 6, top: float = 700) -> list[Text]:
    """Return the text of a page of its own: nothing continues on the next one."""
    lines = [f"The {WORDS[number]} order has item {line} of the quay." for line in range(count)]
    return column(50, top, lines)


def of_its_own(number: int, first: Text, last: Text) -> list[Text]:
    return [first, *sentences(number), last]


@pytest.mark.parametrize(
    "form",
    [
        "Decision {}/2026",
        "Decision {}/12",
        "Question {} of 6",
        "Certificate {}/2026",
        "Lot | {}",
        "Room - {}",
        "Exhibit {}",
        "after {} s",
        "Ada, {}",
        "ABC00012{}",
        "Total: {}",
        "$ {}",
        "-{}",
        "4711{}",
    ],
)
@pytest.mark.parametrize("is_above", [True, False])
def test_numbers_that_grow_with_the_pages_but_are_not_placed_as_page_numbers_are(form, is_above):
    pages = []
    for number in range(1, 7):
        first, last = (50, 800, 10, "Quay 4"), (50, 40, 10, "Quay 5")
        line = form.format(number)
        first, last = ((50, 800, 10, line), last) if is_above else (first, (50, 40, 10, line))
        pages.append(of_its_own(number, first, last))
    text = searched(*pages).splitlines()
    assert all(any(form.format(number) in line for line in text) for number in range(1, 7))


@pytest.mark.parametrize("label", ["Invoice no.", "Employee:", "Number", "Berth"])
def test_a_number_beside_a_label_that_is_not_at_the_edge_of_the_text(label):
    pages = [[(50, 800, 10, label), (150, 800, 10, str(n)), *sentences(n)] for n in range(1, 7)]
    assert margins(*pages) == {"header": [], "footer": []}


@pytest.mark.parametrize(
    "amounts",
    [
        ["412", "318", "77", "902", "514"],
        ["41", "12"],
        ["47111", "47112", "47113"],
        ["2019", "2020", "2021"],
    ],
)
def test_amounts_alone_in_the_margin_are_text(amounts):
    pages = [[*sentences(n), (500, 40, 10, amount)] for n, amount in enumerate(amounts, start=1)]
    assert set(amounts) <= set(searched(*pages).split())


def test_a_page_has_one_number():
    pages = [
        [(50, 800, 10, str(1000 + n)), *sentences(n), (290, 30, 9, f"Page {n} of 6")]
        for n in range(1, 7)
    ]
    assert margins(*pages)["header"] == []
    assert len(margins(*pages)["footer"]) == 6


def test_labels_stay_with_the_values_of_each_page():
    names = ["Frigg", "Odin", "Thor", "Balder", "Loke"]
    pages = [
        [
            *((60, 800, 8, "Name of the vessel"), (60, 788, 10, name)),
            *sentences(number),
            *((60, 60, 8, "Master"), (60, 48, 10, f"{name} Olsen")),
        ]
        for number, name in enumerate(names, start=1)
    ]
    text = searched(*pages)
    assert text.count("Name of the vessel") == text.count("Master") == len(names)


@pytest.mark.parametrize("places", [{1, 4, 6}, {1, 2, 3, 4, 5, 6}])
def test_titles_of_pages_of_their_own_stay_on_each(places):
    pages = [
        [*([(50.0, 800.0, 24.0, "Agenda")] if n in places else []), *sentences(n)]
        for n in range(1, 7)
    ]
    assert searched(*pages).count("Agenda") == len(places)


def test_the_last_row_of_a_table_that_repeats_stays():
    pages = [
        [
            *((60.0, 700.0 - 18 * row, 10.0, f"item {n}{row}") for row in range(30)),
            *((400.0, 700.0 - 18 * row, 10.0, f"{row * n}.00") for row in range(30)),
            *((60.0, 145.0, 10.0, "Total"), (400.0, 145.0, 10.0, "500.00")),
        ]
        for n in range(1, 6)
    ]
    assert searched(*pages).count("500.00") == 5


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 10**6), min_size=3, max_size=6, unique=True))
def test_no_amount_is_lost(amounts):
    pages = [
        of_its_own(n, (50, 800, 10, f"Invoice {amount}"), (50, 40, 10, f"Due: {amount}.50 EUR"))
        for n, amount in enumerate(amounts, start=1)
    ]
    text = searched(*pages)
    assert all(f"Invoice {amount}" in text and f"Due: {amount}.50" in text for amount in amounts)


def test_the_date_and_the_file_that_browsers_print_are_no_text():
    pages = [
        [
            *((40, 820, 8, "11/30/26, 4:02 AM"), (40, 20, 8, "file:///tmp/page.html")),
            *((540, 20, 8, f"{n}/4"), *sentences(n)),
        ]
        for n in range(1, 5)
    ]
    assert not {"AM", "file"} & set(searched(*pages).replace(":", " ").split())
