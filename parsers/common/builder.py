"""Builds a `Document` piece by piece, so that each element's span is right by construction.

Blocks are set apart by an empty line, list items and table rows by a newline, cells by ` | `.
"""

from collections.abc import Iterable, Sequence

from vouch.parsers.common.clean import clean, fold_spaces, one_line
from vouch.parsers.common.links import links_in
from vouch.schemas.records import (
    Attachment,
    Document,
    Element,
    ElementType,
    Link,
    Metadata,
    Span,
    TableGrid,
)

CELL_BORDER = " | "


class DocumentBuilder:
    """Appends elements in reading order. Set `page` (from 1) when a page, slide or sheet begins.

    Empty texts are passed over. Where a text or a cell is `Linked`, its links are kept with it. `title` opens a section:
    what follows has it in its heading path, until a title of the same or a higher rank comes.
    """

    def __init__(self) -> None:
        self.page: int | None = None
        self._parts: list[str] = []
        self._length = 0
        self._elements: list[Element] = []
        self._headings: list[tuple[int, str]] = []
        self._path: tuple[str, ...] = ()  # their titles
        self._links: list[Link] = []

    def __len__(self) -> int:
        """Elements so far."""
        return len(self._elements)

    @property
    def first_title(self) -> str | None:
        """The first heading so far: a document's title where it does not tell another."""
        first = next(
            (element for element in self._elements if element.type is ElementType.TITLE), None
        )
        return None if first is None else "".join(self._parts)[first.char_start : first.char_end]

    def title(self, text: str, level: int = 1) -> None:
        """A heading of depth `level`, from 1."""
        title = one_line(text)
        if not title:
            return
        above = [(rank, other) for rank, other in self._headings if rank < level]
        self._stand_below(above)
        self._add(ElementType.TITLE, text, title, level=level)
        self._stand_below([*above, (level, title)])

    def end_sections(self) -> None:
        """What follows stands under no heading so far: on the next slide, say, which has none of its own."""
        self._stand_below([])

    def paragraph(self, text: str) -> None:
        """Running text; line breaks are kept, other white space is folded."""
        self._add(ElementType.PARAGRAPH, text, fold_spaces(text))

    def continued(self, text: str) -> None:
        """Running text that goes on from the element before, from another page: its own element, behind a space only."""
        if text := fold_spaces(text):
            self._write(" ")
            self._append(ElementType.PARAGRAPH, text, self._length)

    def list_item(self, text: str, depth: int = 0) -> None:
        """One item, without its bullet; `depth` from 0 indents it."""
        self._add(ElementType.LIST_ITEM, text, fold_spaces(text), prefix="  " * depth + "- ")

    def code(self, text: str) -> None:
        """Kept as it is, but for its newlines and control characters."""
        self._add(ElementType.CODE, text, clean(text).strip("\n").rstrip())

    def header(self, text: str) -> None:
        """A page header, or a page's navigation: kept, but not searched where there is anything else."""
        self._add(ElementType.HEADER, text, fold_spaces(text))

    def footer(self, text: str) -> None:
        """A page footer: kept, but not searched where there is anything else."""
        self._add(ElementType.FOOTER, text, fold_spaces(text))

    def table(self, rows: Iterable[Sequence[str]], header_rows: int = 0) -> None:
        """Rows of cells; rows that are empty throughout are left out."""
        cells = [[(one_line(cell), cell) for cell in row] for row in rows]
        kept = [
            (row, number < header_rows)
            for number, row in enumerate(cells)
            if any(made for made, _ in row)
        ]
        if not kept:
            return
        text, grid = _lay_out([[made for made, _ in row] for row, _ in kept])
        start = self._separate(ElementType.TABLE)
        shifted = tuple(tuple((start + a, start + b) for a, b in row) for row in grid)
        headers = sum(is_header for _, is_header in kept)
        for spans, (row, _) in zip(shifted, kept, strict=True):
            for (place, _), (made, raw) in zip(spans, row, strict=True):
                self._link(raw, made, place)
        self._append(ElementType.TABLE, text, start, table=TableGrid(shifted, headers))

    def build(
        self, metadata: Metadata = Metadata(), attachments: Sequence[Attachment] = ()
    ) -> Document:
        text = "".join(self._parts)
        return Document(
            text, tuple(self._elements), metadata, tuple(attachments), tuple(self._links)
        )

    def _stand_below(self, headings: list[tuple[int, str]]) -> None:
        self._headings = headings
        self._path = tuple(title for _, title in headings)

    def _add(
        self, kind: ElementType, raw: str, made: str, *, prefix: str = "", level: int | None = None
    ) -> None:
        if made:
            start = self._separate(kind)
            self._link(raw, made, start + len(prefix))
            self._append(kind, prefix + made, start, level=level)

    def _link(self, raw: str, made: str, place: int) -> None:
        """The links of a text that will stand at `place`."""
        if getattr(raw, "links", ()):
            self._links += (
                Link(place + start, place + end, target)
                for start, end, target in links_in(raw, made)
            )

    def _separate(self, kind: ElementType) -> int:
        if self._elements:
            together = kind == self._elements[-1].type == ElementType.LIST_ITEM
            self._write("\n" if together else "\n\n")
        return self._length

    def _append(
        self,
        kind: ElementType,
        text: str,
        start: int,
        *,
        level: int | None = None,
        table: TableGrid | None = None,
    ) -> None:
        self._write(text)
        self._elements.append(
            Element(kind, start, self._length, self._path, self.page, level, table)
        )

    def _write(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)


def _lay_out(rows: Sequence[Sequence[str]]) -> tuple[str, list[list[Span]]]:
    """The text of a table, and the span of each cell in it."""
    lines: list[str] = []
    grid: list[list[Span]] = []
    position = 0
    for row in rows:
        spans = []
        for cell in row:
            spans.append((position, position + len(cell)))
            position += len(cell) + len(CELL_BORDER)
        grid.append(spans)
        lines.append(CELL_BORDER.join(row))
        position += len("\n") - len(CELL_BORDER)
    return "\n".join(lines), grid
