"""`Document` to `Chunk`s: spans of the canonical text that fit the embedding model's limit.

A heading begins a new chunk. Within its section, sentences, rows and lines are put together while they fit, and cut at
the best border (`vouch.chunkers.boundaries`). What is embedded has the title and the heading path before it, and a table's
header before its later rows, so that a chunk says by itself what it belongs to; what is cited is the span alone.
"""

from collections.abc import Iterable, Iterator, Sequence

from vouch.chunkers.boundaries import pack
from vouch.chunkers.table_rows import rows_of
from vouch.chunkers.units import Border, TokenIndex, Unit, units
from vouch.schemas.ids import fingerprint
from vouch.schemas.records import Chunk, Document, Element, ElementType, Tokenizer
from vouch.schemas.settings import ChunkingSettings

VERSION = 2
HEADING_BORDER = " > "
_REPEATED = (ElementType.HEADER, ElementType.FOOTER)


def chunk_fingerprint(settings: ChunkingSettings, tokenizer: Tokenizer) -> str:
    """Changes when the same document may be cut in another way."""
    return fingerprint(
        {"chunker": VERSION, "tokenizer": tokenizer.fingerprint, **settings.model_dump()}
    )


def chunk(
    document: Document, settings: ChunkingSettings, tokenizer: Tokenizer
) -> tuple[Chunk, ...]:
    """The chunks of a document, in order. Page headers and footers are left out where there is anything else."""
    chunker = _Chunker(document, settings, tokenizer)
    all_repeated = all(element.type in _REPEATED for element in document.elements)
    left_out = () if all_repeated else _REPEATED
    return tuple(
        made
        for section in _sections(document.elements, left_out)
        for made in chunker.section(section)
    )


def _sections(
    elements: Iterable[Element], left_out: Sequence[ElementType]
) -> Iterator[list[Element]]:
    """Elements below one heading, with the heading, and with those above it that have nothing of their own.

    What is left out ends a section too: a span must not go over it.
    """
    section: list[Element] = []
    for element in elements:
        begins = element.type is ElementType.TITLE and any(
            other.type is not ElementType.TITLE for other in section
        )
        if section and (begins or element.type in left_out):
            yield section
            section = []
        if element.type not in left_out:
            section.append(element)
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
        self._counts: dict[str, int] = {}  # of headings, which many chunks share

    def section(self, elements: Sequence[Element]) -> Iterator[Chunk]:
        for run in self._runs(elements):
            for taken in pack(run, self._budget):
                yield from self._chunks(taken, elements)

    def _runs(self, elements: Sequence[Element]) -> Iterator[list[Unit]]:
        """Units that may share chunks: a table that has to be cut stands by itself, with the titles right above it."""
        run: list[Unit] = []
        titles = True
        for number, element in enumerate(elements):
            index = TokenIndex(self._text, element, self._tokenizer)
            cut_table = element.table is not None and not index.fits(
                element.char_start, element.char_end, self._budget
            )
            if cut_table and not titles:
                yield run
                run, titles = [], True
            run.extend(
                units(
                    number,
                    element,
                    index,
                    self._room(run, titles=titles),
                    self._border(elements, number),
                )
            )
            titles = titles and element.type is ElementType.TITLE
            if cut_table:
                yield run
                run, titles = [], True
        if run:
            yield run

    def _room(self, run: Sequence[Unit], *, titles: bool) -> int:
        """Most tokens of a unit: below titles so many that they fit into the same chunk."""
        room = self._budget - sum(unit.tokens for unit in run) if titles else self._budget
        return room if room * 2 >= self._budget else self._budget

    def _border(self, elements: Sequence[Element], number: int) -> Border:
        if number == 0:
            return Border.ELEMENT
        above = elements[number - 1]
        if above.type is ElementType.TITLE:
            return Border.BEHIND_TITLE
        # What ends with a colon says what comes: a list, an example.
        return (
            Border.PART
            if self._text[above.char_start : above.char_end].endswith((":", "："))
            else Border.ELEMENT
        )

    def _chunks(self, taken: Sequence[Unit], elements: Sequence[Element]) -> Iterator[Chunk]:
        """The units as a chunk; in halves where joining them made more tokens than their sum."""
        made = self._chunk(taken, elements)
        if made is None:
            return
        if made.token_count <= self._settings.max_embedded_tokens:
            yield made
        else:
            for half in _halves(taken):
                yield from self._chunks(half, elements)

    def _chunk(self, taken: Sequence[Unit], elements: Sequence[Element]) -> Chunk | None:
        start, end = self._strip(taken[0].start, taken[-1].end)
        if start >= end:
            return None
        inside = elements[taken[0].number : taken[-1].number + 1]
        text = self._text[start:end]
        context = self._context(inside[0], start)
        embedded = f"{context}\n{text}" if context else None
        pages = [element.page for element in inside if element.page is not None]
        body = [element for element in inside if element.type is not ElementType.TITLE]
        rows = rows_of(body[0], (start, end)) if len(body) == 1 else None
        return Chunk(
            char_start=start,
            char_end=end,
            text=text,
            embedded_text=embedded,
            token_count=self._count(embedded or text) + self._tokenizer.special_tokens,
            heading_path=_path(inside),
            element_types=tuple(dict.fromkeys(element.type for element in inside)),
            page_start=min(pages, default=None),
            page_end=max(pages, default=None),
            row_start=rows[0] if rows else None,
            row_end=rows[1] if rows else None,
        )

    def _strip(self, start: int, end: int) -> tuple[int, int]:
        text = self._text[start:end]
        return start + len(text) - len(text.lstrip()), end - len(text) + len(text.rstrip())

    def _context(self, element: Element, start: int) -> str:
        """What stands above a chunk that begins at `start` in `element`: title and headings, a table's header."""
        path = self._headings(element)
        return "\n".join(part for part in (path, self._table_header(element, start, path)) if part)

    def _headings(self, element: Element) -> str:
        """The document's title and the heading path above an element, outermost dropped where they are too long."""
        title = self._document.metadata.title
        path = list(element.heading_path)
        if title and title not in path and not self._is(element, title):
            path.insert(0, title)
        while (
            path
            and self._count_again(HEADING_BORDER.join(path)) * 2 > self._settings.heading_tokens
        ):
            path.pop(0)
        return HEADING_BORDER.join(path)

    def _is(self, element: Element, title: str) -> bool:
        return (
            element.type is ElementType.TITLE
            and self._text[element.char_start : element.char_end] == title
        )

    def _table_header(self, element: Element, start: int, path: str) -> str:
        """The header rows of a table as text, where the chunk begins below them and they fit beside the headings."""
        if element.table is None or not element.table.header_rows:
            return ""
        rows = element.table.rows[: element.table.header_rows]
        header = self._text[rows[0][0][0] : rows[-1][-1][1]]
        if start <= rows[-1][-1][0]:
            return ""
        return (
            header
            if self._count_again(header) + self._count_again(path) <= self._settings.heading_tokens
            else ""
        )

    def _count_again(self, text: str) -> int:
        if text not in self._counts:
            self._counts[text] = self._count(text)
        return self._counts[text]

    def _count(self, text: str) -> int:
        return len(self._tokenizer.offsets(text)) if text else 0


def _halves(taken: Sequence[Unit]) -> tuple[Sequence[Unit], Sequence[Unit]]:
    middle = len(taken) // 2
    if middle:
        return taken[:middle], taken[middle:]
    unit = taken[0]
    cut = (unit.start + unit.end) // 2
    first = Unit(unit.start, cut, unit.tokens, unit.number, unit.border, unit.mark)
    return [first], [Unit(cut, unit.end, unit.tokens, unit.number, Border.WORD, unit.mark)]


def _path(elements: Sequence[Element]) -> tuple[str, ...]:
    """The heading path of the first element that is not itself a heading."""
    body = next(
        (element for element in elements if element.type is not ElementType.TITLE), elements[-1]
    )
    return body.heading_path
