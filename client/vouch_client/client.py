"""Clients of a `vouch serve`: one that waits for its answers, one for asyncio."""

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import TracebackType
from typing import Any, Literal, TypeAlias

import httpx

from vouch_client.answers import Answer, Context, Document, Health, answer_of, read
from vouch_client.filters import Condition
from vouch_client.requests import (
    Request,
    document_requests,
    get,
    headers,
    place,
    read_json,
    search_request,
    unreachable,
    wait_before_retry,
)

Mode: TypeAlias = Literal["vector", "text", "hybrid"]
Breadth: TypeAlias = Literal["precise", "balanced", "broad", "all"]

TIMEOUT_S = 30.0
RETRIES = 3
LONGEST_WAIT_S = 30.0


class Client:
    """Asks a `vouch serve`; may be shared by threads, and is a context manager.

    Args:
        url: The address of the service, such as `http://127.0.0.1:8420`.
        key: The API key, where the service needs one.
        timeout: Seconds that each request may take.
        retries: How often a request is sent again that the service has sent away with the statuses
            429 or 503 and the time after which to come back. All requests only read.
        longest_wait_s: A longer time is not waited for.

    Every method raises a `ServiceError` with the words of the service where it answers with an
    error, and `Unavailable` where it does not answer.

    Example:
        ```python
        with Client("http://127.0.0.1:8420", key=os.environ["VOUCH_KEY"]) as client:
            for hit in client.search("How long is parental leave?", k=3):
                print(hit.citation, hit.text)
        ```
    """

    def __init__(
        self,
        url: str,
        key: str | None = None,
        timeout: float = TIMEOUT_S,
        retries: int = RETRIES,
        longest_wait_s: float = LONGEST_WAIT_S,
    ) -> None:
        self.url = url
        self._retries, self._longest_wait_s = retries, longest_wait_s
        self._http = httpx.Client(base_url=url, headers=headers(key), timeout=timeout)

    def search(
        self,
        query: str,
        k: int | None = None,
        mode: Mode | None = None,
        breadth: Breadth | None = None,
        filters: Iterable[str | Condition] | str | Condition = (),
        profile: str | None = None,
        values: Mapping[str, Any] | None = None,
        explain: bool = False,
    ) -> Answer:
        """Return the passages that answer a query, best first.

        Args:
            query: A question or some words.
            k: The largest number of passages. What is None is as the profile or the service has it.
            mode: `vector` searches by meaning, `text` by words, `hybrid` by both.
            breadth: How much less relevant than the best a passage may be; `all`: the best chunks
                one by one.
            filters: Conditions that must all hold: texts such as `language=en`, or made by `field`.
            profile: A retrieval profile of the service, where the key does not name one.
            values: Values for parameters of that profile's filters, by name.
            explain: Let each hit say why it is where it is.
        """
        request = search_request(query, k, mode, breadth, filters, profile, values, explain)
        return answer_of(self._ask(request))

    def document(
        self,
        document_id: str,
        profile: str | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> Document:
        """Return a document with its whole canonical text.

        `profile` and `values` are as in a search: what the profile excludes is `NotFound` here,
        too.
        """
        requests = document_requests(document_id, profile, values)
        request = next(requests)
        while True:
            try:
                request = requests.send(self._ask(request))
            except StopIteration as end:
                document: Document = end.value
                return document

    def context(
        self,
        document_id: str,
        start: int,
        end: int,
        around: int | None = None,
        profile: str | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> Context:
        """Return a span of a document's text, and `around` characters before and behind it."""
        path = place("/v1/documents/{}/context", document_id)
        request = get(path, profile, values, start=start, end=end, around=around)
        return read(Context, self._ask(request))

    def trace(
        self,
        chunk_id: str,
        profile: str | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Return where a chunk comes from, and what the index proves of it."""
        path = place("/v1/chunks/{}/trace", chunk_id)
        return dict(self._ask(get(path, profile, values)))

    def runs(self, limit: int | None = None) -> list[dict[str, Any]]:
        """Return the newest runs of any kind, newest first."""
        return list((self._ask(get("/v1/runs", limit=limit)))["runs"])

    def run(self, run_id: str) -> dict[str, Any]:
        """Return a run with its checks, by its id, a unique prefix of it, or `latest`."""
        return dict(self._ask(get(place("/v1/runs/{}", run_id))))

    def fields(self) -> list[dict[str, Any]]:
        """Return the names that filters may use, with their types."""
        return list((self._ask(get("/v1/fields")))["fields"])

    def profiles(self) -> list[dict[str, Any]]:
        """Return the retrieval profiles that may be used."""
        return list((self._ask(get("/v1/profiles")))["profiles"])

    def health(self) -> Health:
        """Return whether the service answers, and from which state."""
        return read(Health, self._ask(replace(get("/health"), accepts=frozenset((503,)))))

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _ask(self, request: Request) -> Any:  # noqa: ANN401 - what the service says
        for attempt in range(self._retries + 1):
            try:
                response = self._http.request(
                    request.method, request.path, params=request.params, json=request.body
                )
            except httpx.TransportError as error:
                raise unreachable(self.url, error) from error
            wait = wait_before_retry(response, self._longest_wait_s)
            if wait is None or attempt == self._retries:
                break
            time.sleep(wait)
        return read_json(response, request.accepts)


class AsyncClient:
    """As `Client`, for asyncio: `async with AsyncClient(url) as client`."""

    def __init__(
        self,
        url: str,
        key: str | None = None,
        timeout: float = TIMEOUT_S,
        retries: int = RETRIES,
        longest_wait_s: float = LONGEST_WAIT_S,
    ) -> None:
        self.url = url
        self._retries, self._longest_wait_s = retries, longest_wait_s
        self._http = httpx.AsyncClient(base_url=url, headers=headers(key), timeout=timeout)

    async def search(
        self,
        query: str,
        k: int | None = None,
        mode: Mode | None = None,
        breadth: Breadth | None = None,
        filters: Iterable[str | Condition] | str | Condition = (),
        profile: str | None = None,
        values: Mapping[str, Any] | None = None,
        explain: bool = False,
    ) -> Answer:
        """Return the passages that answer a query, best first: see `Client.search`."""
        request = search_request(query, k, mode, breadth, filters, profile, values, explain)
        return answer_of(await self._ask(request))

    async def document(
        self,
        document_id: str,
        profile: str | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> Document:
        """Return a document with its whole canonical text.

        `profile` and `values` are as in a search: what the profile excludes is `NotFound` here,
        too.
        """
        requests = document_requests(document_id, profile, values)
        request = next(requests)
        while True:
            try:
                request = requests.send(await self._ask(request))
            except StopIteration as end:
                document: Document = end.value
                return document

    async def context(
        self,
        document_id: str,
        start: int,
        end: int,
        around: int | None = None,
        profile: str | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> Context:
        """Return a span of a document's text, and `around` characters before and behind it."""
        path = place("/v1/documents/{}/context", document_id)
        request = get(path, profile, values, start=start, end=end, around=around)
        return read(Context, await self._ask(request))

    async def trace(
        self,
        chunk_id: str,
        profile: str | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Return where a chunk comes from, and what the index proves of it."""
        path = place("/v1/chunks/{}/trace", chunk_id)
        return dict(await self._ask(get(path, profile, values)))

    async def runs(self, limit: int | None = None) -> list[dict[str, Any]]:
        """Return the newest runs of any kind, newest first."""
        return list((await self._ask(get("/v1/runs", limit=limit)))["runs"])

    async def run(self, run_id: str) -> dict[str, Any]:
        """Return a run with its checks, by its id, a unique prefix of it, or `latest`."""
        return dict(await self._ask(get(place("/v1/runs/{}", run_id))))

    async def fields(self) -> list[dict[str, Any]]:
        """Return the names that filters may use, with their types."""
        return list((await self._ask(get("/v1/fields")))["fields"])

    async def profiles(self) -> list[dict[str, Any]]:
        """Return the retrieval profiles that may be used."""
        return list((await self._ask(get("/v1/profiles")))["profiles"])

    async def health(self) -> Health:
        """Return whether the service answers, and from which state."""
        return read(Health, await self._ask(replace(get("/health"), accepts=frozenset((503,)))))

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> "AsyncClient":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def _ask(self, request: Request) -> Any:  # noqa: ANN401 - what the service says
        for attempt in range(self._retries + 1):
            try:
                response = await self._http.request(
                    request.method, request.path, params=request.params, json=request.body
                )
            except httpx.TransportError as error:
                raise unreachable(self.url, error) from error
            wait = wait_before_retry(response, self._longest_wait_s)
            if wait is None or attempt == self._retries:
                break
            await asyncio.sleep(wait)
        return read_json(response, request.accepts)
