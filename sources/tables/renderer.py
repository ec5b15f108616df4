"""Renders a row to the bytes of its document.

The bytes are JSON: `{"vouch_row": 2, "title": …, "text": …, "metadata": {…}, "written": {…}}`. The
values of `metadata` have their types; `written` has the texts of those that are written otherwise.
"""

import json
from collections.abc import Mapping, Set
from typing import Any

from jinja2 import TemplateError

from vouch.schemas.documents.value_types import moment_of, typed
from vouch.schemas.documents.values import Value as FieldValue
from vouch.schemas.documents.values import texts, to_json
from vouch.schemas.errors import SourceRefused
from vouch.schemas.settings.row_template import RowEnvironment, columns_shown
from vouch.schemas.settings.table_source import TableSource
from vouch.sources.tables.file_formats import format_of
from vouch.sources.tables.row_collector import ROW_KEY
from vouch.sources.tables.values import Value, as_field, convert, read_row, text_of, time_of

MEDIA_TYPE = "application/vnd.vouch.row+json"
_VERSION = 2
_MAX_CHARS = 10_000_000
# What a template can raise with the values of a row.
_TEMPLATE_ERRORS = (
    TemplateError,
    ArithmeticError,
    TypeError,
    ValueError,
    LookupError,
    AttributeError,
    RecursionError,
)


class Renderer:
    """The compiled templates of a table source."""

    def __init__(self, settings: TableSource) -> None:
        self._settings = settings
        environment = RowEnvironment()
        environment.finalize = text_of
        self._text = environment.from_string(settings.text)
        self._title = environment.from_string(settings.title) if settings.title else None
        self._shown = columns_shown(settings.text)

    def render(self, uri: str, data: bytes, columns: Set[str]) -> bytes:
        """Render a canonical row; `columns` are those of the table, which the row may lack.

        Raises `SourceRefused` naming the row and what is wrong with it.
        """
        row = dict.fromkeys(columns) | read_row(data)
        try:
            values_of_row = {name: self._convert(name, value) for name, value in row.items()}
            self._check_time(row)
            stored = [name for name in self._metadata_columns(row) if row[name] is not None]
            written = {name: text_of(row[name]) for name in stored}
            values = {name: self._field(uri, name, values_of_row[name]) for name in stored}
            written = {
                name: text
                for name, text in written.items()
                if not isinstance(values[name], tuple) and texts(values[name]) != (text,)
            }
            document = {
                "vouch_row": _VERSION,
                "title": self._fill_in("title", self._title, values_of_row).strip() or None,
                "text": self._fill_in("text", self._text, values_of_row),
                "metadata": {name: to_json(value) for name, value in values.items()},
            } | ({"written": written} if written else {})
        except ValueError as error:
            raise SourceRefused(f"{uri} of source {self._settings.name}: {error}") from error
        return json.dumps(document, sort_keys=True, separators=(",", ":")).encode("ascii")

    def _convert(self, name: str, value: Value) -> Value:
        kind = self._settings.types.get(name)
        if kind is None or value is None:
            return value
        try:
            return convert(text_of(value), kind)
        except ValueError as error:
            raise ValueError(f"column {name}: {error}") from error

    def _field(self, uri: str, name: str, value: Value) -> FieldValue:
        """Return the value of a column as metadata have it.

        A text is a date or time where it is written like one, as JSON and many tables have them; in
        a file of texts it may be a number as well. The setting `types` has the last word.
        """
        if not isinstance(value, str) or name in self._settings.types:
            return as_field(value)
        if self._settings.path and self._is_delimited(uri):
            return typed(value)
        moment = moment_of(value)
        return value if moment is None else moment

    def _is_delimited(self, uri: str) -> bool:
        return (self._settings.format or format_of(uri.rpartition(ROW_KEY)[0])) in ("csv", "tsv")

    def _check_time(self, row: Mapping[str, Value]) -> None:
        """Raise `ValueError` where the modification time of a row is missing or not a time."""
        name = self._settings.modified
        if name is None:
            return
        if name not in row:
            raise ValueError(f"the table has no column {name}, which the setting `modified` names")
        if row[name] is not None:
            text = text_of(row[name])
            try:
                time_of(text)
            except ValueError:
                raise ValueError(
                    f"column {name}: {text[:60]!r} is not a time in ISO 8601"
                ) from None

    def _fill_in(self, name: str, template: Any, row: dict[str, Value]) -> str:  # noqa: ANN401 - jinja2's own class
        """Return a template's text. Raises `ValueError` for any error in it."""
        if template is None:
            return ""
        parts: list[str] = []
        length = 0
        try:
            for part in template.generate({"row": row, **row}):
                parts.append(part)
                length += len(part)
                if length > _MAX_CHARS:
                    raise ValueError(f"more than {_MAX_CHARS:,} characters")
        except _TEMPLATE_ERRORS as error:
            raise ValueError(f"the template `{name}` cannot be rendered: {error}") from error
        return "".join(parts)

    def _metadata_columns(self, row: Mapping[str, Value]) -> list[str]:
        """Return the columns that become metadata.

        Those are the columns of the settings, those of the contract (rules are checked on
        metadata) and the cursor (the next listing starts from its greatest indexed value).
        """
        settings = self._settings
        if settings.metadata is None:
            columns = [name for name in row if name in settings.key or name not in self._shown]
        else:
            columns = list(settings.metadata)
        missing = [name for name in columns if name not in row]
        if missing:
            raise ValueError(
                f"the table has no column {', '.join(missing)}, which the setting `metadata` names"
            )
        columns += settings.contract.fields
        if settings.cursor is not None:
            columns.append(settings.cursor)
        return [name for name in dict.fromkeys(columns) if name in row]
