"""The table reader protocol: yield rows, and report what could not be read."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from vouch.schemas.documents.records import Filtered


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it was read, by column.

    `file` is relative to the source's root and empty for a database; `number` counts from 1.
    """

    file: str
    number: int
    values: dict[str, Any]


class TableReader(Protocol):
    """Iterate over `rows()`; afterwards the attributes describe how it went.

    `problems` are messages about what could not be read, `filtered` the files that a rule
    excludes, `columns` the columns of all files. `since` is the value of the cursor before which
    rows were skipped, None where none were.
    """

    problems: list[str]
    filtered: list[Filtered]
    columns: set[str]
    since: str | None

    def check(self) -> None:
        """Raise `SourceRefused` for what is wrong, as far as that shows without reading rows."""

    def rows(self) -> Iterator[Row]:
        """Yield all rows.

        Raises `SourceUnavailable` or `SourceRefused` where the table as a whole cannot be read.
        """
