"""What is asked of a database, whichever driver asks it."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeAlias

from vouch.schemas.errors import SourceRefused
from vouch.schemas.table_source import TableSource
from vouch.sources.tables.cursor import is_number

Bound: TypeAlias = str | int | float | Decimal | date | datetime


def asked_for(settings: TableSource, quote: Callable[[str], str]) -> str:
    """The query, without its last semicolon, and with a last line of its own so that a comment ends before a bracket."""
    if settings.table is not None:
        return "select * from " + ".".join(quote(part) for part in settings.table.split("."))
    return (settings.query or "").strip().rstrip(";") + "\n"


def require_columns(settings: TableSource, names: Sequence[str]) -> None:
    """Raise `SourceRefused` for an answer whose columns cannot be told apart, or that lacks the key or the cursor."""
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise SourceRefused(
            f"source {settings.name}: its query gives two columns {twice[0]}; name each one by `as`"
        )
    needed = [*settings.key, *([settings.cursor] if settings.cursor else [])]
    missing = [name for name in needed if name not in names]
    if missing:
        raise SourceRefused(
            f"source {settings.name}: there is no column {missing[0]}; there are {', '.join(names)[:300]}"
        )


def bindable(settings: TableSource, first: Any, since: str) -> Bound | None:  # noqa: ANN401 - whatever a driver gives
    """`since` as the type that the cursor's values have; None where it is none of that type any more, or there are none.

    Raises `SourceRefused` for a column that a database does not order as its values grow.
    """
    if isinstance(first, str):
        if is_number(first):
            raise SourceRefused(
                f"source {settings.name}: the cursor {settings.cursor} holds numbers as text ({first[:30]!r}), which are not "
                "ordered as numbers; cast it to a number in the query"
            )
        return since
    kinds: tuple[tuple[type, Callable[[str], Bound]], ...] = (
        (int, int), (float, float), (Decimal, Decimal), (datetime, datetime.fromisoformat), (date, date.fromisoformat),
    )  # fmt: skip
    read = next(
        (read for kind, read in kinds if isinstance(first, kind) and not isinstance(first, bool)),
        None,
    )
    if first is not None and read is None:
        raise SourceRefused(
            f"source {settings.name}: the cursor {settings.cursor} is a {type(first).__name__}, which is no order"
        )
    try:
        return read(since) if read else None
    except (ValueError, ArithmeticError):
        return None
