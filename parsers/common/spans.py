"""Elements as spans of the file's own text, for formats whose canonical text is the file."""

import re
from collections.abc import Iterator

from vouch.schemas.documents.records import Element, ElementType, Span

_BLANK_LINE = re.compile(r"\n[^\S\n]*\n\s*")


def blocks(text: str) -> Iterator[Span]:
    """Yield the runs of lines between empty lines, without white space around them."""
    start = 0
    for border in _BLANK_LINE.finditer(text):
        yield from _stripped(text, start, border.start())
        start = border.end()
    yield from _stripped(text, start, len(text))


def lines(text: str, start: int, end: int) -> Iterator[Span]:
    """Yield the lines of a span, without white space around them; empty ones are left out."""
    for line in text[start:end].split("\n"):
        yield from _stripped(text, start, start + len(line))
        start += len(line) + 1


def _stripped(text: str, start: int, end: int) -> Iterator[Span]:
    piece = text[start:end]
    if piece.strip():
        yield start + len(piece) - len(piece.lstrip()), end - len(piece) + len(piece.rstrip())


class Outline:
    """Elements in order, with the headings above each."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._headings: list[tuple[int, str]] = []
        self.elements: list[Element] = []

    def add(self, kind: ElementType, start: int, end: int, level: int | None = None) -> None:
        """Add an element; a title, which has a `level`, closes sections of its and lower ranks."""
        if level is not None:
            self._headings = [(rank, title) for rank, title in self._headings if rank < level]
        path = tuple(title for _, title in self._headings)
        self.elements.append(Element(kind, start, end, path, level=level))
        if level is not None:
            self._headings.append((level, " ".join(self._text[start:end].split())))
