"""A parsed document as the index stores it: enough to chunk it again without its file."""

import zlib
from dataclasses import dataclass

from pydantic import TypeAdapter

from vouch.schemas.documents.records import DamagedPart, Document, Element, Link, Metadata


@dataclass(frozen=True, slots=True)
class _Structure:
    elements: tuple[Element, ...]
    metadata: Metadata
    links: tuple[Link, ...] = ()  # absent in documents stored by early versions
    damaged: tuple[DamagedPart, ...] = ()  # likewise, until 0.8.0


_ADAPTER = TypeAdapter(_Structure)


def dump_structure(document: Document) -> bytes:
    """Encode all of a document but its text and attachments and what is left out of the search:
    JSON, compressed by zlib.
    """
    structure = _Structure(document.elements, document.metadata, document.links, document.damaged)
    return zlib.compress(_ADAPTER.dump_json(structure), 6)


def load_document(text: str, structure: bytes) -> Document:
    """Decode a document from its canonical text and the result of `dump_structure`.

    Raises `ValueError` where the structure is damaged.
    """
    try:
        decoded = _ADAPTER.validate_json(zlib.decompress(structure))
    except zlib.error as error:
        raise ValueError(f"the stored structure is damaged: {error}") from error
    return Document(
        text, decoded.elements, decoded.metadata, links=decoded.links, damaged=decoded.damaged
    )
