"""A retriever for Haystack: `pip install "vouch-pipeline[haystack]"`.

    from vouch.retrievers.haystack import VouchRetriever

    pipeline.add_component("retriever", VouchRetriever(index="data/index", top_k=5))

Haystack reads a pipeline from YAML with `allowed_modules=["vouch.retrievers.haystack"]`. It sends
usage statistics unless HAYSTACK_TELEMETRY_ENABLED is `false` when it is imported.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from haystack import Document, component, default_from_dict, default_to_dict
from haystack.utils import Secret

from vouch.index.search.index import Index
from vouch.retrievers.searching import REFRESH_S, How, Passage, Searching, listed, written
from vouch.schemas.filters import Filter
from vouch.schemas.search_options import Mode
from vouch.schemas.settings.choices import Breadth


@component
class VouchRetriever:
    """Finds passages in an index of Vouch, or by a running `vouch serve`.

    A document has the text of a passage as `content`, its chunk as `id`, its `score`, and in `meta`
    the citation, the place in the source and the document's own metadata under `fields`.

    Args:
        index: The folder or URL of an index, or one that is open. An index that is opened here
            follows what is published: see `refresh_s`.
        url: The address of a `vouch serve`, instead of an index.
        key: Its API key, where it needs one.
        top_k: The largest number of passages; by default as the profile has it, else 5.
        mode: `vector` searches by meaning, `text` by words, `hybrid` by both.
        breadth: How much less relevant than the best a passage may be.
        filters: Conditions that must all hold: `language=en`, or made with `vouch.field`.
        profile: A retrieval profile, whose filters always hold.
        values: Values for the parameters of its filters, by name.
        storage_options: Options of an object store: see `vouch.open`. They are not serialized.
        refresh_s: Seconds after which a search looks whether a newer state has been published.

    Raises `SettingsError` where neither `index` nor `url` is given, or both are.
    """

    def __init__(
        self,
        index: str | Path | Index | None = None,
        url: str | None = None,
        key: Secret | None = None,
        top_k: int | None = None,
        mode: Mode | None = None,
        breadth: Breadth | None = None,
        filters: Iterable[str | Filter] = (),
        profile: str | None = None,
        values: Mapping[str, Any] | None = None,
        storage_options: Mapping[str, str] | None = None,
        refresh_s: float = REFRESH_S,
    ) -> None:
        self._index = index
        self._url = url
        self._key = key
        self._refresh_s = refresh_s
        self._how = How(top_k, mode, breadth, listed(filters), profile, dict(values or {}))
        self._searching = Searching(
            index, url, key.resolve_value() if key else None, storage_options, refresh_s
        )

    def warm_up(self) -> None:
        """Open the index and load its model."""
        self._searching.load()

    def close(self) -> None:
        """Close what the retriever has opened. The next query opens it again."""
        self._searching.close()

    def to_dict(self) -> dict[str, Any]:
        """Return where it searches, and how; of a key, the name of its environment variable."""
        index, how = self._index, self._how
        place = index.location if isinstance(index, Index) else index
        return default_to_dict(
            self,
            index=None if place is None else str(place),
            url=self._url,
            key=self._key.to_dict() if self._key else None,
            top_k=how.k,
            mode=how.mode,
            breadth=how.breadth,
            filters=list(written(how.filters)),
            profile=how.profile,
            values=dict(how.values),
            refresh_s=self._refresh_s,
        )

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "VouchRetriever":
        """Return the retriever that `to_dict` has described."""
        return default_from_dict(cls, data)

    @component.output_types(documents=list[Document])
    def run(
        self,
        query: str,
        top_k: int | None = None,
        filters: list[str] | None = None,
        values: dict[str, Any] | None = None,
    ) -> dict[str, list[Document]]:
        """Return the passages that answer a query, best first, as `documents`.

        `filters` hold besides those of the retriever; `values` take the place of its own.
        """
        how = self._how.narrowed(top_k, filters, values)
        return {"documents": _documents(self._searching.search(query, how))}

    @component.output_types(documents=list[Document])
    async def run_async(
        self,
        query: str,
        top_k: int | None = None,
        filters: list[str] | None = None,
        values: dict[str, Any] | None = None,
    ) -> dict[str, list[Document]]:
        """Do what `run` does, and keep no task of the event loop waiting."""
        how = self._how.narrowed(top_k, filters, values)
        return {"documents": _documents(await self._searching.asearch(query, how))}


def _documents(results: Iterable[Passage]) -> list[Document]:
    return [
        Document(id=hit.chunk_id, content=hit.text, score=hit.score, meta=dict(described))
        for hit, described in results
    ]
