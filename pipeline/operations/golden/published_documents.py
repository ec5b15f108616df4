"""The published documents that golden queries are about: by their names, with their texts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath

from vouch.index.store.tables import Tables, is_in, rows
from vouch.schemas.errors import NotFound
from vouch.validators.retrieval.golden_queries import locate

Key = tuple[str, str]
"""Source and uri of a document."""


@dataclass(frozen=True)
class PublishedDocuments:
    """Looks up published documents; `id_field` is a metadata field that names them too."""

    tables: Tables
    id_field: str | None = None
    _texts: dict[Key, str] = field(default_factory=dict)

    def named(self, name: str, source: str | None = None) -> list[Key]:
        """Return the documents with this uri, else with this value of the metadata field or of a
        row's key, else with this file name, with or without its ending.
        """
        for keys in self._by_name:
            matching = [key for key in keys.get(name, ()) if source in (None, key[0])]
            if matching:
                return matching
        return []

    def text(self, key: Key) -> str:
        """Return the canonical text of a document; empty where it is not published."""
        if key not in self._texts:
            columns = ("source", "uri", "canonical_text")
            same_uri = rows(self.tables.documents, columns, is_in("uri", [key[1]]))
            for row in same_uri.to_pylist():
                self._texts[row["source"], row["uri"]] = row["canonical_text"] or ""
        return self._texts.get(key, "")

    def with_answer(self, name: str, answer: str, source: str | None = None) -> Key:
        """Return the only document of this name that has the answer.

        Raises `NotFound` where none has, or several.
        """
        candidates = self.named(name, source)
        if not candidates:
            where = f" of the source {source}" if source else ""
            raise NotFound(f"the index holds no document {name}{where}; `vouch search` shows uris")
        matching = [key for key in candidates if locate(answer, self.text(key))]
        if not matching:
            raise NotFound(f"{name}: the answer {answer[:60]!r} is not in it")
        return _only(matching, f"{name}: the answer {answer[:60]!r} is in documents")

    def only(self, name: str, source: str | None = None) -> Key:
        """Return the only document of this name. Raises `NotFound` where there is none, or several
        are.
        """
        candidates = self.named(name, source)
        if not candidates:
            raise NotFound(f"the index holds no document {name}; `vouch search` shows uris")
        return _only(candidates, f"{name} names documents")

    @cached_property
    def _by_name(self) -> tuple[dict[str, list[Key]], ...]:
        """Return the documents by their names of each kind, those first that decide."""
        by_uri: dict[str, list[Key]] = {}
        by_field: dict[str, list[Key]] = {}
        by_file: dict[str, list[Key]] = {}
        columns = ["source", "uri", "status", *(["metadata"] if self.id_field else [])]
        for row in rows(self.tables.documents, columns).to_pylist():
            if row["status"] != "published":
                continue
            key = (row["source"], row["uri"])
            by_uri.setdefault(row["uri"], []).append(key)
            # The uri of a row of a table ends with its key: `corpus.jsonl?_id=184`.
            names = [row["uri"].rpartition("=")[2]] if "=" in row["uri"] else []
            names += [
                str(item["value"])
                for item in row.get("metadata") or ()
                if item["key"] == self.id_field
            ]
            for name in dict.fromkeys(names):
                by_field.setdefault(name, []).append(key)
            path = PurePosixPath(row["uri"])
            for name in dict.fromkeys((path.name, path.stem)):
                by_file.setdefault(name, []).append(key)
        return by_uri, by_field, by_file


def _only(keys: Sequence[Key], finding: str) -> Key:
    if len(keys) == 1:
        return keys[0]
    if len({uri for _, uri in keys}) == 1:
        raise NotFound(f"{finding} of several sources; name one with --source")
    uris = ", ".join(uri for _, uri in keys[:3])
    raise NotFound(f"{finding} with several uris, such as {uris}; name the whole uri")
