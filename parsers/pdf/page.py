"""Read the text of a PDF page from pdfium as runs with a place.

Asking pdfium for the box of every character would take most of the time of a page. The places of
both ends of a run, and of the characters around its spaces, are enough.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median_low
from typing import TypeAlias

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from vouch.parsers.pdf.tables.ruled_walls import Wall, is_between
from vouch.parsers.pdf.text.bidi import RTL, in_logical_order
from vouch.parsers.pdf.text.char_geometry import SLANTED, CharGeometry
from vouch.parsers.pdf.text.raised_numbers import Level, first_level, last_level, with_signs

# pdfium ends a line by CR LF, or by this where it takes the hyphen at its end for a hyphenation.
HYPHEN = "\ufffe"
LEADER = "..."
_LINE = re.compile(f"[^\r\n{HYPHEN}\x02]+[{HYPHEN}\x02]?")
# Latin, Armenian, Hebrew and Arabic presentation forms: joined letters, and letters in the shape
# that their place in a word requires. Search would not find them by the letters of the word.
_LIGATURES = re.compile("[\ufb00-\ufbb1\ufbd3-\ufd3d\ufe70-\ufefc]")
# The dots that lead to a page number in a table of contents. Four dots may still be an ellipsis
# after the end of a sentence.
_LEADER = re.compile(r"(?:\s?\.){5,}\s*")
_UNREADABLE = re.compile("[\x00-\x08\x0b-\x1f\ue000-\uf8ff\ufffd\uffff]")
# Numbers of glyphs above those of one byte, which most fonts take from a table of characters.
_BEYOND_ONE_BYTE = re.compile("[^\x00-\xff]")
_UNDECLARED = "\uffff"  # no character
_SPACES = re.compile(r"\s+")
_SURROGATE = re.compile("[\ud800-\udfff]")
# In font sizes: a wider gap separates two runs of one line, that is two cells or columns. A space
# is about a quarter, and justified lines stretch it, so that a smaller limit would cut sentences.
RUN_GAP = 0.9
# In font sizes: a wider gap may separate two cells of a table with narrow gaps.
PART_GAP = 0.36
# Characters of a run whose size is read. A run may begin with a raised note number or hold words
# of code: the median of several says more of the whole than its first character.
_SAMPLES = 5
# Of the characters; above it the page draws glyphs whose meaning its fonts do not declare, and
# OCR reads it better. Below it are symbol fonts within readable text.
MAX_UNREADABLE = 0.5


_Gap: TypeAlias = tuple[int, int, float, float]
"""The indices behind the text before a gap and of the text behind it, and the x of both."""
Part: TypeAlias = tuple[str, float, float]
"""The text of a piece of a run, its left and its right."""


@dataclass(frozen=True, slots=True)
class Run:
    """Text on one line without a wide gap.

    Places are in points, on the page turned so that the text runs to the right. `y` is the
    baseline, from the bottom. `hyphenated` means that the last word continues on the next line.
    `parts` are its pieces where gaps in it are wider than a space; they may be cells of a table.
    `pale` means that it is drawn in a light or transparent colour. `head` and `tail` are the levels
    of the numbers that it begins and ends with.
    """

    text: str
    x0: float
    x1: float
    y: float
    size: float
    bold: bool
    hyphenated: bool = False
    parts: tuple[Part, ...] = ()
    pale: bool = False
    head: Level | None = None
    tail: Level | None = None


@dataclass(frozen=True, slots=True)
class PageText:
    """The runs of a page in pdfium's order.

    `turn` is the direction of most text, in quarter turns; `aside` are the runs of any other
    direction, such as the labels of an axis, a watermark or an arXiv stamp in the margin.
    `is_readable` means that the fonts declare the meaning of at least half of the characters.
    """

    runs: tuple[Run, ...]
    aside: tuple[Run, ...]
    turn: int
    is_readable: bool

    @property
    def text(self) -> str:
        """All text, a line for each run."""
        return "\n".join(run.text for run in (*self.runs, *self.aside))


def read_page(textpage: pdfium.PdfTextPage, walls: Sequence[Wall] = ()) -> PageText:
    """Return the runs of a page; `walls` are the lines between its ruled cells."""
    geometry = CharGeometry(textpage)
    text = _declared(geometry, _characters(textpage))
    is_readable = len(_UNREADABLE.findall(text)) <= MAX_UNREADABLE * len(text)
    turned = list(_runs(geometry, text.replace(_UNDECLARED, " "), walls))
    lengths: Counter[int] = Counter()
    for turn, run in turned:
        lengths[turn] += len(run.text) * (turn != SLANTED)
    main = lengths.most_common(1)[0][0] if turned else 0
    return PageText(
        tuple(run for turn, run in turned if turn == main),
        tuple(_in_order([(turn, run) for turn, run in turned if turn != main])),
        main,
        is_readable,
    )


def _in_order(turned: Sequence[tuple[int, Run]]) -> list[Run]:
    """Return runs of other directions, each direction by itself from its first line."""
    slanted = [run for turn, run in turned if turn == SLANTED]
    upright = [(turn, -run.y, run.x0, number) for number, (turn, run) in enumerate(turned)]
    return [turned[n][1] for turn, _, _, n in sorted(upright) if turn != SLANTED] + slanted


def _characters(textpage: pdfium.PdfTextPage) -> str:
    """Return one character for each of pdfium's, so that indices into both agree.

    Characters outside the basic plane make pdfium's text longer or shorter than its count.
    """
    count = textpage.count_chars()
    text: str = textpage.get_text_range() if count else ""
    if len(text) == count:
        return text
    codes = (raw.FPDFText_GetUnicode(textpage.raw, index) for index in range(count))
    return "".join(chr(code) if 0 < code < 0x110000 else " " for code in codes)


def _declared(geometry: CharGeometry, text: str) -> str:
    """Return the text with `_UNDECLARED` in place of numbers of glyphs.

    A font that maps one glyph to a whole word maps the others of the word to nothing; pdfium gives
    their numbers.
    """
    return _BEYOND_ONE_BYTE.sub(
        lambda match: _UNDECLARED if geometry.is_undeclared(match.start()) else match[0], text
    )


def _runs(geometry: CharGeometry, text: str, walls: Sequence[Wall]) -> Iterator[tuple[int, Run]]:
    """Yield the runs with their directions."""
    for line in _LINE.finditer(text):
        content = line[0]
        hyphenated = content[-1] in f"{HYPHEN}\x02"
        body = content[:-1] if hyphenated else content
        if not body.strip():
            continue
        start = line.start() + len(body) - len(body.lstrip())
        end = line.start() + len(body.rstrip())
        size, turn = geometry.size_and_turn(start)
        is_slanted = turn == SLANTED  # boxes lie along the page: they do not show gaps
        pieces = (
            [(start, end, [])]
            if is_slanted
            else list(_split(geometry, text, start, end, size, turn, () if turn else walls))
        )
        for number, (first, last, gaps) in enumerate(pieces, start=1):
            is_last = number == len(pieces)
            run = _run(geometry, text, first, last, hyphenated=hyphenated and is_last)
            # A line of pdfium may continue in another direction: upright names above a table.
            own = turn if len(pieces) == 1 else geometry.size_and_turn(first)[1]
            if gaps:
                run = replace(run, parts=_parts(geometry, text, run, first, last, gaps))
            yield own, run


def _split(
    geometry: CharGeometry,
    text: str,
    start: int,
    end: int,
    size: float,
    turn: int,
    walls: Sequence[Wall],
) -> Iterator[tuple[int, int, list[_Gap]]]:
    """Yield the pieces of `[start, end)` between gaps and walls, without spaces at their ends.

    Each has the narrower gaps within it.
    """
    first, wide, narrow = start, RUN_GAP * size, PART_GAP * size
    gaps: list[_Gap] = []
    is_rtl = RTL.search(text, start, end) is not None
    for space in _SPACES.finditer(text, start, end):
        before, after = space.start() - 1, space.end()
        left, right = geometry.box(after), geometry.box(before)
        x1, x0 = _turned(right, turn)[1], _turned(left, turn)[0]
        gap = x0 - x1
        # Back to the left: another text, such as a watermark, is printed across this one.
        is_apart = gap > wide or (gap < -wide and not is_rtl)
        if is_apart or (walls and is_between(walls, x1, x0, geometry.origin(after)[1])):
            yield first, before + 1, gaps
            first, gaps = after, []
        elif gap > narrow:
            gaps.append((before + 1, after, x1, x0))
    yield first, end, gaps


def _parts(
    geometry: CharGeometry, text: str, run: Run, first: int, end: int, gaps: Sequence[_Gap]
) -> tuple[Part, ...]:
    """Return the pieces of a run between gaps; none for text from the right."""
    if RTL.search(text, first, end):
        return ()
    starts = [(first, run.x0), *((after, x0) for _, after, _, x0 in gaps)]
    ends = [*((before, x1) for before, _, x1, _ in gaps), (end, run.x1)]
    return tuple(
        (_readable(with_signs(geometry.level, geometry.baseline, text, start, stop)), x0, x1)
        for (start, x0), (stop, x1) in zip(starts, ends, strict=True)
    )


def _run(geometry: CharGeometry, text: str, first: int, end: int, *, hyphenated: bool) -> Run:
    samples = [
        _visible_index(text, first + (end - first) * part // _SAMPLES, end)
        for part in range(_SAMPLES)
    ]
    middle = samples[_SAMPLES // 2]
    sizes = [geometry.size_and_turn(index)[0] for index in samples[:1] + samples[-1:]]
    size, turn = geometry.size_and_turn(middle)
    # Where three of five agree, the two others cannot move the median: they are not read.
    if sizes != [size, size]:
        sizes += [geometry.size_and_turn(index)[0] for index in (samples[1], samples[-2])]
        size = median_low([size, *sizes])
    ends = [_turned(geometry.box(index), turn) for index in (first, end - 1)]
    x, y = geometry.origin(first)
    piece = text[first:end]
    if RTL.search(piece):
        origins = (geometry.origin(index) for index in range(first, end))
        piece = in_logical_order(piece, [_turned((x, x, y, y), turn)[0] for x, y in origins])
    elif turn == 0:
        piece = with_signs(geometry.level, geometry.baseline, text, first, end)
    return Run(
        text=_readable(piece),
        x0=min(left for left, *_ in ends),
        x1=max(right for _, right, *_ in ends),
        y=_turned((x, x, y, y), turn)[2],
        size=size or 1.0,
        bold=all(geometry.is_bold(index) for index in {first, middle, end - 1}),
        hyphenated=hyphenated,
        pale=geometry.is_pale(middle),
        head=first_level(geometry.level, text, first, end) if turn == 0 else None,
        tail=last_level(geometry.level, text, first, end) if turn == 0 else None,
    )


def _visible_index(text: str, start: int, end: int) -> int:
    """Return the first index from `start` that is no white space; `start` where there is none."""
    for index in range(start, end):
        if not text[index].isspace():
            return index
    return start


def _turned(box: tuple[float, float, float, float], turn: int) -> tuple[float, float, float, float]:
    """Return left, right, bottom and top on the page turned so that text runs to the right."""
    if not turn:
        return box
    left, right, bottom, top = box
    match turn:
        case 1:
            return bottom, top, -right, -left
        case 2:
            return -right, -left, -top, -bottom
        case _:
            return -top, -bottom, left, right


def _readable(text: str) -> str:
    """Expand ligatures, shorten leader dots, and join surrogates.

    pdfium returns the two halves of a character outside the basic plane one by one.
    """
    text = _LIGATURES.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)
    text = _LEADER.sub(f" {LEADER} ", text)
    if _SURROGATE.search(text):
        encoded = text.encode("utf-16-le", errors="surrogatepass")
        text = encoded.decode("utf-16-le", errors="replace")
    return text
