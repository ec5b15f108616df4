"""How good a place is to end one chunk and begin the next."""

from enum import IntEnum


class Border(IntEnum):
    """Rates the boundary before a unit; larger is better."""

    BEHIND_TITLE = 0
    BEHIND_LEAD = 1
    """What is above belongs to what follows: a question, a caption, a line that opens a block."""
    WORD = 2
    """Within a sentence or a line."""
    INSIDE = 3
    """Between lines of code of one block or statement."""
    PART = 4
    """Between sentences, rows, outer lines of code."""
    STATEMENT = 5
    """Between an outer line of code and what ends above it, without an empty line."""
    PARAGRAPH = 6
    """At an empty line within a block of code."""
    MEMBER = 7
    """At an empty line between two blocks that a block holds: the methods of a class."""
    BLOCK = 8
    """At an empty line between the outermost blocks of code."""
    ELEMENT = 9

    @property
    def is_bound(self) -> bool:
        """Whether what is above the boundary leads to what is below."""
        return self <= Border.BEHIND_LEAD
