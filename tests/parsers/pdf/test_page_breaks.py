"""Paragraphs that continue on the next page of a PDF."""

from tests.parsers.binary_files import parse, typed_texts
from tests.parsers.pdf.pdf_writer import PROSE, column, pdf, prose
from vouch.chunkers.chunker import chunk
from vouch.schemas.settings.chunking import ChunkingSettings


def test_a_paragraph_continues_past_footers_with_its_divided_word_whole():
    above = [*prose("end", 4), f"{PROSE} inter-"]
    below = ["national edge of the paper, and then continues to its end.", *above[:3]]
    bodies = [above, below, prose("margin", 5)]
    pages = [
        [*column(50, 700, body), (50, 30, 9, str(number))]
        for number, body in enumerate(bodies, start=1)
    ]
    document = parse(pdf(pages), "a.pdf")
    assert f"{PROSE} international edge of the paper" in document.text
    first, second = document.elements[:2]
    assert (first.page, second.page, second.char_start - first.char_end) == (1, 2, 1)
    assert document.text[: first.char_end].endswith("international")
    assert [text for kind, text in typed_texts(document) if kind == "footer"] == ["1", "2", "3"]


def test_a_finished_paragraph_does_not_continue():
    above = [*prose("end", 3), f"{PROSE} page."]
    document = parse(pdf([column(50, 700, above), column(50, 700, prose("next", 3))]), "a.pdf")
    first, second = document.elements
    assert document.text[first.char_end : second.char_start] == "\n\n"


def test_a_chunk_reports_the_pages_it_is_on(tokenizer):
    pages = [column(50, 700, prose("end", 4)), column(50, 700, [f"over the page {PROSE}", PROSE])]
    document = parse(pdf(pages), "a.pdf")
    whole = chunk(document, ChunkingSettings(), tokenizer)
    assert [(part.page_start, part.page_end) for part in whole] == [(1, 2)]
    parts = chunk(document, ChunkingSettings(max_tokens=32), tokenizer)
    assert (parts[0].page_start, parts[0].page_end) == (1, 1)
    assert (parts[-1].page_start, parts[-1].page_end) == (2, 2)
