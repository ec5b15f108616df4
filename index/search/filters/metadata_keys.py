"""The keys of the metadata that the chunks of a state have, with the types of their values."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import pyarrow as pa
from lancedb.table import Table
from pydantic_core import from_json

from vouch.index.store.tables import rows
from vouch.schemas.documents.values import TIME

LINK = "link"
"""The key of what a chunk refers to. It is the chunk's own, so that no document has it."""
_MAX_EXAMPLE = 60  # characters


class Kind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "true or false"
    TIME = "date or time"


_KINDS = {
    str: Kind.TEXT,
    int: Kind.NUMBER,
    float: Kind.NUMBER,
    bool: Kind.BOOLEAN,
    dict: Kind.TIME,
    type(None): Kind.TEXT,
}


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the metadata.

    Attributes:
        name: The key, without `metadata.` before it.
        kinds: The types of its values, and of the entries of lists.
        lists: Whether a document has a list of them.
        documents: How many documents have it.
        example: A value, as people write it; long ones are cut.
    """

    name: str
    kinds: frozenset[Kind]
    lists: bool
    documents: int
    example: str

    @property
    def described(self) -> str:
        """Return its types in words, such as `number or text, also in lists`."""
        kinds = " or ".join(kind for kind in Kind if kind in self.kinds)
        return f"{kinds}, also in lists" if self.lists else kinds


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All keys by name. `typed` is False where no row says types: a version until 0.12.0 wrote all
    of them, and until the next run texts can be compared for equality only. `is_empty` is True
    where there are no documents, which could have any.
    """

    keys: Mapping[str, Key]
    typed: bool
    is_empty: bool = False


def read_catalogue(chunks: Table) -> Catalogue:
    """Read the keys of all documents that have chunks here: a published state or a candidate."""
    names = chunks.schema.names
    typed: dict[str, str] = {}
    if "fields" in names:
        read = rows(chunks, ("document_id", "fields"), "fields IS NOT NULL")
        # All chunks of a document have the same fields.
        typed = dict(zip(_texts(read, "document_id"), _texts(read, "fields"), strict=True))
    untyped: dict[str, list[dict[str, str]]] = {}
    where = "fields IS NULL" if "fields" in names else None
    if where is None or chunks.count_rows(where):
        for batch in rows(chunks, ("document_id", "metadata"), where).to_batches():
            ids, pairs = (batch.column(name).to_pylist() for name in ("document_id", "metadata"))
            untyped.update(zip(ids, pairs, strict=True))
    counted = _Counted()
    for text in typed.values():
        counted.add(from_json(text))
    for each in untyped.values():
        counted.add({pair["key"]: pair["value"] for pair in each if pair["key"] != LINK})
    return Catalogue(counted.keys(), typed=bool(typed), is_empty=not (typed or untyped))


def _texts(table: pa.Table, name: str) -> Iterator[str]:
    for chunk in table.column(name).chunks:
        yield from (chunk.storage if isinstance(chunk, pa.ExtensionArray) else chunk).to_pylist()


class _Counted:
    def __init__(self) -> None:
        self._documents: Counter[str] = Counter()
        self._types: dict[str, set[type]] = {}
        self._lists: set[str] = set()
        self._examples: dict[str, str] = {}

    def add(self, fields: Mapping[str, Any]) -> None:
        """Count the fields of one document, of which there may be millions."""
        self._documents.update(fields.keys())
        for key, value in fields.items():
            types = self._types.setdefault(key, set())
            if isinstance(value, list):
                self._lists.add(key)
                types.update(map(type, value))
            else:
                types.add(type(value))
            if key not in self._examples and value != []:
                self._examples[key] = _example(value[0] if isinstance(value, list) else value)

    def keys(self) -> dict[str, Key]:
        keys = {
            name: Key(
                name,
                # A key with empty lists only has no values; a text is what any value can be.
                frozenset(_KINDS[each] for each in self._types[name] or {str}),
                name in self._lists,
                self._documents[name],
                self._examples.get(name, ""),
            )
            for name in sorted(self._documents)
        }
        if LINK in keys:
            # Chunks have links of their own under this key.
            keys[LINK] = replace(keys[LINK], kinds=keys[LINK].kinds | {Kind.TEXT}, lists=True)
        return keys


def _example(entry: Any) -> str:  # noqa: ANN401 - what JSON has
    if isinstance(entry, dict):
        entry = entry[TIME]
    text = str(entry).lower() if isinstance(entry, bool) else " ".join(str(entry).split())
    return text if len(text) <= _MAX_EXAMPLE else text[:_MAX_EXAMPLE] + "…"
