"""Connect paragraphs that continue on the next page.

A paragraph stays one element per page, so that page numbers are right; the second one is marked as
a continuation. A word divided at the page break is put whole on the page where it begins.
"""

from collections.abc import Sequence
from dataclasses import replace

from vouch.parsers.common.bullets import without_bullet
from vouch.parsers.pdf.paragraphs import ENUMERATOR, SENTENCE_END, SIZE_CHANGE, Block
from vouch.parsers.pdf.text.dehyphenation import Joiner
from vouch.parsers.pdf.text.lines import Line

# In font sizes: a first line indented by this much begins a paragraph.
_INDENT = 0.5


def connect_pages(pages: Sequence[Sequence[Block]], joiner: Joiner) -> list[list[Block]]:
    """Return the blocks of each page, with continuations of the page before marked."""
    connected = [list(blocks) for blocks in pages]
    for above, below in zip(connected, connected[1:], strict=False):
        if above and below and _continues(above[-1], below[0]):
            above[-1], rest = _with_whole_word(above[-1], below[0], joiner)
            below[:1] = [replace(rest, continues=True)] if rest.lines else []
    return connected


def _continues(last: Block, first: Block) -> bool:
    """Return whether the first block of a page continues the last one of the page before."""
    if last.is_table or first.is_table:
        return False
    above, below = last.lines[-1], first.lines[0]
    if above.hyphenated:
        return True
    if SENTENCE_END.search(above.text) or above.is_broken:
        return False
    if without_bullet(below.text) is not None or ENUMERATOR.match(below.text):
        return False
    if abs(above.size - below.size) > SIZE_CHANGE * above.size or above.bold != below.bold:
        return False
    if below.text[:1].islower():
        return True
    # A capital may begin a noun or a name; a single line on either page may be a heading.
    is_text = len(last.lines) > 1 and len(first.lines) > 1
    is_indented = is_text and first.lines[0].x0 > first.lines[1].x0 + _INDENT * first.lines[0].size
    return is_text and not is_indented


def _with_whole_word(last: Block, first: Block, joiner: Joiner) -> tuple[Block, Block]:
    """Return both blocks, with the rest of a divided word moved to the end of the first one."""
    above, below = last.lines[-1], first.lines[0]
    if not joiner.is_divided(above.text, above):
        return last, first
    head, _, tail = below.text.partition(" ")
    whole = _with_text(above, joiner.join_word(above.text, head, above))
    rest = (_with_text(below, tail), *first.lines[1:]) if tail else first.lines[1:]
    return replace(last, lines=(*last.lines[:-1], whole)), replace(first, lines=rest)


def _with_text(line: Line, text: str) -> Line:
    """Return the line as one cell with another text."""
    cell = replace(line.cells[0], text=text, x1=line.x1, hyphenated=False)
    return replace(line, cells=(cell,))
