"""The canonical text of a document in parts, as a book of a million characters is no page."""

from dataclasses import dataclass

from vouch.service.pages.marking import Piece, pieces
from vouch.service.service import MAX_TEXT

PART = 20_000
"""Characters of a part."""
_NEAR = 2  # parts before and after the one that is shown which have a link of their own


@dataclass(frozen=True, slots=True)
class PartLink:
    """A link to a part, or the gap between two of them."""

    number: int = 0
    here: bool = False
    gap: bool = False


@dataclass(frozen=True, slots=True)
class TextPart:
    """A part of a text that is shown, cut around the span that is cited.

    Attributes:
        first: Its first character.
        after: The character after its last one.
        before: What is before the span.
        cited: The span.
        behind: What is behind it.
        links: Links to the parts of the text.
    """

    first: int
    after: int
    before: list[Piece]
    cited: list[Piece]
    behind: list[Piece]
    links: list[PartLink]


def extent(start: int, end: int, chosen: int | None) -> tuple[int, int]:
    """Return the first character and the length of the part to read: that with the number `chosen`,
    counted from 1, else that where the span begins.

    A span that goes beyond the part makes it longer, up to 100,000 characters.
    """
    if chosen is not None:
        return (max(chosen, 1) - 1) * PART, PART
    first = start // PART * PART
    return first, min(max(PART, end - first), MAX_TEXT)


def text_part(text: str, first: int, whole: int, start: int, end: int) -> TextPart:
    """Return the part `text`, which begins at the character `first` of a document with `whole`
    characters, cut around the span from `start` to `end`.
    """
    after = first + len(text)
    start, end = min(max(start, first), after), min(max(end, first), after)
    here, count = first // PART + 1, max(1, -(-whole // PART))
    near = {1, count, *range(max(1, here - _NEAR), min(count, here + _NEAR) + 1)}
    links: list[PartLink] = []
    for number in sorted(near):
        if links and number - links[-1].number > 1:
            links.append(PartLink(gap=True, number=links[-1].number))
        links.append(PartLink(number, number == here))
    return TextPart(
        first,
        after,
        pieces(text[: start - first]),
        pieces(text[start - first : end - first]),
        pieces(text[end - first :]),
        links,
    )
