"""Cut a `Document` into `Chunk`s: spans of the canonical text that fit the embedding model's limit.

A heading begins a new chunk. Within its section, sentences, rows and lines are put together while
they fit, and cut at the best boundary (`vouch.chunkers.boundaries`). The embedded text begins with
the title and the heading path, and for later rows of a table with its header, so that a chunk says
what it belongs to. The cited text is the span alone.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from vouch.chunkers.border import Border
from vouch.chunkers.boundaries import pack
from vouch.chunkers.coverage import coverage
from vouch.chunkers.leads import leads
from vouch.chunkers.token_index import TokenIndex, size
from vouch.chunkers.units import Unit, units
from vouch.schemas.documents.ids import fingerprint
from vouch.schemas.documents.records import (
    Chunk,
    Document,
    Element,
    ElementType,
    Span,
    Tokenizer,
    types_left_out,
)
from vouch.schemas.settings.chunking import ChunkingSettings

# Raise it when the same document would be cut in another way: every document is then chunked and
# embedded again.
VERSION = 3
HEADING_BORDER = " > "


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
    sections = _sections(document.elements, left_out=types_left_out(document.elements))
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

        A table that has to be cut is a run by itself, with the titles and the caption right above
        it or the caption below, so that its chunks begin with rows and can repeat its header.
        """
        run: list[Unit] = []
        leading = 0  # units at the run's end that lead to what is behind them
        has_cut_table = False
        for number, element in enumerate(elements):
            border = self._border(elements, number)
            if not border.is_bound:
                leading = 0
            if has_cut_table and not border.is_bound:
                yield run
                run, has_cut_table = [], False
            index = TokenIndex(self._text, element, self._tokenizer)
            is_cut_table = element.table is not None and not index.fits(
                element.char_start, element.char_end, self._budget
            )
            if is_cut_table and leading < len(run):
                yield run[: len(run) - leading]
                run = run[len(run) - leading :]
            budget = self._unit_budget(run[len(run) - leading :])
            new = list(units(number, element, index, budget, border))
            run.extend(new)
            has_cut_table = has_cut_table or is_cut_table
            # Of several sentences the last one leads.
            leading = leading + 1 if len(new) == 1 else 1
        if run:
            yield run

    def _unit_budget(self, leading: Sequence[Unit]) -> int:
        """Return the most tokens of a unit: so few that it fits into the chunk of what leads to it,
        unless that is long.
        """
        left = self._budget - sum(unit.tokens for unit in leading)
        return left if left * 2 >= self._budget else self._budget

    def _border(self, elements: Sequence[Element], number: int) -> Border:
        """Rate the boundary before an element."""
        if number == 0:
            return Border.ELEMENT
        above, element = elements[number - 1], elements[number]
        if above.type is ElementType.TITLE:
            return Border.BEHIND_TITLE
        is_caption_of_table = (
            number > 1
            and bool(elements[number - 2].table)
            and self._leads(elements[number - 2], above)
        )
        is_led = not is_caption_of_table and self._leads(above, element)
        return Border.BEHIND_LEAD if is_led else Border.ELEMENT

    def _leads(self, above: Element, below: Element) -> bool:
        """Return whether an element belongs with the one behind it."""
        texts = [self._text[element.char_start : element.char_end] for element in (above, below)]
        return leads(texts[0], above.type, texts[1], below.type)

    def _chunks(self, packed: Sequence[Unit], elements: Sequence[Element]) -> Iterator[Chunk]:
        """Yield the units as a chunk, or as halves where joining them made more tokens."""
        chunk = self._chunk(packed, elements)
        if chunk is None:
            return
        if chunk.token_count <= self._settings.max_embedded_tokens:
            yield chunk
        else:
            # Tokens may differ at the joints: the model must not truncate the text silently.
            for half in _halves(packed, self._text):
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
        rows = self._rows(body, (start, end))
        covered = coverage(embedded or text, self._tokenizer.tokens(embedded or text))
        return Chunk(
            char_start=start,
            char_end=end,
            text=text,
            embedded_text=embedded,
            token_count=covered.tokens + self._tokenizer.special_tokens,
            heading_path=(body or inside[-1:])[0].heading_path,
            element_types=tuple(dict.fromkeys(element.type for element in inside)),
            page_start=min(pages, default=None),
            page_end=max(pages, default=None),
            row_start=rows[0] if rows else None,
            row_end=rows[1] if rows else None,
            coverage=covered,
        )

    def _rows(self, body: Sequence[Element], span: Span) -> tuple[int, int] | None:
        """Return the rows of a chunk that is part of one table, with its caption at most.

        Row numbers of several tables, or of a table and a text, would be ambiguous.
        """
        tables = [element for element in body if element.table]
        if len(tables) != 1 or not all(self._leads(*pair) for pair in pairwise(body)):
            return None
        return rows_of(tables[0], span)

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
        return size(self._tokenizer.tokens(text)) if text else 0


def _halves(packed: Sequence[Unit], text: str) -> Iterator[Sequence[Unit]]:
    middle = len(packed) // 2
    if middle:
        return iter((packed[:middle], packed[middle:]))
    return ([half] for half in packed[0].halves(text))
