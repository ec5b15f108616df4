"""Prints what commands return: text and tables for people, or JSON for programs.

Standard output carries nothing else, so that it can be piped; progress and errors go to standard
error.
"""

import dataclasses
import json
import os
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from vouch.schemas.process.environment import mask_secrets

# What a terminal obeys instead of showing it: control sequences of file names and texts could
# change colours and title, write the clipboard, or overwrite what is above. Overrides of the
# direction of text and lone surrogates are shown by their code too.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_UNBROKEN_CHARS = 20  # a column whose cells are no longer than this is never folded


def harmless(text: str) -> str:
    """Return `text` with each character that a terminal would obey replaced by its code.

    Secrets of the settings are masked, whoever has put them into the text.
    """
    return _CONTROLS.sub(lambda match: f"⟨U+{ord(match[0]):04X}⟩", mask_secrets(text))


def json_text(data: Any) -> str:  # noqa: ANN401 - the result of any command
    """Return `data` as JSON, secrets masked."""
    text = mask_secrets(json.dumps(data, default=_to_plain, ensure_ascii=False, indent=2))
    # What JSON leaves as it is and a terminal obeys, as JSON's own escapes.
    return _CONTROLS.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


class SafeConsole(Console):
    """A console that prints no control character of the texts that it is given."""

    def render_str(self, text: str, **options: Any) -> Text:  # noqa: ANN401 - as in rich
        return super().render_str(harmless(text), **options)


def open_standard_streams() -> None:
    """Open what is closed of standard input, output and error on the null device.

    Otherwise the next file that is opened would be one of them, and what a library prints would
    be written into it.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            # The lowest number that is free: this one, since those below it are open.
            os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, os.fdopen(number, "r" if number == 0 else "w", closefd=False))


@dataclass(slots=True)
class Output:
    """The options that all commands share, and the two consoles."""

    config: Path = Path("vouch.yaml")
    quiet: bool = False
    as_json: bool = False
    console: Console = field(default_factory=lambda: SafeConsole(highlight=False))
    errors: Console = field(default_factory=lambda: SafeConsole(stderr=True, highlight=False))

    def print_line(self, text: str = "") -> None:
        """Print a line in rich's markup; with --quiet or --json print nothing."""
        if not self.quiet and not self.as_json:
            self.console.print(text, soft_wrap=True)

    def print_json(self, data: Any) -> bool:  # noqa: ANN401 - the result of any command
        """Print `data` as JSON if --json is given, and return whether it is."""
        if self.as_json:
            print(json_text(data))
        return self.as_json

    def print_table(
        self, title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]
    ) -> None:
        """Print a table with numbers aligned right; with --quiet or without rows print nothing.

        On a terminal long cells are folded. Elsewhere, such as in a file or another program, each
        row is one line, however long it is.
        """
        rows = [tuple(row) for row in rows]
        cells = [[_cell(value) for value in row] for row in rows]
        if not cells or self.quiet:
            return
        is_numeric = [
            all(isinstance(value, int | float) for value in values)
            for values in zip(*rows, strict=True)
        ]
        show = self._print_folded if self.console.is_terminal else self._print_lines
        show(title, columns, cells, is_numeric)

    def _print_folded(
        self,
        title: str,
        columns: Sequence[str],
        cells: Sequence[Sequence[str]],
        is_numeric: Sequence[bool],
    ) -> None:
        table = Table(
            title=title,
            title_justify="left",
            title_style="bold",
            header_style="dim",
            box=None,
            padding=(0, 1, 0, 0),
        )
        for number, name in enumerate(columns):
            width = max(len(row[number]) for row in cells)
            table.add_column(
                name,
                justify="right" if is_numeric[number] else "left",
                overflow="fold",
                # The first column identifies the row: folded, it could not be copied.
                no_wrap=number == 0 or width <= _UNBROKEN_CHARS,
            )
        for row in cells:
            table.add_row(*map(escape, row))
        self.console.print(table)

    def _print_lines(
        self,
        title: str,
        columns: Sequence[str],
        cells: Sequence[Sequence[str]],
        is_numeric: Sequence[bool],
    ) -> None:
        header = [Text.from_markup(name).plain for name in columns]
        rows = [header, *([" ".join(harmless(cell).split("\n")) for cell in row] for row in cells)]
        widths = [max(map(len, values)) for values in zip(*rows, strict=True)]
        if title:
            self.console.print(title, soft_wrap=True)
        for row in rows:
            line = " ".join(
                cell.rjust(width) if right else cell.ljust(width)
                for cell, width, right in zip(row, widths, is_numeric, strict=True)
            )
            self.console.print(line.rstrip(), soft_wrap=True, markup=False)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _to_plain(value: object) -> object:
    """Return what `json` can write in place of a record, a time, a path or a date."""
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    return str(value)
