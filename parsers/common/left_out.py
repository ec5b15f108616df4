"""Count what a parser reads and does not hand on to be searched, by reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import itemgetter

from vouch.schemas.documents.records import LeftOut, LeftOutKind

EXAMPLES = 5
"""How many examples of each kind are kept of a document."""
EXCERPT = 400
"""Characters of an example: more than are shown, so that what is masked in it is there whole."""


@dataclass(slots=True)
class _Count:
    pieces: int = 0
    characters: int = 0
    # The longest pieces in the order in which they came: their lengths and beginnings.
    longest: list[tuple[int, str]] = field(default_factory=list)

    def add(self, pieces: int, characters: int, longest: list[tuple[int, str]]) -> None:
        self.pieces += pieces
        self.characters += characters
        present = {text for _, text in self.longest}
        self.longest += [example for example in longest if example[1] not in present]
        while len(self.longest) > EXAMPLES:
            # Of equally long ones the last.
            self.longest.remove(min(reversed(self.longest), key=itemgetter(0)))


class LeftOutCounts:
    """Adds up pieces, characters and examples by kind. Empty texts do not count."""

    def __init__(self) -> None:
        self._counts: dict[LeftOutKind, _Count] = {}

    def add(self, kind: LeftOutKind, text: str) -> None:
        if text := text.strip():
            self._of(kind).add(1, len(text), [(len(text), text[:EXCERPT])])

    def rows(self) -> tuple[LeftOut, ...]:
        """Return one row for each kind, in the order of their first pieces."""
        return tuple(
            LeftOut(kind, count.pieces, count.characters, tuple(text for _, text in count.longest))
            for kind, count in self._counts.items()
        )

    def __add__(self, other: LeftOutCounts) -> LeftOutCounts:
        total = LeftOutCounts()
        for counts in (self._counts, other._counts):
            for kind, count in counts.items():
                total._of(kind).add(count.pieces, count.characters, count.longest)
        return total

    def _of(self, kind: LeftOutKind) -> _Count:
        return self._counts.setdefault(kind, _Count())
