"""Find the headings of a PDF: the lines its bookmarks name, else large lines and lone bold ones."""

import re
from collections import Counter, defaultdict
from collections.abc import Container, Iterator, Sequence

import pypdfium2 as pdfium

from vouch.parsers.common.text.clean import one_line
from vouch.parsers.pdf.text.lines import Line

# Longer blocks in large or bold type are quotations, abstracts or warnings, not headings.
MAX_HEADING_LINES = 4
MAX_HEADING_CHARACTERS = 200
# Bold alone is weaker evidence than size: a bold sentence of running text is longer than this.
MAX_BOLD_CHARACTERS = 100
MAX_LEVELS = 4
MAX_BOOKMARKS = 10_000
# Outlines with fewer matching lines name pages ("Cover", "Page 1") rather than headings.
MIN_MATCHED = 3
# Of the body's font size. Below it are words of running text in another font, which is often
# scaled to match, and sizes that OCR or a converter has rounded.
LARGER = 1.12
# Of the body's font size: a bold line may be this much smaller, because bold fonts of another
# family are often scaled; smaller bold lines are captions and labels of figures.
_AS_LARGE = 0.97
# Of a document's characters: a size that so much is written in is text (a slide, a large-print
# section), whatever the body's size is.
_MAX_SHARE = 0.25
_NON_WORD = re.compile(r"[\W_]+")
_SECTION_NUMBER = re.compile(r"^\s*(?:(?:\d+|[A-Z])(?:\.\d+)*[.)]?|[IVXLC]+[.)]?)\s+")
_DOTTED_NUMBER = re.compile(r"\d+(?:\.\d+){1,3}(?=\.?\s)")
_CONTINUES = re.compile(r"[.,;:]$")


class Headings:
    """Finds headings, with what the bookmarks and the type sizes of a whole document show.

    `pages` are the lines of each page; `ocr_pages` are the numbers, from 0, of pages whose lines
    come from OCR, where sizes are too inexact to be compared.
    """

    def __init__(
        self,
        document: pdfium.PdfDocument,
        pages: Sequence[Sequence[Line]],
        ocr_pages: Container[int] = (),
    ) -> None:
        self._bookmarks = _bookmarks(document)
        self._spellings: defaultdict[int, list[str]] = defaultdict(list)
        for page, spelling in self._bookmarks:
            self._spellings[page].append(spelling)
        self._ocr_pages = ocr_pages
        sized = [lines for number, lines in enumerate(pages) if number not in ocr_pages]
        sizes: Counter[float] = Counter()  # characters by font size
        for line in (line for lines in sized for line in lines):
            sizes[_half_points(line.size)] += len(line.text)
        self._body = sizes.most_common(1)[0][0] if sizes else 0.0
        self._levels = _levels_by_size(sizes, self._body)
        self._by_bookmarks = sum(1 for _ in self._bookmarked_lines(pages)) >= MIN_MATCHED
        self._bookmarked_sizes = self._sizes_of_bookmarks(sized) if self._by_bookmarks else {}

    def split(
        self, page: int, block: Sequence[Line]
    ) -> Iterator[tuple[int | None, Sequence[Line]]]:
        """Split a paragraph into headings, with their levels, and text, with None.

        `page` counts from 0, levels from 1.
        """
        if self._by_bookmarks:
            yield from self._split_by_bookmarks(page, block)
        else:
            yield None if page in self._ocr_pages else self._level_by_type(block), block

    def _split_by_bookmarks(
        self, page: int, block: Sequence[Line]
    ) -> Iterator[tuple[int | None, Sequence[Line]]]:
        start = 0
        number = 0
        while number < len(block):
            level, length = self._bookmark_at(page, block[number:])
            if level is not None:
                if number > start:
                    yield (
                        self._level_without_bookmark(page, block[start:number]),
                        block[start:number],
                    )
                yield level, block[number : number + length]
                start = number + length
            number += length
        if start < len(block):
            yield self._level_without_bookmark(page, block[start:]), block[start:]

    def _bookmark_at(self, page: int, rest: Sequence[Line]) -> tuple[int | None, int]:
        """Return the level of the bookmark that the next lines spell, and how many they are."""
        if not self._may_begin(page, rest[0].text):
            return None, 1
        for length in range(min(MAX_HEADING_LINES, len(rest)), 0, -1):
            level = self._bookmark_level(page, " ".join(line.text for line in rest[:length]))
            if level is not None:
                return level, length
        return None, 1

    def _may_begin(self, page: int, text: str) -> bool:
        """Return whether a bookmark of the page begins like a text.

        Most lines do not begin one; this saves the joins and look-ups for each of them.
        """
        spellings = self._spellings.get(page)
        if not spellings:
            return False
        start = _spelling(text)
        number = _SECTION_NUMBER.match(f"{text} ")
        starts = (start, _spelling(text[number.end() :])) if number else start
        return any(spelling.startswith(starts) for spelling in spellings)

    def _bookmark_level(self, page: int, text: str) -> int | None:
        """Return the level of the bookmark that a text spells.

        Many outlines omit the section numbers, so that the text is looked up without its own too.
        """
        level = self._bookmarks.get((page, _spelling(text)))
        if level is None:
            level = self._bookmarks.get((page, _spelling(_SECTION_NUMBER.sub("", text))))
        return level

    def _bookmarked_lines(self, pages: Sequence[Sequence[Line]]) -> Iterator[tuple[Line, int]]:
        """Yield the lines that a bookmark of their page spells, with its level."""
        for page in self._spellings:
            for line in pages[page] if page < len(pages) else ():
                if not self._may_begin(page, line.text):
                    continue
                level = self._bookmark_level(page, line.text)
                if level is not None:
                    yield line, level

    def _sizes_of_bookmarks(self, pages: Sequence[Sequence[Line]]) -> dict[float, int]:
        """Return the highest level of bookmarked lines by size, for sizes above the body's."""
        sizes: dict[float, int] = {}
        for line, level in self._bookmarked_lines(pages):
            size = _half_points(line.size)
            if size in self._levels:
                sizes[size] = min(level, sizes.get(size, level))
        return sizes

    def _level_without_bookmark(self, page: int, block: Sequence[Line]) -> int | None:
        """Return the level of a heading that no bookmark names, by bookmarked ones of its size.

        A larger one has the highest level among the smaller ones. None is returned for text.
        """
        size = _half_points(block[0].size)
        sizes = self._bookmarked_sizes
        if page in self._ocr_pages or not sizes or size < min(sizes):
            return None
        if self._level_by_type(block) is None:
            return None
        return min(level for bookmarked, level in sizes.items() if bookmarked <= size)

    def _level_by_type(self, block: Sequence[Line]) -> int | None:
        """Return the level of a block by its size and weight, None where it is no heading."""
        text = " ".join(line.text for line in block)
        if (
            len(block) > MAX_HEADING_LINES
            or len(text) > MAX_HEADING_CHARACTERS
            or not any(map(str.isalpha, text))
        ):
            return None
        if any(len(line.cells) > 1 and not _is_numbered(line) for line in block):
            return None
        level = self._levels.get(_half_points(block[0].size))
        if level is not None and len(text) > 1:  # a single large letter is a drop cap
            return level
        is_alone = block[0].bold and len(block) <= 2 and len(text) <= MAX_BOLD_CHARACTERS
        is_as_large = block[0].size >= self._body * _AS_LARGE
        if not is_alone or not is_as_large or _CONTINUES.search(text):
            return None
        # Below all levels by size; a number such as 3.1 is one level deeper than 3.
        number = _DOTTED_NUMBER.match(text)
        return len(set(self._levels.values())) + 1 + (number[0].count(".") if number else 0)


def _bookmarks(document: pdfium.PdfDocument) -> dict[tuple[int, str], int]:
    """Return the levels of the bookmarks, from 1, by page, from 0, and spelling."""
    levels: dict[tuple[int, str], int] = {}
    try:
        for bookmark in document.get_toc():
            destination = bookmark.get_dest()
            page = None if destination is None else destination.get_index()
            text = _spelling(bookmark.get_title() or "")
            if page is not None and text:
                levels.setdefault((page, text), bookmark.level + 1)
            if len(levels) >= MAX_BOOKMARKS:
                break
    except pdfium.PdfiumError:  # a damaged outline: what was read of it is right
        return levels
    return levels


def _is_numbered(line: Line) -> bool:
    """Return whether a line is a section number and, after a gap, its title."""
    return len(line.cells) == 2 and bool(_SECTION_NUMBER.fullmatch(f"{line.cells[0].text} "))


def _spelling(text: str) -> str:
    """Return letters and digits only, case folded: bookmarks differ in spaces and punctuation."""
    return _NON_WORD.sub("", one_line(text)).casefold()


def _half_points(size: float) -> float:
    """Round a font size to half points: 11.96 and 12 are one size."""
    return round(size * 2) / 2


def _levels_by_size(sizes: Counter[float], body: float) -> dict[float, int]:
    """Return levels from 1 for the sizes above the body's; the smallest ones share the last."""
    total = sum(sizes.values())
    larger = sorted(
        (
            size
            for size, count in sizes.items()
            if size > body * LARGER and count < total * _MAX_SHARE
        ),
        reverse=True,
    )
    return {size: min(level, MAX_LEVELS) for level, size in enumerate(larger, start=1)}
