"""What is true of every document, whatever format it was read from."""

from collections.abc import Sequence

from vouch.chunkers.chunker import chunk
from vouch.schemas.documents.records import Document, Element, ElementType, Tokenizer
from vouch.schemas.settings.chunking import ChunkingSettings

# Characters that no canonical text has: other newlines, controls, byte order marks, non-characters,
# lone surrogates.
BANNED_RANGES = (
    range(9),
    range(0x0B, 0x20),
    range(0x7F, 0xA0),
    range(0x2028, 0x202A),
    range(0xFEFF, 0xFF00),
    range(0xFFFE, 0x10000),
    range(0xD800, 0xE000),
)
BANNED = frozenset(chr(code) for codes in BANNED_RANGES for code in codes)


def elements_of(document: Document) -> list[tuple[ElementType, str]]:
    """Return type and text of each element."""
    return [
        (element.type, document.text[element.char_start : element.char_end])
        for element in document.elements
    ]


def links(document: Document) -> list[tuple[str, str]]:
    """Return the text and the target of each link."""
    return [
        (document.text[link.char_start : link.char_end], link.target) for link in document.links
    ]


def prove(document: Document) -> None:
    """Assert that elements are in order, do not overlap and leave no text out, nor do cells."""
    assert not BANNED.intersection(document.text)
    end = 0
    for element in document.elements:
        assert end <= element.char_start < element.char_end <= len(document.text)
        assert not document.text[end : element.char_start].strip()
        _prove_cells(element)
        end = element.char_end
    assert not document.text[end:].strip()
    for link in document.links:
        shown = document.text[link.char_start : link.char_end]
        assert shown
        assert shown == shown.strip()


def _prove_cells(element: Element) -> None:
    end = element.char_start
    for row in element.table.rows if element.table else ():
        for start, stop in row:
            assert end <= start <= stop <= element.char_end
            end = stop


def prove_chunks(document: Document, settings: ChunkingSettings, tokenizer: Tokenizer) -> None:
    """Assert that chunks are spans in order, short enough, and leave no searched text out."""
    chunks = chunk(document, settings, tokenizer)
    covered = bytearray(len(document.text))
    for cut in chunks:
        assert document.text[cut.char_start : cut.char_end] == cut.text != ""
        assert cut.token_count <= settings.max_embedded_tokens
        covered[cut.char_start : cut.char_end] = b"\1" * len(cut.text)
    starts = [cut.char_start for cut in chunks]
    assert starts == sorted(starts)
    for element in _searched(document.elements):
        for place in range(element.char_start, element.char_end):
            assert covered[place] or document.text[place].isspace()


def _searched(elements: Sequence[Element]) -> Sequence[Element]:
    furniture = (ElementType.HEADER, ElementType.FOOTER)
    return [element for element in elements if element.type not in furniture] or elements
