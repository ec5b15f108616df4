"""Headings of a PDF: the lines that its bookmarks name, or else those that are set larger, or bold and alone."""

import re
from collections import Counter, defaultdict
from collections.abc import Container, Iterator, Sequence

import pypdfium2 as pdfium

from vouch.parsers.common.clean import one_line
from vouch.parsers.pdf.lines import Line

MAX_HEADING_LINES = 4
MAX_HEADING_CHARACTERS = 200
MAX_BOLD_CHARACTERS = 100
MAX_LEVELS = 4
MAX_BOOKMARKS = 10_000
MIN_MATCHED = 3
LARGER = 1.12
_NOT_WORDS = re.compile(r"[\W_]+")
_SECTION_NUMBER = re.compile(r"^\s*(?:(?:\d+|[A-Z])(?:\.\d+)*[.)]?|[IVXLC]+[.)]?)\s+")
_DOTTED = re.compile(r"\d+(?:\.\d+){1,3}(?=\.?\s)")
_RUNS_ON = re.compile(r"[.,;:]$")


class Headings:
    """Made from a document and the lines of its pages; `by_ocr` are the numbers of those whose sizes say nothing."""

    def __init__(
        self,
        document: pdfium.PdfDocument,
        pages: Sequence[Sequence[Line]],
        by_ocr: Container[int] = (),
    ) -> None:
        self._bookmarks = _bookmarks(document)
        self._spellings: defaultdict[int, list[str]] = defaultdict(list)
        for page, spelling in self._bookmarks:
            self._spellings[page].append(spelling)
        self._by_ocr = by_ocr
        sized = [lines for number, lines in enumerate(pages) if number not in by_ocr]
        sizes = _sizes(sized)
        self._body = sizes.most_common(1)[0][0] if sizes else 0.0
        self._levels = _levels_by_size(sizes, self._body)
        self._by_bookmarks = sum(1 for _ in self._named_lines(pages)) >= MIN_MATCHED
        self._named_sizes = self._sizes_of_bookmarks(sized) if self._by_bookmarks else {}

    def split(
        self, page: int, block: Sequence[Line]
    ) -> Iterator[tuple[int | None, Sequence[Line]]]:
        """A paragraph as headings, with their levels, and what is none; `page` counts from 0."""
        if self._by_bookmarks:
            yield from self._split_by_bookmarks(page, block)
        else:
            yield None if page in self._by_ocr else self._level_by_look(block), block

    def _split_by_bookmarks(
        self, page: int, block: Sequence[Line]
    ) -> Iterator[tuple[int | None, Sequence[Line]]]:
        start = 0
        number = 0
        while number < len(block):
            level, length = self._bookmark_at(page, block[number:])
            if level is not None:
                if number > start:
                    yield self._level_of_unnamed(page, block[start:number]), block[start:number]
                yield level, block[number : number + length]
                start = number + length
            number += length
        if start < len(block):
            yield self._level_of_unnamed(page, block[start:]), block[start:]

    def _bookmark_at(self, page: int, rest: Sequence[Line]) -> tuple[int | None, int]:
        """The level of the bookmark that the next lines spell, and how many they are."""
        if not self._begins(page, rest[0].text):
            return None, 1
        for length in range(min(MAX_HEADING_LINES, len(rest)), 0, -1):
            level = self._bookmarked(page, " ".join(line.text for line in rest[:length]))
            if level is not None:
                return level, length
        return None, 1

    def _begins(self, page: int, text: str) -> bool:
        """May a line begin a bookmark? Most do not, and need no longer look."""
        spellings = self._spellings.get(page)
        if not spellings:
            return False
        start = _spelled(text)
        number = _SECTION_NUMBER.match(f"{text} ")
        starts = (start, _spelled(text[number.end() :])) if number else start
        return any(spelling.startswith(starts) for spelling in spellings)

    def _bookmarked(self, page: int, text: str) -> int | None:
        """The level of the bookmark that a text spells, with its number or, as in many outlines, without."""
        whole = self._bookmarks.get((page, _spelled(text)))
        return (
            self._bookmarks.get((page, _spelled(_SECTION_NUMBER.sub("", text))))
            if whole is None
            else whole
        )

    def _named_lines(self, pages: Sequence[Sequence[Line]]) -> Iterator[tuple[Line, int]]:
        """The lines that a bookmark of their page spells, with its level."""
        for page in self._spellings:
            for line in pages[page] if page < len(pages) else ():
                level = self._bookmarked(page, line.text) if self._begins(page, line.text) else None
                if level is not None:
                    yield line, level

    def _sizes_of_bookmarks(self, pages: Sequence[Sequence[Line]]) -> dict[float, int]:
        """The highest level that bookmarks give to lines of a size, for sizes that are larger than the usual one."""
        sizes: dict[float, int] = {}
        for line, level in self._named_lines(pages):
            if _step(line.size) in self._levels:
                sizes[_step(line.size)] = min(level, sizes.get(_step(line.size), level))
        return sizes

    def _level_of_unnamed(self, page: int, block: Sequence[Line]) -> int | None:
        """A heading that no bookmark names has the level of those that are set as it is; one set larger is above all."""
        size = _step(block[0].size)
        if page in self._by_ocr or not self._named_sizes or size < min(self._named_sizes):
            return None
        if self._level_by_look(block) is None:
            return None
        return min(level for named, level in self._named_sizes.items() if named <= size)

    def _level_by_look(self, block: Sequence[Line]) -> int | None:
        text = " ".join(line.text for line in block)
        if (
            len(block) > MAX_HEADING_LINES
            or len(text) > MAX_HEADING_CHARACTERS
            or not any(map(str.isalpha, text))
        ):
            return None
        if any(len(line.cells) > 1 and not _is_numbered(line) for line in block):
            return None
        level = self._levels.get(_step(block[0].size))
        if level is not None and len(text) > 1:
            return level
        is_alone = block[0].bold and len(block) <= 2 and len(text) <= MAX_BOLD_CHARACTERS
        is_as_large = block[0].size >= self._body * 0.97
        below = len(set(self._levels.values())) + _depth(text)
        return below if is_alone and is_as_large and not _RUNS_ON.search(text) else None


def _bookmarks(document: pdfium.PdfDocument) -> dict[tuple[int, str], int]:
    """Levels of the bookmarks by page, from 0, and spelling."""
    found: dict[tuple[int, str], int] = {}
    try:
        for bookmark in document.get_toc():
            destination = bookmark.get_dest()
            page = None if destination is None else destination.get_index()
            text = _spelled(bookmark.get_title() or "")
            if page is not None and text:
                found.setdefault((page, text), bookmark.level + 1)
            if len(found) >= MAX_BOOKMARKS:
                break
    except pdfium.PdfiumError:
        return found
    return found


def _is_numbered(line: Line) -> bool:
    """A section's number and, behind a gap, its title?"""
    return len(line.cells) == 2 and bool(_SECTION_NUMBER.fullmatch(f"{line.cells[0].text} "))


def _depth(text: str) -> int:
    """1, and more for a number such as 3.1."""
    number = _DOTTED.match(text)
    return 1 + number[0].count(".") if number else 1


def _spelled(text: str) -> str:
    return _NOT_WORDS.sub("", one_line(text)).casefold()


def _step(size: float) -> float:
    """Sizes are compared in half points."""
    return round(size * 2) / 2


def _sizes(pages: Sequence[Sequence[Line]]) -> Counter[float]:
    """How many characters are set in each size."""
    sizes: Counter[float] = Counter()
    for line in (line for page in pages for line in page):
        sizes[_step(line.size)] += len(line.text)
    return sizes


def _levels_by_size(sizes: Counter[float], body: float) -> dict[float, int]:
    """Larger sizes from 1 on; of many, the smaller ones share the last level. A size much written in heads nothing."""
    total = sum(sizes.values())
    larger = sorted(
        (size for size, count in sizes.items() if size > body * LARGER and count < total / 4),
        reverse=True,
    )
    return {size: min(level, MAX_LEVELS) for level, size in enumerate(larger, start=1)}
