"""Paragraphs of PDF pages."""

from tests.parsers.binary_files import data_of, parse, typed_texts
from tests.parsers.pdf.pdf_writer import PROSE, column, pdf, prose


def test_lines_at_the_usual_distance_are_a_paragraph():
    first, second = prose("end", 3), prose("stop", 3)
    document = parse(pdf([column(50, 700, first) + column(50, 640, second)]), "a.pdf")
    assert typed_texts(document) == [
        ("paragraph", " ".join(first)),
        ("paragraph", " ".join(second)),
    ]


def test_short_lines_stay_lines():
    address = ["Ann Other", "1 Some Road"]
    page = column(50, 700, prose("margin", 4)) + column(50, 600, address)
    assert typed_texts(parse(pdf([page]), "a.pdf"))[1] == ("paragraph", "\n".join(address))


def test_numbered_items_are_paragraphs_of_their_own():
    items = [f"{number}. {PROSE} fifth" for number in range(4, 7)]
    document = parse(pdf([column(50, 700, items)]), "a.pdf")
    assert [text for _, text in typed_texts(document)] == items


def test_hanging_list_items_of_a_real_file_are_whole():
    elements = typed_texts(parse(data_of("list-item-example.pdf"), "a.pdf"))
    assert ("list_item", "- What challenges may arise in development?") in elements
    assert ("list_item", "- Determining root challenges: organizational factors") in elements
    assert ("title", "Module Three: Step 2: Design and Prototyping") in elements
