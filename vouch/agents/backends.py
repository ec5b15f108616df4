"""What answers an agent: the index itself, or a running `vouch serve`.

Both return JSON as the service does: see `vouch.service.answers`.
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.schemas.documents.plain import plain
from vouch.schemas.errors import SettingsError
from vouch.schemas.filters import Values
from vouch.schemas.search_options import Mode
from vouch.schemas.settings.choices import Breadth
from vouch.service.answers import SearchRequest
from vouch.service.callers import Caller
from vouch.service.problems import as_refusal
from vouch.service.service import SearchService

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vouch_client import Client

Json: TypeAlias = dict[str, Any]


class Problem(Exception):
    """Says in words for an agent why it gets no answer."""


class Backend(Protocol):
    """Answers by the profile and the values that it was made with. May be called from several
    threads. Every method but `follow` and `close` raises `Problem`.
    """

    poll_s: float
    """Seconds between two calls of `follow`."""

    def search(
        self, query: str, k: int, mode: Mode | None, breadth: Breadth | None, filters: Sequence[str]
    ) -> Json:
        """Return the passages that answer a query."""

    def document(self, document_id: str, start: int, length: int) -> Json:
        """Return a document with a part of its text, which begins at `start`."""

    def context(self, document_id: str, start: int, end: int, around: int) -> Json:
        """Return a span of a document's text, and what is around it."""

    def trace(self, chunk_id: str) -> Json:
        """Return where a chunk comes from."""

    def fields(self) -> list[Json]:
        """Return the names that filters may use, with their types."""

    def follow(self) -> None:
        """Get ready, and look for a newer state."""

    def close(self) -> None:
        """Close what is open."""


class LocalBackend:
    """Answers from the published index of the settings, and follows its new states."""

    def __init__(self, file: SettingsFile, profile: str | None, values: Values) -> None:
        # The keys are those of `vouch serve`, and their secrets need not be here.
        serve = file.settings.serve.model_copy(update={"keys": ()})
        own = file.settings.model_copy(update={"serve": serve})
        self._service = SearchService(replace(file, settings=own))
        listed = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in values.items()
        }
        self._caller = Caller("mcp", profile, listed)
        self._loading = threading.Lock()
        self._is_loaded = False
        self.poll_s = serve.poll_s

    def search(
        self, query: str, k: int, mode: Mode | None, breadth: Breadth | None, filters: Sequence[str]
    ) -> Json:
        request = SearchRequest(query=query, k=k, mode=mode, breadth=breadth, filters=list(filters))
        return self._json(lambda: self._service.search(self._caller, request))

    def document(self, document_id: str, start: int, length: int) -> Json:
        return self._json(
            lambda: self._service.document(self._caller, document_id, start=start, length=length)
        )

    def context(self, document_id: str, start: int, end: int, around: int) -> Json:
        return self._json(
            lambda: self._service.context(self._caller, document_id, start, end, around)
        )

    def trace(self, chunk_id: str) -> Json:
        return self._json(lambda: self._service.trace(self._caller, chunk_id))

    def fields(self) -> list[Json]:
        answer: Json = self._json(lambda: self._service.fields(self._caller))
        return list(answer["fields"])

    def follow(self) -> None:
        if self._is_loaded:
            self._service.follow()
        else:
            self._load()

    def close(self) -> None:
        self._service.close()

    def _load(self) -> None:
        """Open the index and load its model, if nobody has. Raises `VouchError`."""
        with self._loading:
            if not self._is_loaded:
                self._service.load()
                self._is_loaded = True

    def _json(self, ask: "Callable[[], Any]") -> Json:
        try:
            self._load()
            return dict(ask().model_dump(mode="json"))
        except Exception as error:
            # In the words of the service, which name no place of this machine.
            raise Problem(str(as_refusal(error))) from error


class ServiceBackend:
    """Answers by asking a running service."""

    poll_s = 3600.0  # it follows by itself

    def __init__(self, client: "Client", profile: str | None, values: Values) -> None:
        self._client = client
        self._how: Json = {"profile": profile, "values": dict(values)}

    def search(
        self, query: str, k: int, mode: Mode | None, breadth: Breadth | None, filters: Sequence[str]
    ) -> Json:
        with _problems():
            answer = self._client.search(query, k, mode, breadth, list(filters), **self._how)
        hits = [_plain(hit) for hit in answer]
        return {"run_id": answer.run_id, "hits": hits, "words_only": answer.words_only or None}

    def document(self, document_id: str, start: int, length: int) -> Json:
        with _problems():
            document = _plain(self._client.document(document_id, **self._how))
        text, end = document["text"], start + length
        return {
            **document,
            "text": text[start:end],
            "start": start,
            "next_start": end if end < len(text) else None,
        }

    def context(self, document_id: str, start: int, end: int, around: int) -> Json:
        with _problems():
            return _plain(self._client.context(document_id, start, end, around, **self._how))

    def trace(self, chunk_id: str) -> Json:
        with _problems():
            return dict(self._client.trace(chunk_id, **self._how))

    def fields(self) -> list[Json]:
        with _problems():
            return self._client.fields()

    def follow(self) -> None:
        """The service does."""

    def close(self) -> None:
        self._client.close()


def service_backend(url: str, key: str | None, profile: str | None, values: Values) -> Backend:
    """Return what asks the service at an address. Raises `SettingsError` without its client."""
    try:
        from vouch_client import Client
    except ImportError as error:
        raise SettingsError(
            "to ask a service, the client of Vouch is needed: install vouch-client"
        ) from error
    return ServiceBackend(Client(url, key), profile, values)


@contextmanager
def _problems() -> "Iterator[None]":
    from vouch_client import ServiceError

    try:
        yield
    except ServiceError as error:
        raise Problem(str(error)) from error


def _plain(value: object) -> Json:
    """Return an answer of the client, with what it does not know beside what it does."""
    body: Json = plain(value)
    return {**body.pop("more", {}), **body}
