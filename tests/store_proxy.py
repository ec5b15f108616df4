"""A proxy before an object store: it counts requests, and refuses, delays and loses some of them.

    with store_proxy(store.endpoint) as proxy:
        options = store.options_by(proxy.endpoint)
        proxy.faults = Faults(seed=7, unavailable=0.05)

What happens to a request follows from the seed, its method and URL, and how many equal requests
came before: the same requests meet the same faults, whatever the clock says.
"""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from io import BytesIO

from aiohttp import (
    ClientError,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    TCPConnector,
    web,
)
from yarl import URL

_MAX_BODY = 1 << 30
_HOP = {"connection", "keep-alive", "transfer-encoding", "upgrade", "te", "trailer"}
_BUSY = (
    b'<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>Reduce the rate</Message></Error>'
)


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong between the client and the store.

    Attributes:
        seed: Decides which requests are concerned.
        unavailable: Share of requests that are answered 503 and do not reach the store.
        lost: Share of conditional writes that reach the store, and whose answer does not reach the
            client: by turns the connection is cut, or a 500 takes the answer's place.
        delay_s: How long every request waits, in seconds.
        down: Every connection is cut before its request reaches the store.
    """

    seed: int = 0
    unavailable: float = 0.0
    lost: float = 0.0
    delay_s: float = 0.0
    down: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """A request that came in; `sent` and `received` are bytes of bodies, as the client sees it.

    `prefix` is what a LIST lists, below its bucket; `client` is the address that asks. `fault` is `503`, `lost` or `down` where the proxy intervened.
    """

    operation: str
    key: str
    phase: str
    status: int
    sent: int
    received: int
    prefix: str = ""
    client: str = ""
    fault: str | None = None


class StoreProxy:
    """A running proxy. `phase` and `faults` may be set at any time, from any thread.

    Attributes:
        endpoint: Its address, for storage options.
        faults: What goes wrong from now on.
        phase: A name for what happens now; each request is noted with it.
        requests: All requests that were answered, in the order of their answers.
        hold: Is called with operation and path of each request before it reaches the store; the
            event that it returns is waited for.
    """

    def __init__(self, upstream: str) -> None:
        self.endpoint = ""
        self.faults = Faults()
        self.phase = ""
        self.requests: list[Request] = []
        self.hold: Callable[[str, str], threading.Event | None] = lambda operation, path: None
        self._upstream = upstream
        self._seen: Counter[str] = Counter()
        self._session: ClientSession | None = None

    async def start(self, host: str, port: int) -> web.AppRunner:
        """Begin to listen in the running event loop."""
        self._session = ClientSession(
            connector=TCPConnector(limit=0),
            timeout=ClientTimeout(total=300),
            cookie_jar=DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        )
        application = web.Application(client_max_size=_MAX_BODY)
        application.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
        await runner.setup()
        site = web.TCPSite(runner, host, port)
        await site.start()
        assert site._server is not None
        listening = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
        self.endpoint = f"http://{host}:{listening}"
        return runner

    async def close(self, runner: web.AppRunner) -> None:
        """Stop listening."""
        await runner.cleanup()
        assert self._session is not None
        await self._session.close()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        faults, phase = self.faults, self.phase
        body = await request.read()
        operation = _operation(request)
        self._seen[f"{request.method} {request.raw_path}"] += 1
        if faults.delay_s:
            await asyncio.sleep(faults.delay_s)

        def note(status: int, received: int, fault: str | None = None) -> None:
            self.requests.append(
                Request(
                    operation,
                    request.path,
                    phase,
                    status,
                    len(body),
                    received,
                    request.query.get("prefix", ""),
                    request.remote or "",
                    fault,
                )
            )

        if faults.down:
            note(0, 0, "down")
            return _cut(request)
        if self._chosen("503", request, faults.seed, faults.unavailable):
            note(503, len(_BUSY), "503")
            return web.Response(status=503, body=_BUSY, content_type="application/xml")
        if wait_for := self.hold(operation, request.path):
            await asyncio.to_thread(wait_for.wait)
        try:
            status, headers, content = await self._forward(request, body)
        except ClientError:
            note(0, 0, "down")
            return _cut(request)
        if "if" in operation.split() and self._chosen("lost", request, faults.seed, faults.lost):
            note(status, 0, "lost")
            if self._chosen("how", request, faults.seed, 0.5):
                return _cut(request)
            return web.Response(status=500)
        note(status, len(content))
        return web.Response(status=status, headers=headers, body=content)

    async def _forward(
        self, request: web.Request, body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """Ask the store, with the host that the client has signed."""
        headers = [pair for pair in request.headers.items() if pair[0].lower() not in _HOP]
        url = URL(self._upstream + request.raw_path, encoded=True)
        assert self._session is not None
        async with self._session.request(
            request.method,
            url,
            headers=headers,
            data=BytesIO(body) if body else None,
            allow_redirects=False,
        ) as answer:
            content = await answer.read()
            kept = [pair for pair in answer.headers.items() if pair[0].lower() not in _HOP]
            return answer.status, kept, content

    def _chosen(self, kind: str, request: web.Request, seed: int, share: float) -> bool:
        name = f"{request.method} {request.raw_path}"
        digest = blake2b(f"{seed} {kind} {name} {self._seen[name]}".encode(), digest_size=8)
        return int.from_bytes(digest.digest()) < share * 2**64


def _cut(request: web.Request) -> web.StreamResponse:
    """End the connection in the middle of the exchange."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response(status=500)


def _operation(request: web.Request) -> str:
    """Return what S3 calls a request, and `if` where it is a write under a condition."""
    query, headers, method = request.query, request.headers, request.method
    condition = " if" if {"If-Match", "If-None-Match"} & headers.keys() else ""
    if method == "GET":
        if "/" not in request.path.strip("/"):
            return "LIST"
        return "GET range" if "Range" in headers else "GET"
    if method == "PUT":
        if "partNumber" in query:
            return "PUT part"
        return f"{'COPY' if 'x-amz-copy-source' in headers else 'PUT'}{condition}"
    if method == "POST":
        names = {"uploads": "multipart start", "uploadId": "multipart end", "delete": "DELETE many"}
        return next((text for name, text in names.items() if name in query), "POST") + condition
    return method


@contextmanager
def store_proxy(upstream: str, host: str = "127.0.0.1", port: int = 0) -> Iterator[StoreProxy]:
    """Run a proxy before the store at the address `upstream` in a thread, until the block ends."""
    proxy, ready, end = StoreProxy(upstream), threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        runner = await proxy.start(host, port)
        ready.set()
        await end.wait()
        await proxy.close(runner)

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    if not ready.wait(30):
        raise RuntimeError(f"the proxy does not listen on {host}:{port}")
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join(30)
        loop.close()
