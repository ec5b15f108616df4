"""A parsed document as the index stores it: enough to chunk it again without its file."""

import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, TypeAdapter

from vouch.schemas.documents.records import DamagedPart, Document, Element, Link, Metadata
from vouch.schemas.documents.value_types import listed, typed
from vouch.schemas.documents.values import Value, from_json, to_json

_StoredValue = Annotated[Any, PlainValidator(from_json), PlainSerializer(to_json)]
# What parsers wrote as one text until 0.12.0. Whoever reads it parses nothing again.
_COUNTS = ("pages",)
_LISTS = ("hidden_slides", "keywords")


@dataclass(frozen=True, slots=True)
class _Metadata:
    title: str | None
    author: str | None
    language: str | None
    created: datetime | None
    modified: datetime | None
    extra: tuple[tuple[str, _StoredValue], ...] = ()
    written: tuple[tuple[str, str], ...] | None = None  # absent until 0.13.0

    def restored(self, damaged: tuple[DamagedPart, ...]) -> Metadata:
        extra = self.extra
        if self.written is None:
            extra = tuple((key, _with_type(key, value, damaged)) for key, value in extra)
        return Metadata(
            self.title,
            self.author,
            self.language,
            self.created,
            self.modified,
            extra,
            self.written or (),
        )


def _with_type(key: str, value: Value, damaged: tuple[DamagedPart, ...]) -> Value:
    """Return a field of a parser's own with its type, as the parser itself writes it now."""
    if not isinstance(value, str):
        return value
    if key == "damaged_parts":
        return tuple(part.name for part in damaged) or value
    if key in _LISTS:
        entries = listed(value)
        return tuple(map(typed, entries)) if key == "hidden_slides" else entries
    return typed(value) if key in _COUNTS else value


@dataclass(frozen=True, slots=True)
class _Structure:
    elements: tuple[Element, ...]
    metadata: _Metadata
    links: tuple[Link, ...] = ()  # absent in documents stored by early versions
    damaged: tuple[DamagedPart, ...] = ()  # likewise, until 0.8.0


_ADAPTER = TypeAdapter(_Structure)


def dump_structure(document: Document) -> bytes:
    """Encode all of a document but its text and attachments and what is left out of the search:
    JSON, compressed by zlib.
    """
    metadata = _Metadata(*(getattr(document.metadata, name) for name in _Metadata.__slots__))
    structure = _Structure(document.elements, metadata, document.links, document.damaged)
    return zlib.compress(_ADAPTER.dump_json(structure), 6)


def load_document(text: str, structure: bytes) -> Document:
    """Decode a document from its canonical text and the result of `dump_structure`.

    Raises `ValueError` where the structure is damaged.
    """
    try:
        decoded = _ADAPTER.validate_json(zlib.decompress(structure))
    except zlib.error as error:
        raise ValueError(f"the stored structure is damaged: {error}") from error
    metadata = decoded.metadata.restored(decoded.damaged)
    return Document(text, decoded.elements, metadata, links=decoded.links, damaged=decoded.damaged)
