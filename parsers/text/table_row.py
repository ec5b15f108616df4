"""A row of a table, as table sources render it: JSON with text, title and metadata."""

import re
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, PlainValidator, ValidationError

from vouch.parsers.base import Hint
from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.text.clean import clean, one_line
from vouch.schemas.documents.records import Document, Metadata, Reason
from vouch.schemas.documents.values import TIME, Value, from_json
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.settings.wrong_values import wrong_field

_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")


def _field(value: object) -> Value:
    """Return the value of a field as its source encodes it. Raises `ValueError`."""
    for entry in value if isinstance(value, list) else [value]:
        is_time = isinstance(entry, dict) and [*entry] == [TIME] and isinstance(entry[TIME], str)
        if not (is_time or isinstance(entry, str | int | float)):
            raise ValueError("it is no text, number, truth value, time or list of these")
    return from_json(value)


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    vouch_row: int
    title: str | None
    text: str
    metadata: dict[str, Annotated[Any, PlainValidator(_field)]]
    written: dict[str, str] = {}


def parse(data: bytes, hint: Hint) -> Document:
    """Parse a row into its title and a paragraph for each block between empty lines.

    Raises `DocumentRejected` (malformed).
    """
    try:
        row = _Row.model_validate_json(data)
    except ValidationError as error:
        raise DocumentRejected(
            Reason.MALFORMED, f"this is no row of a table: {wrong_field(error.errors()[0])}"
        ) from error
    builder = DocumentBuilder()
    title = one_line(row.title or "")
    builder.title(title)
    for paragraph in _BLANK_LINE.split(clean(row.text)):
        builder.paragraph(paragraph)
    # Metadata is stored with the document, and must be as free of control characters as its text.
    extra = tuple((clean(name), _cleaned(value)) for name, value in sorted(row.metadata.items()))
    written = tuple((clean(name), clean(text)) for name, text in sorted(row.written.items()))
    return builder.build(Metadata(title=title or None, extra=extra, written=written))


def _cleaned(value: Value) -> Value:
    if isinstance(value, tuple):
        return tuple(clean(entry) if isinstance(entry, str) else entry for entry in value)
    return clean(value) if isinstance(value, str) else value
