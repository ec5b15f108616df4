"""What commands print: for a person in colour, for a machine as JSON on standard output, and nothing else there."""

import dataclasses
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

_SHORT = 20  # characters of a cell that is never broken


@dataclass(slots=True)
class Output:
    """The options that all commands share. Messages go to standard error where standard output is for a machine."""

    config: Path = Path("vouch.yaml")
    quiet: bool = False
    as_json: bool = False
    console: Console = field(default_factory=lambda: Console(highlight=False))
    errors: Console = field(default_factory=lambda: Console(stderr=True, highlight=False))

    def say(self, text: str = "") -> None:
        """A line for a person, in rich's markup; nothing in quiet or JSON mode."""
        if not self.quiet and not self.as_json:
            self.console.print(text, soft_wrap=True)

    def result(self, data: Any) -> bool:  # noqa: ANN401 - whatever the command found
        """Print `data` as JSON if that was asked for; tells whether it was."""
        if self.as_json:
            print(json.dumps(data, default=_plain, ensure_ascii=False, indent=2))
        return self.as_json

    def table(self, title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """A table for a person; figures stand to the right."""
        rows = [tuple(row) for row in rows]
        table = Table(
            title=title,
            title_justify="left",
            title_style="bold",
            header_style="dim",
            box=None,
            padding=(0, 1, 0, 0),
        )
        if not rows or self.quiet:
            return
        for number, name in enumerate(columns):
            figures = bool(rows) and all(isinstance(row[number], int | float) for row in rows)
            short = number == 0 or max(len(_cell(row[number])) for row in rows) <= _SHORT
            table.add_column(
                name, justify="right" if figures else "left", overflow="fold", no_wrap=short
            )
        for row in rows:
            table.add_row(*(_cell(value) for value in row))
        self.console.print(table)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return f"{value:,}" if isinstance(value, int) else escape(str(value))


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    return str(value)
