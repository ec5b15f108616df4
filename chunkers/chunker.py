"""Cut a `Document` into `Chunk`s: spans of the canonical text that fit the embedding model's limit.

A heading begins a new chunk. Within its section, sentences, rows and lines are put together while
they fit, and cut at the best boundary (`vouch.chunkers.boundaries`). The embedded text begins with
the title and the heading path, and for later rows of a table with its header, so that a chunk says
what it belongs to. The cited text is the span alone.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence

from vouch.chunkers.boundaries import pack
from vouch.chunkers.units import Border, TokenIndex, Unit, units
from vouch.schemas.ids import fingerprint
from vouch.schemas.records import Chunk, Document, Element, ElementType, Span, Tokenizer
from vouch.schemas.settings import ChunkingSettings

# Raise it when the same document would be cut in another way: every document is then chunked and
# embedded again.
VERSION = 2
HEADING_BORDER = " > "
_PAGE_FURNITURE = (ElementType.HEADER, ElementType.FOOTER)


def chunk_fingerprint(settings: ChunkingSettings, tokenizer: Tokenizer) -> str:
    """Hash all that the chunks of a document depend on, other than the document."""
    return fingerprint(
        {"chunker": VERSION, "tokenizer": tokenizer.fingerprint, **settings.model_dump()}
    )


def chunk(
    document: Document, settings: ChunkingSettings, tokenizer: Tokenizer
) -> tuple[Chunk, ...]:
    """Return the chunks of a document in order.

    Page headers and footers are left out, unless the document has nothing else.
    """
    chunker = _Chunker(document, settings, tokenizer)
    has_body = any(element.type not in _PAGE_FURNITURE for element in document.elements)
    sections = _sections(document.elements, left_out=_PAGE_FURNITURE if has_body else ())
    return tuple(chunk for section in sections for chunk in chunker.section(section))


def rows_of(element: Element, span: Span) -> tuple[int, int] | None:
    """Return the first and the last row that a span touches, from 1 below the header.

    None where the element is no table, or the span has nothing of its rows: the header alone, or
    cell borders.
    """
    if element.table is None:
        return None
    rows, headers = element.table.rows, element.table.header_rows
    # Empty cells at the end of a row belong to it: a row ends where its last cell does.
    first = max(bisect_right(rows, span[0], key=lambda row: row[-1][1]), headers)
    last = bisect_left(rows, span[1], key=lambda row: row[0][0]) - 1
    if first > last or span[0] >= span[1]:
        return None
    return first - headers + 1, last - headers + 1


def _sections(
    elements: Iterable[Element], left_out: Sequence[ElementType]
) -> Iterator[list[Element]]:
    """Yield the elements below a heading with it, and with headings above that have no text.

    An element that is left out ends a section too, because no span may go over it.
    """
    section: list[Element] = []
    has_body = False
    for element in elements:
        is_left_out = element.type in left_out
        if section and (is_left_out or (has_body and element.type is ElementType.TITLE)):
            yield section
            section, has_body = [], False
        if not is_left_out:
            section.append(element)
            has_body = has_body or element.type is not ElementType.TITLE
    if section:
        yield section


class _Chunker:
    def __init__(
        self, document: Document, settings: ChunkingSettings, tokenizer: Tokenizer
    ) -> None:
        self._document = document
        self._text = document.text
        self._settings = settings
        self._tokenizer = tokenizer
        self._budget = settings.max_tokens - tokenizer.special_tokens
        self._counts: dict[str, int] = {}  # tokens of headings, which many chunks share

    def section(self, elements: Sequence[Element]) -> Iterator[Chunk]:
        for run in self._runs(elements):
            for packed in pack(run, self._budget):
                yield from self._chunks(packed, elements)

    def _runs(self, elements: Sequence[Element]) -> Iterator[list[Unit]]:
        """Yield runs of units that may share chunks.

        A table that has to be cut is a run by itself, with the titles right above it, so that its
        chunks begin with rows and can repeat its header.
        """
        run: list[Unit] = []
        only_titles = True
        for number, element in enumerate(elements):
            index = TokenIndex(self._text, element, self._tokenizer)
            is_cut_table = element.table is not None and not index.fits(
                element.char_start, element.char_end, self._budget
            )
            if is_cut_table and not only_titles:
                yield run
                run, only_titles = [], True
            budget = self._unit_budget(run, only_titles=only_titles)
            run.extend(units(number, element, index, budget, self._border(elements, number)))
            only_titles = only_titles and element.type is ElementType.TITLE
            if is_cut_table:
                yield run
                run, only_titles = [], True
        if run:
            yield run

    def _unit_budget(self, run: Sequence[Unit], *, only_titles: bool) -> int:
        """Return the most tokens of a unit: below titles, so few that it fits into their chunk."""
        if only_titles:
            left = self._budget - sum(unit.tokens for unit in run)
            if left * 2 >= self._budget:
                return left
        return self._budget

    def _border(self, elements: Sequence[Element], number: int) -> Border:
        """Rate the boundary before an element."""
        if number == 0:
            return Border.ELEMENT
        above = elements[number - 1]
        if above.type is ElementType.TITLE:
            return Border.BEHIND_TITLE
        # A colon announces the next element, such as a list or an example.
        is_announced = self._text[above.char_start : above.char_end].endswith((":", "："))
        return Border.PART if is_announced else Border.ELEMENT

    def _chunks(self, packed: Sequence[Unit], elements: Sequence[Element]) -> Iterator[Chunk]:
        """Yield the units as a chunk, or as halves where joining them made more tokens."""
        chunk = self._chunk(packed, elements)
        if chunk is None:
            return
        if chunk.token_count <= self._settings.max_embedded_tokens:
            yield chunk
        else:
            # Tokens may differ at the joints: the model must not truncate the text silently.
            for half in _halves(packed):
                yield from self._chunks(half, elements)

    def _chunk(self, packed: Sequence[Unit], elements: Sequence[Element]) -> Chunk | None:
        raw = self._text[packed[0].start : packed[-1].end]
        text = raw.strip()
        if not text:
            return None
        start = packed[0].start + len(raw) - len(raw.lstrip())
        end = start + len(text)
        inside = elements[packed[0].number : packed[-1].number + 1]
        path = self._headings(inside[0])
        header = self._table_header(inside[0], start, path)
        context = "\n".join(part for part in (path, header) if part)
        embedded = f"{context}\n{text}" if context else None
        pages = [element.page for element in inside if element.page is not None]
        body = [element for element in inside if element.type is not ElementType.TITLE]
        # Row numbers of several tables, or of a table and a text, would be ambiguous.
        rows = rows_of(body[0], (start, end)) if len(body) == 1 else None
        return Chunk(
            char_start=start,
            char_end=end,
            text=text,
            embedded_text=embedded,
            token_count=self._count(embedded or text) + self._tokenizer.special_tokens,
            heading_path=(body or inside[-1:])[0].heading_path,
            element_types=tuple(dict.fromkeys(element.type for element in inside)),
            page_start=min(pages, default=None),
            page_end=max(pages, default=None),
            row_start=rows[0] if rows else None,
            row_end=rows[1] if rows else None,
        )

    def _headings(self, element: Element) -> str:
        """Return title and heading path above an element, without the outermost if too long."""
        title = self._document.metadata.title
        path = list(element.heading_path)
        text = self._text[element.char_start : element.char_end]
        is_title = element.type is ElementType.TITLE and text == title
        if title and title not in path and not is_title:
            path.insert(0, title)
        # Half of the budget for context is left to a table's header.
        while path and self._cached_count(HEADING_BORDER.join(path)) * 2 > (
            self._settings.heading_tokens
        ):
            path.pop(0)
        return HEADING_BORDER.join(path)

    def _table_header(self, element: Element, start: int, path: str) -> str:
        """Return the header rows of a table, for a chunk that begins below them.

        "" where they do not fit beside the headings.
        """
        if element.table is None or not element.table.header_rows:
            return ""
        rows = element.table.rows[: element.table.header_rows]
        if start <= rows[-1][-1][0]:
            return ""
        header = self._text[rows[0][0][0] : rows[-1][-1][1]]
        tokens = self._cached_count(header) + self._cached_count(path)
        return header if tokens <= self._settings.heading_tokens else ""

    def _cached_count(self, text: str) -> int:
        if text not in self._counts:
            self._counts[text] = self._count(text)
        return self._counts[text]

    def _count(self, text: str) -> int:
        return len(self._tokenizer.offsets(text)) if text else 0


def _halves(packed: Sequence[Unit]) -> tuple[Sequence[Unit], Sequence[Unit]]:
    middle = len(packed) // 2
    if middle:
        return packed[:middle], packed[middle:]
    unit = packed[0]
    cut = (unit.start + unit.end) // 2
    first = Unit(unit.start, cut, unit.tokens, unit.number, unit.border, unit.mark)
    return [first], [Unit(cut, unit.end, unit.tokens, unit.number, Border.WORD, unit.mark)]
