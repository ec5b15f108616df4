"""Tables of PDFs: which lines are one, its cells, and the rows that name its columns."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parsers.binary_files import data_of, parse, table_rows, typed_texts
from tests.parsers.pdf.pdf_writer import Text, column, grid, pdf, prose
from vouch.schemas.documents.records import Document

SIZE = 9.0
# Helvetica's widths in thousandths of the size, for the signs that numbers are made of.
WIDTHS = dict.fromkeys("0123456789$", 556) | dict.fromkeys(",. ", 278) | dict.fromkeys("()", 333)
WIDTHS |= {"%": 889, "-": 333, "x": 500}


def width(text: str) -> float:
    return sum(WIDTHS.get(sign, 530) for sign in text) * SIZE / 1000


def right(edge: float, y: float, text: str) -> Text:
    """Return a text that ends at `edge`."""
    return edge - width(text), y, SIZE, text


def left(x: float, y: float, text: str) -> Text:
    return x, y, SIZE, text


def centred(middle: float, y: float, text: str) -> Text:
    return middle - width(text) / 2, y, SIZE, text


def numbers(y: float, label: str, *cells: str, edges: tuple[float, ...]) -> list[Text]:
    """Return a row: a label, and numbers that end at the edges of their columns."""
    placed = [right(edge, y, cell) for edge, cell in zip(edges, cells, strict=True) if cell]
    return [left(60, y, label), *placed] if label else placed


def table_of(document: Document) -> tuple[list[str], int]:
    """Return the rows of the only table, and how many of them are headers."""
    (table,) = [element for element in document.elements if element.table]
    assert table.table is not None
    text = document.text[table.char_start : table.char_end]
    return text.split("\n"), table.table.header_rows


def read(*texts: list[Text] | Text) -> Document:
    page: list[Text] = []
    for item in texts:
        page += item if isinstance(item, list) else [item]
    return parse(pdf([page]), "a.pdf")


def test_aligned_cells_are_a_table_with_a_header():
    cells = [["Item", "Price", "Stock"], ["Apple", "1.20", "7"], ["Pear", "2.10", "12"]]
    document = parse(pdf([grid(cells)]), "a.pdf")
    assert typed_texts(document) == [
        ("table", "Item | Price | Stock\nApple | 1.20 | 7\nPear | 2.10 | 12")
    ]
    assert table_of(document)[1] == 1


def test_empty_places_of_a_real_table_keep_the_columns_aligned():
    document = parse(data_of("SPARSE-2024-INV-1234_borderless_table.pdf"), "a.pdf")
    assert (
        "Product Code | Location | Expected | Actual | Variance | Status\n"
        "SKU-8847 | A-12 | 450 |  |  | "
    ) in document.text


def test_periods_are_above_their_years_and_signs_at_their_numbers():
    edges = (250.0, 320.0, 400.0, 470.0)
    document = read(
        column(60, 800, prose("above", 3)),
        centred(275, 740, "Year Ended June 30,"),
        centred(425, 740, "Quarter Ended June 30,"),
        [right(edge, 726, year) for edge, year in zip(edges, ["2021", "2020"] * 2, strict=True)],
        numbers(710, "Tolls", "1,136", "1,204", "310", "290", edges=edges),
        [left(edge - 45, 710, "$") for edge in edges],
        numbers(696, "Cost of cranes", "612", "655", "(171)", "-", edges=edges),
        column(60, 660, prose("below", 3)),
    )
    assert table_of(document) == (
        [
            " | Year Ended June 30, |  | Quarter Ended June 30, | ",
            " | 2021 | 2020 | 2021 | 2020",
            "Tolls | $ 1,136 | $ 1,204 | $ 310 | $ 290",
            "Cost of cranes | 612 | 655 | (171) | -",
        ],
        2,
    )


@pytest.mark.parametrize(
    ("headings", "expected"),
    [
        # Lines of names of one, two and three lines, at the bottom.
        (
            [("", "Average"), ("", "price"), ("Shares", "(crowns)")],
            " | Shares | Average price (crowns)",
        ),
        ([("Fair", "Book"), ("value", "value")], " | Fair value | Book value"),
        ([("2021", "2020")], " | 2021 | 2020"),
        ([("31 March 2021", "31 March 2020")], " | 31 March 2021 | 31 March 2020"),
    ],
)
def test_names_of_columns_in_several_lines_are_one_header_row(headings, expected):
    edges = (300.0, 420.0)
    names = [
        right(edge, 760 - 11 * line, name)
        for line, row in enumerate(headings)
        for edge, name in zip(edges, row, strict=True)
        if name
    ]
    top = 760 - 11 * len(headings) - 5
    body = [
        numbers(top - 14 * n, f"Berth {n}", f"{n},500", f"{n}.25", edges=edges) for n in range(4)
    ]
    rows, headers = table_of(read(names, *body))
    assert rows[0] == expected
    assert headers == 1
    assert rows[1:] == [f"Berth {n} | {n},500 | {n}.25" for n in range(4)]


def test_parts_of_a_table_keep_its_header_and_long_labels_stay_whole():
    edges = (380.0, 460.0)
    document = read(
        [right(edge, 760, year) for edge, year in zip(edges, ("2021", "2020"), strict=True)],
        left(60, 746, "Assets:"),
        numbers(732, "Cranes", "12,000", "11,000", edges=edges),
        left(60, 718, "Receivables, net of an allowance"),
        numbers(707, "of 348", "4,377", "", edges=edges),
        numbers(693, "", "16,377", "11,000", edges=edges),
        left(60, 679, "Liabilities:"),
        numbers(665, "Loans", "9,000", "8,000", edges=edges),
    )
    assert table_of(document) == (
        [
            " | 2021 | 2020",
            "Assets: |  | ",
            "Cranes | 12,000 | 11,000",
            "Receivables, net of an allowance of 348 | 4,377 | ",
            " | 16,377 | 11,000",
            "Liabilities: |  | ",
            "Loans | 9,000 | 8,000",
        ],
        1,
    )


@pytest.mark.parametrize("half", [4.5, 5.5])
def test_numbers_centred_beside_a_label_of_two_lines_are_in_its_row(half):
    edges = (240.0, 330.0)
    labels = [("Harbour books", "as counted in May"), ("Customs papers", "of the north quay")]
    texts = [left(60, 760, "Source"), right(240, 760, "Words"), right(330, 760, "Pages")]
    for number, (first, second) in enumerate(labels):
        y = 738 - 30 * number
        texts += [left(60, y + half, first), left(60, y - half, second)]
        texts += numbers(y, "", f"{number}.75", f"{number},200", edges=edges)
    texts += numbers(672, "Letters", "20.8", "3,950", edges=edges)
    assert table_of(read(texts)) == (
        [
            "Source | Words | Pages",
            "Harbour books as counted in May | 0.75 | 0,200",
            "Customs papers of the north quay | 1.75 | 1,200",
            "Letters | 20.8 | 3,950",
        ],
        1,
    )


def ruled(lefts: tuple[float, ...], tops: tuple[float, ...]) -> str:
    """Return the commands that rule the borders of cells."""
    across = [f"{lefts[0]} {y} m {lefts[-1]} {y} l S" for y in tops]
    down = [f"{x} {tops[0]} m {x} {tops[-1]} l S" for x in lefts]
    return "\n".join([*across, *down])


@pytest.mark.parametrize("order", ["by row", "by column"])
def test_ruled_cells_hold_texts_of_several_lines(order):
    passage = ["The quay is closed to ships", "over forty metres while the", "dredger is at work."]
    cells = {
        (0, 0): ["Quay"],
        (1, 0): ["Rules"],
        (0, 1): ["North", "quay"],
        (1, 1): passage,
        (0, 2): ["South"],
        (1, 2): ["Open"],
    }
    tops = (760, 742, 700, 680)
    places = sorted(cells) if order == "by column" else sorted(cells, key=lambda place: place[::-1])
    texts = [
        left(64 + 140 * x, tops[y] - 12 - 11 * n, line)
        for x, y in places
        for n, line in enumerate(cells[x, y])
    ]
    document = parse(pdf([texts], drawn=ruled((60, 200, 400), tops)), "a.pdf")
    assert table_of(document) == (
        ["Quay | Rules", f"North quay | {' '.join(passage)}", "South | Open"],
        1,
    )


def test_a_larger_heading_begins_the_next_table():
    texts: list[Text] = []
    for top, name in ((740, "Arrivals"), (670, "Departures")):
        texts.append((60.0, top + 18, 13.0, name))
        edges = (300.0, 380.0) if name == "Arrivals" else (250.0, 420.0)
        texts += numbers(top, "Month", "Ships", "Crates", edges=edges)
        texts += numbers(top - 14, "May", "40", "1,200", edges=edges)
        texts += numbers(top - 28, "June", "48", "1,350", edges=edges)
    document = parse(pdf([texts]), "a.pdf")
    table = "Month | Ships | Crates\nMay | 40 | 1,200\nJune | 48 | 1,350"
    expected = [("title", "Arrivals"), ("table", table), ("title", "Departures"), ("table", table)]
    assert typed_texts(document) == expected


def test_ruled_cells_stay_apart_and_empty_ones_stay_empty():
    """Words of cells that are a hair apart are not one text; no number comes from the row above."""
    lefts, tops = (60, 100, 118, 136, 200), (760, 730, 714, 698)
    header = [left(62, 741, "Hall"), left(102, 741, "Q1"), left(120, 741, "Q2")]
    header += [left(138, 748, "Crates"), left(138, 735, "(average)")]
    rows = [left(62, 718, "North"), left(102, 718, "10"), left(120, 718, "12")]
    rows += [left(138, 718, "340"), left(62, 702, "South"), left(120, 702, "8")]
    rows += [left(138, 702, "120")]
    document = parse(pdf([header + rows], drawn=ruled(lefts, tops)), "a.pdf")
    assert table_of(document) == (
        ["Hall | Q1 | Q2 | Crates (average)", "North | 10 | 12 | 340", "South |  | 8 | 120"],
        1,
    )


def test_a_label_beside_several_ruled_rows_is_in_each():
    lines = "\n".join(
        [
            ruled((60, 160, 400), (760, 740)),
            ruled((160, 280, 400), (740, 720, 700)),
            "60 740 m 60 700 l S 60 700 m 160 700 l S",
        ]
    )
    texts = [left(64, 745, "Quay"), left(164, 745, "Depth"), left(64, 715, "North")]
    texts += [left(164, 726, "at ebb"), left(284, 726, "four metres")]
    texts += [left(164, 706, "at flood"), left(284, 706, "nine metres")]
    document = parse(pdf([texts], drawn=lines), "a.pdf")
    assert table_of(document)[0] == [
        "Quay | Depth | ",
        "North | at ebb | four metres",
        "North | at flood | nine metres",
    ]


def test_tables_below_each_other_have_their_own_headers():
    edges = (300.0, 380.0)
    texts: list[Text] = []
    for top, years in ((760, ("2021", "2020")), (690, ("2019", "2018"))):
        texts += [right(edge, top, year) for edge, year in zip(edges, years, strict=True)]
        for row in range(3):
            texts += numbers(top - 14 * (row + 1), f"Quay {row}", "1,100", "900", edges=edges)
    document = read(texts)
    tables = [element for element in document.elements if element.table]
    assert [document.text[table.char_start :][:14] for table in tables] == [
        " | 2021 | 2020",
        " | 2019 | 2018",
    ]


@pytest.mark.parametrize(
    "page",
    [
        [*column(60, 760, prose("left", 20)), *column(330, 760, prose("right", 20), size=7)],
        grid(
            [
                ["1", "Cranes", "4"],
                ["2", "Tolls", "9"],
                ["2.1", "By ship", "12"],
                ["3", "Ice", "15"],
            ]
        ),
        [
            text
            for n, entry in enumerate(("Cranes", "Tolls", "Ice", "Books"))
            for text in (left(60, 760 - 14 * n, f"{n + 1}."), left(80, 760 - 14 * n, entry))
        ],
        grid([["x", "= a +", "b"], ["y", "= c +", "d"], ["z", "= e +", "f"]]),
    ],
    ids=["columns of text", "contents", "numbered list", "formulas"],
)
def test_what_is_set_in_columns_is_not_always_a_table(page):
    document = parse(pdf([page]), "a.pdf")
    assert not any(element.table for element in document.elements)


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 10**7)), min_size=3, max_size=12),
    st.sampled_from([11.0, 14.0, 24.0]),
)
def test_every_number_is_beside_its_label_and_below_its_year(values, pitch):
    edges = (300.0, 400.0)
    texts = [right(edge, 780, year) for edge, year in zip(edges, ("2021", "2020"), strict=True)]
    for row, pair in enumerate(values, start=1):
        cells = [f"{number:,}" for number in pair]
        texts += numbers(780 - pitch * row, f"Harbour {row}", *cells, edges=edges)
    rows, headers = table_of(read(texts))
    assert (rows[0], headers) == (" | 2021 | 2020", 1)
    assert rows[1:] == [f"Harbour {n} | {a:,} | {b:,}" for n, (a, b) in enumerate(values, start=1)]


def test_a_cell_of_three_lines_is_one_cell_in_any_column():
    texts = grid([["Part", "Description", "Price"], ["PN-01", "Rope of hemp", "12.50"]])
    texts += [(210, 712, 10, "with an eye"), (210, 701, 10, "at either end")]
    texts += [(60, 680, 10, "PN-02"), (210, 680, 10, "Anchor"), (360, 680, 10, "99.00")]
    texts += [(60, 662, 10, "PN-03"), (210, 662, 10, "Lamp"), (360, 662, 10, "34.20")]
    texts = [(x, 723 if y == 726 else y, size, text) for x, y, size, text in texts]
    assert table_rows(parse(pdf([texts]), "a.pdf")) == [
        ["Part", "Description", "Price"],
        ["PN-01", "Rope of hemp with an eye at either end", "12.50"],
        ["PN-02", "Anchor", "99.00"],
        ["PN-03", "Lamp", "34.20"],
    ]


def test_names_of_columns_in_two_lines_of_which_the_second_has_that_of_the_labels():
    lines = [["", "Tonnes in", "Tonnes in"], ["Good", "2019", "2020"]]
    rows = [["Coal", "120", "131"], ["Salt", "85", "80"], ["Grain", "1,204", "1,350"]]
    places = [712, 700, 682, 667, 652]
    texts = [
        (60 + 150 * column, y, 10, text)
        for y, cells in zip(places, [*lines, *rows], strict=True)
        for column, text in enumerate(cells)
        if text
    ]
    document = parse(pdf([texts]), "a.pdf")
    assert table_rows(document) == [["Good", "Tonnes in 2019", "Tonnes in 2020"], *rows]


@pytest.mark.parametrize(("mark", "expected"), [("1", "85^1"), ("*", "85*"), ("a", "85a")])
def test_the_raised_mark_of_a_note_is_in_the_cell_of_its_number(mark, expected):
    rows = [["Good", "2019", "2020"], ["Coal", "12", "13"], ["Salt", "85", "80"], ["Oil", "7", "9"]]
    # The file has it after the other cells of its row.
    texts = [*grid(rows), (60 + 150 + 11.5, 740 - 28 + 4, 6, mark), (60, 600, 10, "Estimated.")]
    assert table_rows(parse(pdf([texts]), "a.pdf"))[2] == ["Salt", expected, "80"]
