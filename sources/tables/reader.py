"""What every reader of a table gives: rows, one after the other, and what it could not read."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from vouch.schemas.records import Filtered


@dataclass(frozen=True, slots=True)
class Row:
    """`file` is relative to the source's root, empty for a database; `number` counts from 1; values as they were read."""

    file: str
    number: int
    values: dict[str, Any]


class TableReader(Protocol):
    """Iterate over `rows()`; afterwards the other attributes tell how it went."""

    problems: list[str]
    """What could not be read, in words."""
    filtered: list[Filtered]
    """Files that a rule keeps out."""
    columns: set[str]
    """All columns of all files."""
    since: str | None
    """Rows before this value of the cursor were passed over; None: none were."""

    def check(self) -> None:
        """Raise `SourceRefused` for what can be told to be wrong without reading the table."""

    def rows(self) -> Iterator[Row]:
        """Raises `SourceUnavailable` or `SourceRefused` where the table as a whole cannot be read."""
