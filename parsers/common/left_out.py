"""Count what a parser reads and does not hand on to be searched, by reason."""

from __future__ import annotations

from vouch.schemas.records import LeftOut, LeftOutKind

EXAMPLES = 5
"""How many examples of each kind are kept of a document."""
EXCERPT = 160
"""Characters of an example."""


class LeftOutCounts:
    """Adds up pieces, characters and examples by kind. Empty texts do not count."""

    def __init__(self) -> None:
        self._rows: dict[LeftOutKind, LeftOut] = {}

    def add(self, kind: LeftOutKind, text: str) -> None:
        if text := text.strip():
            self._join(LeftOut(kind, 1, len(text), (text[:EXCERPT],)))

    def rows(self) -> tuple[LeftOut, ...]:
        """Return one row for each kind, in the order of their first pieces."""
        return tuple(self._rows.values())

    def __add__(self, other: LeftOutCounts) -> LeftOutCounts:
        total = LeftOutCounts()
        for row in (*self.rows(), *other.rows()):
            total._join(row)
        return total

    def _join(self, row: LeftOut) -> None:
        before = self._rows.get(row.kind)
        self._rows[row.kind] = (
            row
            if before is None
            else LeftOut(
                row.kind,
                before.pieces + row.pieces,
                before.characters + row.characters,
                tuple(dict.fromkeys(before.examples + row.examples))[:EXAMPLES],
            )
        )
