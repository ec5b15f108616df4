"""Tables of PDFs."""

from tests.parsers.binary_files import data_of, parse, typed_texts
from tests.parsers.pdf.pdf_writer import grid, pdf


def test_aligned_cells_are_a_table_with_a_header():
    cells = [["Item", "Price", "Stock"], ["Apple", "1.20", "7"], ["Pear", "2.10", "12"]]
    document = parse(pdf([grid(cells)]), "a.pdf")
    assert typed_texts(document) == [
        ("table", "Item | Price | Stock\nApple | 1.20 | 7\nPear | 2.10 | 12")
    ]
    assert document.elements[0].table is not None
    assert document.elements[0].table.header_rows == 1


def test_empty_places_of_a_real_table_keep_the_columns_aligned():
    document = parse(data_of("SPARSE-2024-INV-1234_borderless_table.pdf"), "a.pdf")
    assert (
        "Product Code | Location | Expected | Actual | Variance | Status\n"
        "SKU-8847 | A-12 | 450 |  |  | "
    ) in document.text
