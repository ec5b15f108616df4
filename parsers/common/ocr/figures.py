"""Read the text in the figures of a document: diagrams, screenshots, charts that are pictures.

Photographs have none: what tesseract is not confident of is counted as left out.
"""

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress

from vouch.parsers.base import Hint
from vouch.parsers.common.figure_read import FigureRead
from vouch.parsers.common.ocr.images import MAX_DECODED_PIXELS, POINTS_PER_INCH, Image300
from vouch.parsers.common.ocr.reader import Reader, Word, find_reader, legible_lines
from vouch.schemas.documents.records import LeftOutKind
from vouch.schemas.errors import DocumentRejected

# Of what is shown. Smaller pictures are logos, icons, signatures and seals.
_MIN_SIDE_INCHES = 0.5
_MIN_SQUARE_INCHES = 2.0
_MIN_SIDE_PIXELS = 50
_MAX_ASPECT = 12.0  # longer ones are rules and ornaments
# A picture that is on as many pages or slides is a logo or a background.
MAX_PLACES = 2
# In percent, by hand on the figures of public documents (decision 59).
_MIN_WORD = 50.0
_MIN_LINE = 70.0
_GOOD_WORD = 75.0
_MIN_GOOD_WORDS = 2
_MIN_GOOD_SHARE = 0.4
# Of the words of a figure: above it they repeat the text that is at its place anyway.
_REPEATED = 0.6
_CPU_S = 15  # of processor time for a figure; a dense one takes three
_DAMAGED = (OSError, ValueError, SyntaxError)  # what Pillow and pdfium raise for such a picture
_WORD = re.compile(r"\w{2,}")
_RULES = re.compile(r"[|\[\]{}()_=~—–\-.,'\"“”‘’:;!\\/<>«»]+")


def carries_meaning(width: float, height: float, pixels: tuple[int, int]) -> bool:
    """Return whether a picture that is shown in so many points is large enough to say something.

    Not one of more `pixels` than are decoded.
    """
    shorter, longer = sorted((width / POINTS_PER_INCH, height / POINTS_PER_INCH))
    return (
        shorter >= _MIN_SIDE_INCHES
        and shorter * longer >= _MIN_SQUARE_INCHES
        and longer <= _MAX_ASPECT * shorter
        and min(pixels) >= _MIN_SIDE_PIXELS
        and pixels[0] * pixels[1] <= MAX_DECODED_PIXELS
    )


class FigureReader:
    """Reads the figures of one document, as many as the settings allow, and counts them."""

    def __init__(self, hint: Hint, leave_out: Callable[[LeftOutKind, str], None]) -> None:
        """`leave_out` counts the texts that are not searched."""
        self._settings, self._keeps_pictures = hint.settings, hint.keeps_pictures
        self._leave_out = leave_out
        self._counts: Counter[str] = Counter()
        self._reader: Reader | str | None = None
        self._texts: dict[str, str] = {}
        self._seconds = 0.0  # of processor time for OCR so far

    def read(
        self,
        key: str,
        draw: Callable[[], Image300],
        show: Callable[[], bytes],
        beside: str = "",
    ) -> FigureRead:
        """Return what a figure says.

        `key` says which picture it is: each is read once, and only at its first place it has a
        text. `beside` is what the document says at its place anyway. `draw` returns what is read,
        `show` a JPEG for whoever describes it; they raise `OSError` or `ValueError` for a damaged
        picture.
        """
        if key in self._texts:
            self._leave_out(LeftOutKind.REPEATED, self._texts[key])
            self._counts["shown before"] += 1
            return FigureRead()
        self._texts[key] = ""
        shown = b""
        if self._keeps_pictures and self._is_wanted:
            with suppress(*_DAMAGED):
                shown = show()
        self._texts[key] = self._text(draw, beside)
        return FigureRead(self._texts[key], shown, key)

    def _text(self, draw: Callable[[], Image300], beside: str) -> str:
        if problem := self._problem():
            self._counts[f"not read: {problem}"] += 1
            return ""
        assert isinstance(self._reader, Reader)
        before = _seconds_of_programs()
        try:
            words = self._reader.words(*draw(), cpu_s=_CPU_S)
        except (DocumentRejected, *_DAMAGED):
            self._counts["unreadable"] += 1
            return ""
        finally:
            self._seconds += _seconds_of_programs() - before
        text = figure_text(words)
        if not text:
            self._leave_out(LeftOutKind.FIGURE, " ".join(word.text for word in words))
        elif repeats(text, beside):
            self._leave_out(LeftOutKind.REPEATED, text)
            text = ""
        self._counts["with text" if text else "without text"] += 1
        return text

    @property
    def has_figures(self) -> bool:
        """Whether the document's text depends on what is read in figures."""
        return bool(self._counts)

    @property
    def metadata_entries(self) -> tuple[tuple[str, str], ...]:
        """How many figures there are, and what became of them."""
        if not self._counts:
            return ()
        parts = [f"{count} {outcome}" for outcome, count in sorted(self._counts.items())]
        reader = f" ({self._reader.name})" if isinstance(self._reader, Reader) else ""
        return (("figures", f"{', '.join(parts)}{reader}"),)

    @property
    def _is_wanted(self) -> bool:
        """Whether the settings allow one more figure."""
        most = self._settings.max_figures
        return self._settings.figures == "auto" and len(self._texts) <= most

    def _problem(self) -> str:
        """Return why the next figure is not read, "" where it is."""
        if self._settings.figures == "off":
            return "parsing.figures is off"
        if not self._is_wanted:
            return f"more than the {self._settings.max_figures} of parsing.max_figures"
        # The document is not to be lost by its figures, which would be stopped with it later.
        if self._seconds > self._settings.timeout_s:
            return f"the others took {self._settings.timeout_s:g} s (parsing.timeout_s)"
        if self._reader is None:
            try:
                self._reader = find_reader(self._settings)
            except DocumentRejected as rejected:  # a language is missing: the document has others
                self._reader = rejected.message
        return self._reader if isinstance(self._reader, str) else ""


def _seconds_of_programs() -> float:
    """Return the processor time of the programs that this process has called."""
    times = os.times()
    return times.children_user + times.children_system


def figure_text(words: Iterable[Word]) -> str:
    """Return the lines that tesseract is confident of, "" for a picture that is no figure of text.

    Frames and rules that it takes for signs at the ends of lines are left out.
    """
    lines = list(legible_lines(words, _MIN_WORD, _MIN_LINE))
    kept = [word for line in lines for word in line]
    good = sum(
        word.confidence >= _GOOD_WORD and _WORD.search(word.text) is not None for word in kept
    )
    if good < _MIN_GOOD_WORDS or good < _MIN_GOOD_SHARE * len(kept):
        return ""
    shown = [
        " ".join(word.text for word in line if not _RULES.fullmatch(word.text)) for line in lines
    ]
    return "\n".join(line for line in shown if _WORD.search(line))


def repeats(text: str, beside: str) -> bool:
    """Return whether most words of a figure are also in the text that is at its place."""
    words = {word.casefold() for word in _WORD.findall(text)}
    present = {word.casefold() for word in _WORD.findall(beside)}
    return bool(words) and len(words & present) >= _REPEATED * len(words)
