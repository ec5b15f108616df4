"""What all retrievers share: where they search, how, and how they describe a passage."""

import asyncio
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeAlias

from vouch.index.search.hit import Hit, Hits
from vouch.index.search.index import Index
from vouch.schemas.documents.plain import plain
from vouch.schemas.errors import SettingsError, StateDeleted
from vouch.schemas.filter_syntax import show_filter
from vouch.schemas.filters import Filter, Values
from vouch.schemas.search_options import Mode
from vouch.schemas.settings.choices import Breadth

if TYPE_CHECKING:
    import vouch_client

REFRESH_S = 30.0
_ATTRIBUTES = (
    "citation", "chunk_id", "chunk_ids", "document_id", "source", "uri", "title", "heading_path",
    "language", "char_start", "char_end", "page_start", "page_end", "page_unit", "row_start",
    "row_end", "element_types", "media_type", "source_modified_at", "ingested_at",
    "content_sha256", "score", "fields",
)  # fmt: skip

Passage: TypeAlias = "tuple[Hit | vouch_client.Hit, Mapping[str, Any]]"
"""A hit, and its attributes as JSON has them."""


@dataclass(frozen=True, slots=True)
class How:
    """How a retriever searches. What is None is as the profile, or the service, has it.

    Attributes:
        k: The largest number of passages.
        mode: `vector`, `text` or `hybrid`.
        breadth: How much less relevant than the best a passage may be.
        filters: Conditions that must all hold, besides those of the profile.
        profile: A retrieval profile.
        values: Values for the parameters of its filters, by name.
    """

    k: int | None = None
    mode: Mode | None = None
    breadth: Breadth | None = None
    filters: tuple[str | Filter, ...] = ()
    profile: str | None = None
    values: Values = field(default_factory=dict)

    def narrowed(
        self,
        k: int | None = None,
        filters: Iterable[str | Filter] | None = None,
        values: Values | None = None,
    ) -> "How":
        """Return how one query is searched: with further filters, and values in place of others."""
        return replace(
            self,
            k=self.k if k is None else k,
            filters=(*self.filters, *listed(filters)),
            values={**self.values, **(values or {})},
        )


def listed(filters: Iterable[str | Filter] | None) -> tuple[str | Filter, ...]:
    """Return filters as a tuple. Raises `SettingsError` for a text in place of a list."""
    if isinstance(filters, str):
        raise SettingsError(f'filters is a list such as ["language=en"], not the text {filters!r}')
    return tuple(filters or ())


def written(filters: Iterable[str | Filter]) -> tuple[str, ...]:
    """Return filters as texts, as a service reads them and files keep them."""
    return tuple(each if isinstance(each, str) else show_filter(each) for each in filters)


class Searching:
    """Searches an index, which it opens at the first query, or a running service.

    May be used from several threads.

    Args:
        index: The folder or URL of an index, or one that is open. An index that was opened here
            follows what is published: see `refresh_s`. One that was given stays as it is.
        url: The address of a `vouch serve`, instead of an index.
        key: Its API key, where it needs one.
        storage_options: Options of an object store: see `vouch.open`.
        refresh_s: Seconds after which a search looks whether a newer state has been published.

    Raises:
        SettingsError: Neither `index` nor `url` is given, or both are.
    """

    def __init__(
        self,
        index: str | Path | Index | None = None,
        url: str | None = None,
        key: str | None = None,
        storage_options: Mapping[str, str] | None = None,
        refresh_s: float = REFRESH_S,
    ) -> None:
        if (index is None) == (url is None):
            raise SettingsError(
                "give a retriever either `index`, the folder of an index, or `url`, the address of "
                "a `vouch serve`"
            )
        self._place = index
        self._url = url
        self._key = key
        self._storage_options = storage_options
        self._refresh_s = refresh_s
        self._lock = threading.Lock()
        self._index = index if isinstance(index, Index) else None
        self._client: vouch_client.Client | None = None
        self._looked_at = monotonic()

    def __reduce__(self) -> tuple[object, ...]:
        # What is open is opened again where it is used next.
        place = self._place
        place = str(place.location) if isinstance(place, Index) else place
        own = (place, self._url, self._key, self._storage_options, self._refresh_s)
        return Searching, own

    def search(self, query: str, how: How) -> list[Passage]:
        """Return the passages that answer a query, best first.

        Raises a `VouchError`, or what `vouch_client` raises where a service is asked.
        """
        if self._url is not None:
            answer = self._opened_client().search(
                query,
                how.k,
                how.mode,
                how.breadth,
                written(how.filters),
                how.profile,
                how.values,
            )
            return [(hit, _described(hit, answer.run_id)) for hit in answer]
        index = self._opened_index()
        try:
            hits = _search(index, query, how)
        except StateDeleted:
            if index is self._place:
                raise
            index.refresh()
            hits = _search(index, query, how)
        return [(hit, _described(hit, hits.run_id)) for hit in hits]

    async def asearch(self, query: str, how: How) -> list[Passage]:
        """Do what `search` does, and keep no task of the event loop waiting."""
        return await asyncio.to_thread(self.search, query, how)

    def load(self) -> None:
        """Open the index and load its model, so that the first query need not wait for it."""
        if self._url is None:
            self._opened_index().load_model()

    def close(self) -> None:
        """Close what was opened here."""
        with self._lock:
            index, self._index = self._index, None
            client, self._client = self._client, None
        if index is not None and index is not self._place:
            index.close()
        if client is not None:
            client.close()

    def _opened_index(self) -> Index:
        with self._lock:
            if self._index is None:
                from vouch import open as open_index

                if isinstance(self._place, Index):
                    self._index = self._place
                else:
                    assert self._place is not None
                    self._index = open_index(self._place, self._storage_options)
            index = self._index
            is_due = index is not self._place and monotonic() - self._looked_at >= self._refresh_s
            if is_due:
                self._looked_at = monotonic()
        if is_due:  # without the lock: other searches go by the state that is there
            index.refresh()
        return index

    def _opened_client(self) -> "vouch_client.Client":
        with self._lock:
            if self._client is None:
                try:
                    from vouch_client import Client
                except ImportError as error:
                    raise SettingsError(
                        "to search a service, the client of Vouch is needed: install vouch-client"
                    ) from error
                assert self._url is not None
                self._client = Client(self._url, self._key)
            return self._client


def _search(index: Index, query: str, how: How) -> Hits:
    return index.search(
        query,
        how.k,
        how.mode,
        how.filters,
        how.breadth,
        profile=how.profile,
        values=how.values,
    )


def _described(hit: "Hit | vouch_client.Hit", run_id: str | None) -> Mapping[str, Any]:
    """Return the attributes of a hit but its text, and the run whose state was searched."""
    return {**{name: plain(getattr(hit, name)) for name in _ATTRIBUTES}, "run_id": run_id}
