"""`Document` to `Chunk`s: spans of the canonical text that fit the embedding model's limit.

A heading begins a new chunk. Within its section, elements are put together while they fit; what does not fit is cut at
rows, lines, sentences, then words. What is embedded has the heading path before it, and a table's header before its
later rows, so that a chunk says by itself what it belongs to; what is cited is the span alone.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from parsers.chunk_units import MAX_CHARS_PER_TOKEN, TokenIndex, Unit, units
from schemas.ids import fingerprint
from schemas.records import Chunk, Document, Element, ElementType, Tokenizer
from schemas.settings import ChunkingSettings

VERSION = 1
HEADING_BORDER = " > "
_REPEATED = (ElementType.HEADER, ElementType.FOOTER)


def chunk_fingerprint(settings: ChunkingSettings, tokenizer: Tokenizer) -> str:
    """Changes when the same document may be cut in another way."""
    return fingerprint({"chunker": VERSION, "tokenizer": tokenizer.fingerprint, **settings.model_dump()})


def chunk(document: Document, settings: ChunkingSettings, tokenizer: Tokenizer) -> tuple[Chunk, ...]:
    """The chunks of a document, in order. Page headers and footers are left out where there is anything else."""
    chunker = _Chunker(document, settings, tokenizer)
    elements = [element for element in document.elements if element.type not in _REPEATED] or document.elements
    return tuple(made for section in _sections(elements) for made in chunker.section(section))


def _sections(elements: Iterable[Element]) -> Iterator[list[Element]]:
    """Elements below one heading, with the heading, and with those above it that have nothing of their own."""
    section: list[Element] = []
    for element in elements:
        if element.type is ElementType.TITLE and any(other.type is not ElementType.TITLE for other in section):
            yield section
            section = []
        section.append(element)
    if section:
        yield section


@dataclass(slots=True)
class _Draft:
    """Units that will be one chunk, and the table header to repeat before them."""

    header: str = ""
    units: list[Unit] = field(default_factory=list)

    @property
    def tokens(self) -> int:
        return sum(unit.tokens for unit in self.units)

    @property
    def chars(self) -> int:
        return self.units[-1].end - self.units[0].start if self.units else 0


class _Chunker:
    def __init__(self, document: Document, settings: ChunkingSettings, tokenizer: Tokenizer) -> None:
        self._document = document
        self._text = document.text
        self._settings = settings
        self._tokenizer = tokenizer

    def section(self, elements: Sequence[Element]) -> Iterator[Chunk]:
        for draft in self._drafts(elements):
            yield from self._chunks(draft, elements)

    def _drafts(self, elements: Sequence[Element]) -> Iterator[_Draft]:
        """Units put together greedily while they fit; an element that has to be cut stands by itself."""
        budget = self._budget(elements[-1])
        overlap = self._settings.overlap_tokens
        draft = _Draft()
        for number, element in enumerate(elements):
            index = TokenIndex(self._text, element, self._tokenizer)
            header = self._table_header(element, budget)
            pieces = units(self._text, number, element, index, budget - overlap, budget - self._count(header))
            for position, unit in enumerate(pieces):
                cut = not unit.whole and position == 0 and not self._only_titles(draft, elements)
                if draft.units and (cut or not self._fits(draft, unit, budget - self._count(draft.header))):
                    yield draft
                    draft = self._following(draft, unit, index, header if position else "")
                draft.units.append(unit)
            if header and draft.units and not draft.units[-1].whole:
                yield draft
                draft = _Draft()
        if draft.units:
            yield draft

    def _only_titles(self, draft: _Draft, elements: Sequence[Element]) -> bool:
        """A heading stays with the beginning of what it heads, also where that has to be cut."""
        return all(elements[unit.number].type is ElementType.TITLE for unit in draft.units)

    def _fits(self, draft: _Draft, unit: Unit, budget: int) -> bool:
        chars = unit.end - draft.units[0].start
        return draft.tokens + unit.tokens <= budget and chars <= budget * MAX_CHARS_PER_TOKEN

    def _following(self, draft: _Draft, unit: Unit, index: TokenIndex, header: str) -> _Draft:
        """The next draft; it begins with the end of the one before where overlap is wanted and in the same element."""
        last = draft.units[-1]
        following = _Draft(header)
        if self._settings.overlap_tokens and last.number == unit.number and not header:
            start = index.tail(last.start, last.end, self._settings.overlap_tokens)
            if start < last.end:
                following.units.append(Unit(start, last.end, index.count(start, last.end), last.number, whole=False))
        return following

    def _chunks(self, draft: _Draft, elements: Sequence[Element]) -> Iterator[Chunk]:
        """The draft as a chunk; in halves where joining its units made more tokens than their sum."""
        made = self._chunk(draft, elements)
        if made is None:
            return
        if made.token_count <= self._settings.max_tokens:
            yield made
        else:
            for half in self._halves(draft):
                yield from self._chunks(half, elements)

    def _halves(self, draft: _Draft) -> tuple[_Draft, _Draft]:
        middle = len(draft.units) // 2
        if middle:
            return _Draft(draft.header, draft.units[:middle]), _Draft(draft.header, draft.units[middle:])
        unit = draft.units[0]
        cut = (unit.start + unit.end) // 2
        first = Unit(unit.start, cut, unit.tokens, unit.number, whole=False)
        second = Unit(cut, unit.end, unit.tokens, unit.number, whole=False)
        return _Draft(draft.header, [first]), _Draft(draft.header, [second])

    def _chunk(self, draft: _Draft, elements: Sequence[Element]) -> Chunk | None:
        start, end = self._strip(draft.units[0].start, draft.units[-1].end)
        if start >= end:
            return None
        inside = elements[draft.units[0].number : draft.units[-1].number + 1]
        text = self._text[start:end]
        context = "\n".join(part for part in (self._context(inside[0]), draft.header) if part)
        embedded = f"{context}\n{text}" if context else None
        pages = [element.page for element in inside if element.page is not None]
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
        )

    def _strip(self, start: int, end: int) -> tuple[int, int]:
        text = self._text[start:end]
        return start + len(text) - len(text.lstrip()), end - len(text) + len(text.rstrip())

    def _budget(self, element: Element) -> int:
        """Tokens left for text below the section's headings."""
        return self._settings.max_tokens - self._tokenizer.special_tokens - self._count(self._context(element))

    def _context(self, element: Element) -> str:
        """The document's title and the heading path above an element, outermost dropped where they are too long."""
        title = self._document.metadata.title
        path = list(element.heading_path)
        if title and title not in path and not self._is(element, title):
            path.insert(0, title)
        most = min(self._settings.heading_tokens, self._settings.max_tokens // 2)
        while path and self._count(HEADING_BORDER.join(path)) > most:
            path.pop(0)
        return HEADING_BORDER.join(path)

    def _is(self, element: Element, title: str) -> bool:
        return element.type is ElementType.TITLE and self._text[element.char_start : element.char_end] == title

    def _table_header(self, element: Element, budget: int) -> str:
        """The header rows of a table as text, or nothing where they would take half of the room."""
        if element.table is None or not element.table.header_rows:
            return ""
        rows = element.table.rows[: element.table.header_rows]
        header = self._text[rows[0][0][0] : rows[-1][-1][1]]
        return header if self._count(header) * 2 <= budget else ""

    def _count(self, text: str) -> int:
        return len(self._tokenizer.offsets(text)) if text else 0


def _path(elements: Sequence[Element]) -> tuple[str, ...]:
    """The heading path of the first element that is not itself a heading."""
    body = next((element for element in elements if element.type is not ElementType.TITLE), elements[-1])
    return body.heading_path
