"""Build a `Document` piece by piece, so that each element's span is right by construction.

Blocks are separated by an empty line, list items and table rows by a newline, cells by ` | `.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from vouch.parsers.common.figure_read import FigureRead
from vouch.parsers.common.left_out import LeftOutCounts
from vouch.parsers.common.links import links_in
from vouch.parsers.common.text.clean import clean, fold_spaces, one_line
from vouch.schemas.documents.records import (
    Attachment,
    DamagedPart,
    Document,
    Element,
    ElementType,
    LeftOutKind,
    Link,
    Metadata,
    Picture,
    Reason,
    Span,
    TableGrid,
    types_left_out,
)

CELL_BORDER = " | "
_MAX_DAMAGED = 100  # parts that are in quarantine one by one


class DocumentBuilder:
    """Appends elements in reading order.

    Set `page` (from 1) when a page, slide or sheet begins. Empty texts add no element. If a text
    or a cell is `Linked`, its links are added too. `title` opens a section: the following elements
    have it in their heading path, up to the next title of the same or a higher rank.
    """

    def __init__(self) -> None:
        self.page: int | None = None
        self._parts: list[str] = []
        self._length = 0
        self._elements: list[Element] = []
        self._headings: list[tuple[int, str]] = []  # level and title of the open sections
        self._path: tuple[str, ...] = ()  # their titles
        self._links: list[Link] = []
        self._margins = LeftOutCounts()  # headers and footers, which are elements all the same
        self._left_out = LeftOutCounts()
        self._damaged: dict[str, DamagedPart] = {}
        self._pictures: list[Picture] = []
        self._more_damaged = 0

    def __len__(self) -> int:
        """Return the number of elements so far."""
        return len(self._elements)

    @property
    def first_title(self) -> str | None:
        """The first heading so far: the title of a document that declares none."""
        for element in self._elements:
            if element.type is ElementType.TITLE:
                return "".join(self._parts)[element.char_start : element.char_end]
        return None

    def title(self, text: str, level: int = 1) -> None:
        """Add a heading of depth `level`, from 1."""
        title = one_line(text)
        if not title:
            return
        above = [(rank, heading) for rank, heading in self._headings if rank < level]
        self._open_sections(above)
        self._add(ElementType.TITLE, text, title, level=level)
        self._open_sections([*above, (level, title)])

    def end_sections(self) -> None:
        """Close all sections: on the next slide, for example, which has no heading."""
        self._open_sections([])

    def paragraph(self, text: str) -> None:
        """Add running text; line breaks are kept, other white space is folded."""
        self._add(ElementType.PARAGRAPH, text, fold_spaces(text))

    def continued(self, text: str) -> None:
        """Add running text that continues the element before, on the next page.

        It is an element by itself, separated by a space only.
        """
        if text := fold_spaces(text):
            # A blank line would make two paragraphs of one that a page break cuts.
            self._write(" ")
            self._append(ElementType.PARAGRAPH, text, self._length)

    def figure(self, text: str) -> None:
        """Add what a picture says: its description, or its text, line by line."""
        self._add(ElementType.FIGURE, text, fold_spaces(text))

    def figure_read(self, figure: FigureRead) -> None:
        """Add the text of a figure, and the figure itself where it is kept to be described."""
        self.figure(figure.text)
        if figure.shown:
            self._pictures.append(
                Picture(figure.key, len(self), self.page, self._path, figure.shown)
            )

    def list_item(self, text: str, depth: int = 0, marker: str = "-") -> None:
        """Add a list item, without its bullet; `depth` from 0 indents it.

        `marker` is what its reader sees before it: the number of an ordered list, such as `7.`.
        """
        prefix = f"{'  ' * depth}{one_line(marker) or '-'} "
        self._add(ElementType.LIST_ITEM, text, fold_spaces(text), prefix=prefix)

    def code(self, text: str) -> None:
        """Add text with its white space; only newlines and control characters are cleaned."""
        self._add(ElementType.CODE, text, clean(text).strip("\n").rstrip())

    def header(self, text: str, kind: LeftOutKind = LeftOutKind.RUNNING_HEADER) -> None:
        """Add a page header or navigation, which is not searched as long as there is other text.

        `kind` is what the run's report counts it as.
        """
        self._margins.add(kind, fold_spaces(text))
        self._add(ElementType.HEADER, text, fold_spaces(text))

    def footer(self, text: str, kind: LeftOutKind = LeftOutKind.RUNNING_HEADER) -> None:
        """Add a page footer, which is not searched as long as there is other text.

        `kind` is what the run's report counts it as.
        """
        self._margins.add(kind, fold_spaces(text))
        self._add(ElementType.FOOTER, text, fold_spaces(text))

    def leave_out(self, kind: LeftOutKind, text: str) -> None:
        """Count a text that is no part of the document, so that the run's report shows it."""
        self._left_out.add(kind, fold_spaces(text))

    def damaged_part(self, name: str, message: str, reason: str = Reason.MALFORMED) -> None:
        """Put a part that cannot be read into quarantine, by its name; the rest is published.

        `message` says what is wrong with it. Of a part that is named twice the first one counts.
        """
        name = one_line(name)
        if len(self._damaged) < _MAX_DAMAGED:
            self._damaged.setdefault(name, DamagedPart(name, one_line(message), reason))
        elif name not in self._damaged:
            self._more_damaged += 1

    def table(self, rows: Iterable[Sequence[str]], header_rows: int = 0) -> None:
        """Add a table of `rows`, of which the first `header_rows` are headers; drop empty rows."""
        # Per row: its cells as (cleaned, as given), and whether it is a header.
        filled: list[tuple[list[tuple[str, str]], bool]] = []
        for number, row in enumerate(rows):
            cells = [(one_line(cell), cell) for cell in row]
            if any(cleaned for cleaned, _ in cells):
                filled.append((cells, number < header_rows))
        if not filled:
            return
        text, grid = _lay_out([[cleaned for cleaned, _ in cells] for cells, _ in filled])
        start = self._separate(ElementType.TABLE)
        shifted = tuple(tuple((start + a, start + b) for a, b in row) for row in grid)
        for spans, (cells, _) in zip(shifted, filled, strict=True):
            for (cell_start, _), (cleaned, raw) in zip(spans, cells, strict=True):
                self._link(raw, cleaned, cell_start)
        headers = sum(is_header for _, is_header in filled)
        self._append(ElementType.TABLE, text, start, table=TableGrid(shifted, headers))

    def build(
        self, metadata: Metadata = Metadata(), attachments: Sequence[Attachment] = ()
    ) -> Document:
        """Return the document; `damaged_parts` of its metadata names those that were not read."""
        left_out = self._left_out
        if types_left_out(self._elements):
            left_out = left_out + self._margins
        damaged = [*self._damaged.values()]
        if self._more_damaged:
            message = f"they are damaged like {damaged[-1].name}"
            damaged.append(DamagedPart(f"{self._more_damaged:,} more", message))
        if damaged:
            names = ("damaged_parts", tuple(part.name for part in damaged))
            metadata = replace(metadata, extra=(*metadata.extra, names))
        return Document(
            "".join(self._parts),
            tuple(self._elements),
            metadata,
            tuple(attachments),
            tuple(self._links),
            left_out=left_out.rows(),
            damaged=tuple(damaged),
            pictures=tuple(self._pictures),
        )

    def _open_sections(self, headings: list[tuple[int, str]]) -> None:
        self._headings = headings
        self._path = tuple(title for _, title in headings)

    def _add(
        self,
        kind: ElementType,
        raw: str,
        cleaned: str,
        *,
        prefix: str = "",
        level: int | None = None,
    ) -> None:
        if cleaned:
            start = self._separate(kind)
            self._link(raw, cleaned, start + len(prefix))
            self._append(kind, prefix + cleaned, start, level=level)

    def _link(self, raw: str, cleaned: str, place: int) -> None:
        """Add the links of a text that will begin at `place`."""
        if getattr(raw, "links", ()):
            self._links += (
                Link(place + start, place + end, target)
                for start, end, target in links_in(raw, cleaned)
            )

    def _separate(self, kind: ElementType) -> int:
        """Write the separator before an element, and return where the element begins."""
        if self._elements:
            is_same_list = kind == self._elements[-1].type == ElementType.LIST_ITEM
            self._write("\n" if is_same_list else "\n\n")
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
    """Return the text of a table, and the span of each cell in it."""
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
        # The last cell of a row is followed by a newline instead of a cell border.
        position += len("\n") - len(CELL_BORDER)
    return "\n".join(lines), grid
