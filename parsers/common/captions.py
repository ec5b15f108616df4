"""Put descriptions of figures into a parsed document, behind what it says there itself."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from vouch.parsers.common.text.clean import one_line
from vouch.schemas.documents.records import Document, Element, ElementType, Span, TableGrid

MAX_CHARS = 2_000  # of a description
_BORDER = "\n\n"


@dataclass(frozen=True, slots=True)
class Caption:
    """A description, and its place: see `vouch.schemas.documents.records.Picture`."""

    text: str
    after: int
    page: int | None
    heading_path: tuple[str, ...]


def with_captions(document: Document, captions: Sequence[Caption]) -> Document:
    """Return the document with descriptions as elements of their own: `[Figure: …]`.

    Their text is not the document's: it is marked, on one line, and bounded.
    """
    by_place: defaultdict[int, list[Caption]] = defaultdict(list)
    for caption in captions:
        by_place[caption.after].append(caption)
    texts, elements = [], []
    moved: list[tuple[int, int]] = []  # where an element began, and how far it moves
    length = 0
    borders = ["", *_borders(document)]
    for number in range(len(document.elements) + 1):
        for caption in by_place.get(number, ()):
            border = _BORDER if length else ""
            shown = f"[Figure: {one_line(caption.text)[:MAX_CHARS].strip()}]"
            start = length + len(border)
            texts += [border, shown]
            length = start + len(shown)
            elements.append(
                Element(ElementType.FIGURE, start, length, caption.heading_path, caption.page)
            )
        if number == len(document.elements):
            break
        element = document.elements[number]
        border = _BORDER if number in by_place and length else borders[number]
        length += len(border)
        moved.append((element.char_start, length - element.char_start))
        text = document.text[element.char_start : element.char_end]
        texts += [border, text]
        elements.append(_moved(element, length - element.char_start))
        length += len(text)
    starts, moves = [start for start, _ in moved], [by for _, by in moved]
    links = tuple(
        replace(link, char_start=link.char_start + by, char_end=link.char_end + by)
        for link in document.links
        for by in [moves[bisect_right(starts, link.char_start) - 1]]
    )
    return replace(document, text="".join(texts), elements=tuple(elements), links=links)


def _borders(document: Document) -> list[str]:
    """Return what separates each element from the previous one, from the second on."""
    return [
        document.text[above.char_end : below.char_start]
        for above, below in pairwise(document.elements)
    ]


def _moved(element: Element, by: int) -> Element:
    table = element.table
    if table is not None:
        rows = tuple(tuple(_span(span, by) for span in row) for row in table.rows)
        table = TableGrid(rows, table.header_rows)
    return replace(
        element,
        char_start=element.char_start + by,
        char_end=element.char_end + by,
        table=table,
    )


def _span(span: Span, by: int) -> Span:
    return span[0] + by, span[1] + by
