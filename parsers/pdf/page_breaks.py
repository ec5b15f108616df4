"""Paragraphs that go over the border of two pages: told, and the word that is cut there made whole.

A paragraph stays an element on each page, so that page numbers are right; the second says that it goes on. A word that is
cut is put on the page where it begins.
"""

from collections.abc import Sequence
from dataclasses import replace

from vouch.parsers.common.bullets import without_bullet
from vouch.parsers.pdf.dehyphenation import Joiner
from vouch.parsers.pdf.lines import Line
from vouch.parsers.pdf.paragraphs import ENUMERATOR, SENTENCE_END, SIZE_CHANGE, Block


def mended(pages: Sequence[Sequence[Block]], joiner: Joiner) -> list[list[Block]]:
    """The blocks of each page, where the first one of a page may go on from the last one of the page before."""
    found = [list(blocks) for blocks in pages]
    for above, below in zip(found, found[1:], strict=False):
        if above and below and _goes_on(above[-1], below[0]):
            above[-1], rest = _whole_word(above[-1], below[0], joiner)
            below[:1] = [replace(rest, goes_on=True)] if rest.lines else []
    return found


def _goes_on(last: Block, first: Block) -> bool:
    if last.is_table or first.is_table:
        return False
    above, below = last.lines[-1], first.lines[0]
    if above.hyphenated:
        return True
    text = below.text
    if (
        SENTENCE_END.search(above.text)
        or above.is_broken
        or without_bullet(text) is not None
        or ENUMERATOR.match(text)
    ):
        return False
    alike = abs(above.size - below.size) <= SIZE_CHANGE * above.size and above.bold == below.bold
    is_text = len(last.lines) > 1 or len(first.lines) > 1
    return alike and (
        text[:1].islower() or (is_text and len(last.lines) > 1 and not _begins_indented(first))
    )


def _begins_indented(block: Block) -> bool:
    lines = block.lines
    return len(lines) < 2 or lines[0].x0 > lines[1].x0 + 0.5 * lines[0].size


def _whole_word(last: Block, first: Block, joiner: Joiner) -> tuple[Block, Block]:
    """Both blocks, with the rest of a word that is hyphenated at the end of the first one taken from the second."""
    above, below = last.lines[-1], first.lines[0]
    if not joiner.is_cut(above.text, above):
        return last, first
    head, _, rest = below.text.partition(" ")
    whole = _saying(above, joiner.joined(above.text, head, above))
    others = first.lines[1:]
    kept = (_saying(below, rest), *others) if rest else others
    return replace(last, lines=(*last.lines[:-1], whole)), replace(first, lines=kept)


def _saying(line: Line, text: str) -> Line:
    """The line as one cell with another text."""
    cell = replace(line.cells[0], text=text, x1=line.x1, hyphenated=False)
    return replace(line, cells=(cell,))
