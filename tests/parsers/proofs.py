"""What holds for every document, whatever it was read from."""

from collections.abc import Sequence

from vouch.chunkers.chunker import chunk
from vouch.schemas.records import Document, Element, ElementType, Tokenizer
from vouch.schemas.settings import ChunkingSettings

# What no canonical text holds: other newlines, controls, lone surrogates, byte order marks, non-characters.
BANNED = frozenset(
    [
        chr(code)
        for code in (
            *range(9),
            *range(0x0B, 0x20),
            *range(0x7F, 0xA0),
            0x2028,
            0x2029,
            0xFEFF,
            0xFFFE,
            0xFFFF,
        )
    ]
    + [chr(code) for code in range(0xD800, 0xE000)]
)


def prove(document: Document) -> None:
    """Spans within the text, in order, apart, without gaps that hold anything; cells within their table."""
    assert not BANNED.intersection(document.text)
    end = 0
    for element in document.elements:
        assert end <= element.char_start < element.char_end <= len(document.text)
        assert not document.text[end : element.char_start].strip()
        _prove_cells(element)
        end = element.char_end
    assert not document.text[end:].strip()


def _prove_cells(element: Element) -> None:
    end = element.char_start
    for row in element.table.rows if element.table else ():
        for start, stop in row:
            assert end <= start <= stop <= element.char_end
            end = stop


def prove_chunks(document: Document, settings: ChunkingSettings, tokenizer: Tokenizer) -> None:
    """Chunks are spans of the text, in order, short enough, and leave out nothing of what is searched."""
    chunks = chunk(document, settings, tokenizer)
    covered = bytearray(len(document.text))
    for one in chunks:
        assert document.text[one.char_start : one.char_end] == one.text != ""
        assert one.token_count <= settings.max_embedded_tokens
        covered[one.char_start : one.char_end] = b"\1" * len(one.text)
    starts = [one.char_start for one in chunks]
    assert starts == sorted(starts)
    for element in _searched(document.elements):
        for place in range(element.char_start, element.char_end):
            assert covered[place] or document.text[place].isspace()


def _searched(elements: Sequence[Element]) -> Sequence[Element]:
    repeated = (ElementType.HEADER, ElementType.FOOTER)
    return [element for element in elements if element.type not in repeated] or elements
