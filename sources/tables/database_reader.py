"""What readers of databases share, whichever driver reads: the query, its columns, its cursor."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

from vouch.schemas.documents.records import Filtered
from vouch.schemas.errors import SourceRefused
from vouch.schemas.settings.table_source import TableSource
from vouch.sources.tables.cursor import is_number
from vouch.sources.tables.database_urls import DatabaseUrl

CursorValue: TypeAlias = str | int | float | Decimal | date | datetime

_PARSERS: tuple[tuple[type, Callable[[str], CursorValue]], ...] = (
    (int, int),
    (float, float),
    (Decimal, Decimal),
    # Before date, because a datetime is a date too.
    (datetime, datetime.fromisoformat),
    (date, date.fromisoformat),
)


class DatabaseReader:
    """Base of the `TableReader`s of databases.

    Only rows at or past `since` are read, where the table has a cursor.
    """

    def __init__(self, settings: TableSource, folder: Path, since: str | None) -> None:
        self.problems: list[str] = []
        self.filtered: list[Filtered] = []
        self.columns: set[str] = set()
        self.since = since if settings.cursor else None
        self._settings = settings
        self._url = DatabaseUrl(settings, folder)

    def _query(self, quote: Callable[[str], str]) -> str:
        """Return the query of the settings, or one for the whole table, as a subquery allows it.

        That is without the final semicolon, and with a line break behind it, so that a comment on
        its last line ends before a closing bracket.
        """
        if self._settings.table is not None:
            return "select * from " + ".".join(map(quote, self._settings.table.split(".")))
        return (self._settings.query or "").strip().rstrip(";") + "\n"

    def _require_columns(self, names: Sequence[str]) -> None:
        """Raise `SourceRefused` where column names repeat, or the key or the cursor is missing."""
        repeated = [name for name in names if names.count(name) > 1]
        if repeated:
            raise SourceRefused(
                f"source {self._settings.name}: its query returns two columns {repeated[0]}; "
                "rename one by `as`"
            )
        required = [*self._settings.key]
        if self._settings.cursor:
            required.append(self._settings.cursor)
        missing = [name for name in required if name not in names]
        if missing:
            raise SourceRefused(
                f"source {self._settings.name}: there is no column {missing[0]}; there are "
                f"{', '.join(names)[:300]}"
            )

    def _cursor_value(self, example: Any, since: str) -> CursorValue | None:  # noqa: ANN401 - whatever a driver returns
        """Convert `since` to the type of the cursor's column, given one of its values.

        Returns None where the column has no values, or its type has changed, so that `since` means
        nothing any more. Raises `SourceRefused` for a column that the database does not order as
        its values grow.
        """
        column = f"source {self._settings.name}: the cursor {self._settings.cursor}"
        if isinstance(example, str):
            if is_number(example):
                raise SourceRefused(
                    f"{column} holds numbers as text ({example[:30]!r}), which are not ordered as "
                    "numbers; cast it to a number in the query"
                )
            return since
        if example is None:
            return None
        for kind, parse in _PARSERS:
            # A bool is an int, but no cursor.
            if isinstance(example, kind) and not isinstance(example, bool):
                try:
                    return parse(since)
                except (ValueError, ArithmeticError):
                    return None
        raise SourceRefused(
            f"{column} holds {str(example)[:30]!r}, which has no order, being neither a number nor "
            "a time; choose another column"
        )
