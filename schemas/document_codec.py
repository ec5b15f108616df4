"""A parsed document as the index keeps it: enough to chunk it again without its file and without its parser."""

import zlib
from dataclasses import dataclass

from pydantic import TypeAdapter

from vouch.schemas.records import Document, Element, Link, Metadata


@dataclass(frozen=True, slots=True)
class _Structure:
    elements: tuple[Element, ...]
    metadata: Metadata
    links: tuple[Link, ...] = ()  # what was stored before there were any has none


_ADAPTER = TypeAdapter(_Structure)


def dump_structure(document: Document) -> bytes:
    """All of a document but its text and what is attached to it: JSON, compressed by zlib."""
    return zlib.compress(
        _ADAPTER.dump_json(_Structure(document.elements, document.metadata, document.links)), 6
    )


def load_document(text: str, structure: bytes) -> Document:
    """The document of a canonical text and what `dump_structure` gave. Raises `ValueError` where that is damaged."""
    try:
        kept = _ADAPTER.validate_json(zlib.decompress(structure))
    except zlib.error as error:
        raise ValueError(f"the stored structure is damaged: {error}") from error
    return Document(text, kept.elements, kept.metadata, links=kept.links)
