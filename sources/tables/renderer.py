"""From a row to the bytes of its document: `{"vouch_row": 1, "title": …, "text": …, "metadata": {…}}`."""

import json
from collections.abc import Mapping, Set
from typing import Any

from jinja2 import TemplateError

from vouch.schemas.errors import SourceRefused
from vouch.schemas.row_template import RowEnvironment, columns_shown
from vouch.schemas.table_source import TableSource
from vouch.sources.tables.values import Value, convert, read_row, text_of, time_of

MEDIA_TYPE = "application/vnd.vouch.row+json"
_VERSION = 1
_MOST_CHARS = 10_000_000


class Renderer:
    """The templates of a table's settings."""

    def __init__(self, settings: TableSource) -> None:
        self._settings = settings
        environment = RowEnvironment()
        environment.finalize = text_of
        self._text = environment.from_string(settings.text)
        self._title = environment.from_string(settings.title) if settings.title else None
        self._shown = columns_shown(settings.text)

    def render(self, uri: str, data: bytes, columns: Set[str]) -> bytes:
        """The document of a canonical row; `columns` are all that the table has, whether or not this row does.

        Raises `SourceRefused` naming the row and what is wrong with it.
        """
        row = dict.fromkeys(columns) | read_row(data)
        try:
            typed = {name: self._typed(name, value) for name, value in row.items()}
            self._check_time(row)
            told = {
                "vouch_row": _VERSION,
                "title": self._filled("title", self._title, typed).strip() or None,
                "text": self._filled("text", self._text, typed),
                "metadata": {
                    name: text_of(row[name]) for name in self._kept(row) if row[name] is not None
                },
            }
        except ValueError as error:
            raise SourceRefused(f"{uri} of source {self._settings.name}: {error}") from error
        return json.dumps(told, sort_keys=True, separators=(",", ":")).encode("ascii")

    def _typed(self, name: str, value: Value) -> Value:
        kind = self._settings.types.get(name)
        if kind is None or value is None:
            return value
        try:
            return convert(text_of(value), kind)
        except ValueError as error:
            raise ValueError(f"column {name}: {error}") from error

    def _check_time(self, row: Mapping[str, Value]) -> None:
        name = self._settings.modified
        if name is None:
            return
        if name not in row:
            raise ValueError(
                f"the table has no column {name}, which is to say when a row was modified"
            )
        if row[name] is not None:
            try:
                time_of(text_of(row[name]))
            except ValueError:
                raise ValueError(
                    f"column {name}: {text_of(row[name])[:60]!r} is no time in ISO 8601"
                ) from None

    def _filled(self, name: str, template: Any, row: dict[str, Value]) -> str:  # noqa: ANN401 - jinja2's own class
        """A template's text; anything may go wrong in one, and all of it is the row's."""
        parts: list[str] = []
        length = 0
        try:
            for part in template.generate({"row": row, **row}) if template else ():
                parts.append(part)
                length += len(part)
                if length > _MOST_CHARS:
                    raise ValueError(f"more than {_MOST_CHARS:,} characters")
        except (
            TemplateError,
            ArithmeticError,
            TypeError,
            ValueError,
            LookupError,
            AttributeError,
            RecursionError,
        ) as error:
            raise ValueError(f"the template `{name}` cannot be filled in: {error}") from error
        return "".join(parts)

    def _kept(self, row: Mapping[str, Value]) -> list[str]:
        """The columns that become metadata: those of the settings, those that the contract holds, and the cursor.

        What is no metadata could not be checked, and later listings go by the cursor.
        """
        settings = self._settings
        by_default = [name for name in row if name in settings.key or name not in self._shown]
        named = by_default if settings.metadata is None else list(settings.metadata)
        missing = [name for name in named if name not in row]
        if missing:
            raise ValueError(
                f"the table has no column {', '.join(missing)}, which is to be kept as metadata"
            )
        wanted = [
            *named,
            *settings.contract.fields,
            *([settings.cursor] if settings.cursor is not None else []),
        ]
        return [name for name in dict.fromkeys(wanted) if name in row]
