"""A hit says where its passage is."""

import pytest

from vouch.index.search.hit import COLUMNS, Hit
from vouch.index.search.passages import Passage


def chunk(number: int, **columns: object) -> dict:
    empty = dict.fromkeys(COLUMNS)
    place = {"char_start": number * 10, "char_end": number * 10 + 9, "chunk_id": f"c{number}"}
    return {**empty, "uri": "a.pdf", "heading_path": [], **place, **columns}


@pytest.mark.parametrize(
    ("chunks", "citation"),
    [
        ([chunk(1)], "a.pdf [10:19]"),
        ([chunk(1, page_start=3, page_end=3)], "a.pdf, p. 3 [10:19]"),
        (
            [
                chunk(1, page_start=3, page_end=4, heading_path=["One", "Two"]),
                chunk(2, page_start=4, page_end=5, heading_path=["One", "Three"]),
            ],
            "a.pdf, p. 3–5, One [10:29]",
        ),
        ([chunk(1, row_start=7, row_end=9)], "a.pdf, rows 7–9 [10:19]"),
        ([chunk(1, page_start=3, page_end=4, parser="pptx_figures")], "a.pdf, slides 3–4 [10:19]"),
        ([chunk(1, page_start=2, page_end=2, parser="spreadsheet")], "a.pdf, sheet 2 [10:19]"),
        (
            [chunk(1, page_start=3, page_end=3, element_types=["title", "figure"])],
            "a.pdf, p. 3, figure [10:19]",
        ),
        (
            [chunk(1, element_types=["figure"]), chunk(2, element_types=["paragraph"])],
            "a.pdf, with a figure [10:29]",
        ),
        ([chunk(1, row_start=7, row_end=7)], "a.pdf, row 7 [10:19]"),
        # One of the chunks is no part of a table.
        ([chunk(1, row_start=7, row_end=9), chunk(2)], "a.pdf [10:29]"),
    ],
)
def test_the_citation_covers_all_chunks(chunks: list[dict], citation: str):
    hit = Hit.of(Passage(tuple(chunks), 1.0, chunks[0]), "text")
    assert hit.citation == citation
    assert hit.chunk_ids == tuple(row["chunk_id"] for row in chunks)
