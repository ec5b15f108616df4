"""The text of a PDF page as runs with a place, taken from pdfium a run at a time.

Asking pdfium for the box of every character would cost most of the time of a page; the places of a run's two ends, and
of the characters around its spaces, are enough.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median_low

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from vouch.parsers.pdf.bidi import RTL, in_logical_order
from vouch.parsers.pdf.char_geometry import Probe

# pdfium ends a line by CR LF, or by this where it takes the hyphen at its end for a hyphenation.
HYPHEN = "\ufffe"
LEADER = "..."
_LINE = re.compile(f"[^\r\n{HYPHEN}\x02]+[{HYPHEN}\x02]?")
# Latin, Armenian, Hebrew and Arabic letters as they are drawn: joined, or with the shape that their place in a word asks.
_LIGATURES = re.compile("[\ufb00-\ufbb1\ufbd3-\ufd3d\ufe70-\ufefc]")
# The dots that lead to a page number in a table of contents.
_LEADER = re.compile(r"(?:\s?\.){5,}\s*")
_UNREADABLE = re.compile("[\x00-\x08\x0b-\x1f\ue000-\uf8ff\ufffd]")
_SPACES = re.compile(r"\s+")
_SURROGATE = re.compile("[\ud800-\udfff]")
# A wider gap than this many font sizes parts two runs of one line.
RUN_GAP = 0.9
_SAMPLES = 5


# Of the characters; above it the page shows glyphs whose meaning the file does not say.
MAX_UNREADABLE = 0.5


@dataclass(frozen=True, slots=True)
class Run:
    """Text on one line without a wide gap. Places are in points, turned so that the text runs to the right.

    `y` is the baseline, from the bottom. `hyphenated` says that the last word goes on in the next line.
    """

    text: str
    x0: float
    x1: float
    y: float
    size: float
    bold: bool
    hyphenated: bool = False


@dataclass(frozen=True, slots=True)
class PageText:
    """The runs of a page in pdfium's order; `aside` are those that run in another direction than most.

    `turn` is the direction of most, in quarter turns.
    """

    runs: tuple[Run, ...]
    aside: tuple[Run, ...]
    turn: int = 0

    @property
    def is_readable(self) -> bool:
        """False where the fonts do not say what most of their characters mean."""
        text = "".join(run.text for run in (*self.runs, *self.aside))
        return len(_UNREADABLE.findall(text)) <= MAX_UNREADABLE * len(text)


def read_page(textpage: pdfium.PdfTextPage) -> PageText:
    """The runs of a page."""
    probe = Probe(textpage)
    turned = list(_runs(probe, _characters(textpage)))
    if not turned:
        return PageText((), ())
    lengths: Counter[int] = Counter()
    for turn, run in turned:
        lengths[turn] += len(run.text)
    main = lengths.most_common(1)[0][0]
    runs = tuple(run for turn, run in turned if turn == main)
    return PageText(runs, tuple(run for turn, run in turned if turn != main), main)


def _characters(textpage: pdfium.PdfTextPage) -> str:
    """One character for each of pdfium's, so that positions in the two agree."""
    count = textpage.count_chars()
    text: str = textpage.get_text_range() if count else ""
    if len(text) == count:
        return text
    codes = (raw.FPDFText_GetUnicode(textpage.raw, index) for index in range(count))
    return "".join(chr(code) if 0 < code < 0x110000 else " " for code in codes)


def _runs(probe: Probe, text: str) -> Iterator[tuple[int, Run]]:
    for line in _LINE.finditer(text):
        content = line[0]
        hyphenated = content[-1] in f"{HYPHEN}\x02"
        body = content[:-1] if hyphenated else content
        if not body.strip():
            continue
        start = line.start() + len(body) - len(body.lstrip())
        end = line.start() + len(body.rstrip())
        size, turn = probe.size_and_turn(start)
        pieces = list(_split(probe, text, start, end, size, turn))
        for number, (first, last) in enumerate(pieces, start=1):
            yield turn, _run(probe, text, first, last, hyphenated and number == len(pieces))


def _split(
    probe: Probe, text: str, start: int, end: int, size: float, turn: int
) -> Iterator[tuple[int, int]]:
    """`[start, end)` cut at wide gaps, each piece without spaces at its ends."""
    first, wide = start, RUN_GAP * size
    for space in _SPACES.finditer(text, start, end):
        before, after = space.start() - 1, space.end()
        left, right = probe.box(after), probe.box(before)
        gap = _turned(left, turn)[0] - _turned(right, turn)[1] if turn else left[0] - right[1]
        if gap > wide:
            yield first, before + 1
            first = after
    yield first, end


def _run(probe: Probe, text: str, first: int, end: int, hyphenated: bool) -> Run:
    # Notes begin with a raised figure, paragraphs with a bold word, and some words are code: samples say more of the whole.
    samples = [
        _letter(text, first + (end - first) * part // _SAMPLES, end) for part in range(_SAMPLES)
    ]
    middle = samples[_SAMPLES // 2]
    sizes = [probe.size_and_turn(index)[0] for index in samples[:1] + samples[-1:]]
    size, turn = probe.size_and_turn(middle)
    if sizes != [size, size]:  # else three of five agree, and the others cannot move the middle one
        size = median_low(
            [size, *sizes, *(probe.size_and_turn(index)[0] for index in (samples[1], samples[-2]))]
        )
    ends = [_turned(probe.box(index), turn) for index in (first, end - 1)]
    x, y = probe.origin(first)
    return Run(
        text=_readable(_in_order(probe, text, first, end, turn)),
        x0=min(left for left, *_ in ends),
        x1=max(right for _, right, *_ in ends),
        y=_turned((x, x, y, y), turn)[2],
        size=size or 1.0,
        bold=all(probe.is_bold(index) for index in {first, middle, end - 1}),
        hyphenated=hyphenated,
    )


def _in_order(probe: Probe, text: str, first: int, end: int, turn: int) -> str:
    piece = text[first:end]
    if not RTL.search(piece):
        return piece
    origins = (probe.origin(index) for index in range(first, end))
    return in_logical_order(piece, [_turned((x, x, y, y), turn)[0] for x, y in origins])


def _letter(text: str, index: int, end: int) -> int:
    """The first index from one on that is no white space."""
    for one in range(index, end):
        if not text[one].isspace():
            return one
    return index


def _turned(box: tuple[float, float, float, float], turn: int) -> tuple[float, float, float, float]:
    """Left, right, bottom, top, seen with the page turned so that the text runs to the right."""
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
    """Ligatures apart, leader dots short; pairs of surrogates, as pdfium gives them one by one, together."""
    text = _LIGATURES.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)
    text = _LEADER.sub(f" {LEADER} ", text)
    if _SURROGATE.search(text):
        text = text.encode("utf-16-le", errors="surrogatepass").decode(
            "utf-16-le", errors="replace"
        )
    return text
