"""Text to unit vectors: prefixes, a cache of query vectors, and the model's probe texts."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from vouch.embedders.base import Embedded, Engine, RequestMeter, Vectors
from vouch.embedders.model_card import ModelCard
from vouch.embedders.probes import PROBES, SHORT_PROBES, ProbeSet, mean_cosine
from vouch.embedders.service.service_engine import ServiceEngine

if TYPE_CHECKING:
    from vouch.embedders.local.process import EmbeddingProcess

_CACHED_QUERIES = 10_000
# Texts submitted to the embedding process at a time: a few seconds of work, so that progress is
# visible.
_JOB_TEXTS = 1024


class Embedder:
    """The embedding model, loaded at first use, so that a run with nothing to embed never loads it.

    With a `process` the model runs there; without one it runs in this process, as for a search.
    """

    def __init__(
        self, card: ModelCard, process: "Callable[[], EmbeddingProcess] | None" = None
    ) -> None:
        self.card = card
        self._start_process = process
        self._query_vectors: dict[str, Vectors] = {}
        self._probes: Vectors | None = None

    @cached_property
    def _process(self) -> "EmbeddingProcess | None":
        return self._start_process() if self._start_process else None

    @cached_property
    def _engine(self) -> Engine:
        return self._process or self.card.load()

    def share_limits(self, workers: int) -> None:
        """Keep to an equal part of a service's limits, which so many processes of a run use."""
        if isinstance(self._engine, ServiceEngine):
            self._engine.share_limits(workers)

    def stop(self) -> None:
        """End the requests to a service: who waits for vectors gets an `EmbeddingError` at once."""
        engine = self.__dict__.get("_engine")  # not loaded for this
        if isinstance(engine, ServiceEngine):
            engine.stop()

    @property
    def about(self) -> str:
        """What runs the model, and why, for the log and the record of a run. Loads it."""
        return self._engine.about

    @cached_property
    def unrelated_cosine(self) -> float:
        """How near the model puts texts that have nothing in common, as the mean cosine of short
        probe texts; 0 for a service of which none are expected. Loads a model of this machine.
        """
        if not isinstance(self._engine, ServiceEngine):
            return mean_cosine(self._engine.encode(PROBES[:SHORT_PROBES]))
        expected = self._engine.expected
        return mean_cosine(expected.vectors[:SHORT_PROBES]) if expected else 0.0

    def probe(self) -> Vectors:
        """Return the vector of the first probe text, shape (dimension,)."""
        vector: Vectors = self.probes()[0]
        return vector

    def probes(self, meter: RequestMeter | None = None) -> Vectors:
        """Return the vectors of the model's probe texts, shape (texts, dimension), from when they
        were first asked for.
        """
        if self._probes is None:
            self._probes = self.ask_probes(self.card.probe_texts, meter)
        return self._probes

    def ask_probes(self, texts: Sequence[str], meter: RequestMeter | None = None) -> Vectors:
        """Return the vectors of probe texts, shape (texts, dimension), as the model gives them now:
        of a service by one request, which `meter` counts.
        """
        if isinstance(self._engine, ServiceEngine):
            return self._engine.encode(texts, meter)
        vectors: Vectors = self._engine.encode(list(texts))
        return vectors

    def expect(self, probes: ProbeSet) -> None:
        """Let a service's requests for documents and queries each carry one of the probe texts.

        Raises `ModelChanged` where its vector is another one: one of several machines behind an
        address may run another model. What the request brought is then not used.
        """
        if isinstance(self._engine, ServiceEngine):
            self._engine.expected = probes

    def embed_documents(
        self,
        texts: Sequence[str],
        token_counts: Sequence[int],
        progress: Callable[[int], None] = lambda _: None,
        meter: RequestMeter | None = None,
    ) -> Embedded:
        """Return the unit vectors of `texts`.

        Calls `progress` with the number of texts finished since the last call; `meter` counts the
        requests of a service. Texts of similar length are embedded together, so that little time
        is spent on padding.
        """
        prefix = self.card.document_prefix
        if isinstance(self._engine, ServiceEngine):
            inputs = [prefix + text for text in texts]
            return self._engine.embed(inputs, token_counts, progress, meter)
        order = sorted(range(len(texts)), key=lambda index: -token_counts[index])
        jobs = [order[start : start + _JOB_TEXTS] for start in range(0, len(order), _JOB_TEXTS)]
        inputs_of_jobs = [[prefix + texts[index] for index in job] for job in jobs]
        vectors = np.empty((len(texts), self.card.dimension), dtype=np.float32)
        for job, job_vectors in zip(jobs, self._encode_jobs(inputs_of_jobs), strict=True):
            vectors[job] = job_vectors
            progress(len(job))
        return Embedded(vectors)

    def _encode_jobs(self, jobs: Sequence[list[str]]) -> Iterator[Vectors]:
        """Yield the vectors of each job in order."""
        if self._process is None:
            yield from (self._engine.encode(job) for job in jobs)
            return
        # All jobs are submitted first, so that the process never waits for the next one.
        futures = [self._process.submit(job) for job in jobs]
        yield from (self._process.result(future) for future in futures)

    def ask_queries(self, texts: Sequence[str], meter: RequestMeter | None = None) -> None:
        """Ask a service for the vectors of many queries in few requests, for `embed_query`.

        Repeats requests as for documents. Raises `EmbeddingError` where it does not answer. What it
        refuses is asked again one by one.
        """
        missing = [text for text in dict.fromkeys(texts) if text not in self._query_vectors]
        if not missing or not isinstance(self._engine, ServiceEngine):
            return
        inputs = [self.card.query_prefix + text for text in missing]
        counts = [len(ids) for ids in self.card.tokenizer.token_ids(inputs)]
        embedded = self._engine.embed(inputs, counts, meter=meter)
        embedded.vectors.setflags(write=False)
        for place, text in enumerate(missing):
            if place not in embedded.refused:
                self._query_vectors[text] = embedded.vectors[place]

    def embed_query(self, text: str) -> Vectors:
        """Return the unit vector of a query, shape (dimension,), read-only.

        A service is asked once, and has `search_timeout_s` for it. Raises `TextRefused` where it
        refuses the text, and `EmbeddingError` where it does not answer. Recent queries are cached,
        because golden queries are embedded for two states each.
        """
        # From several threads: another one may clear the cache at any moment.
        if (cached := self._query_vectors.get(text)) is not None:
            return cached
        inputs, service = [self.card.query_prefix + text], self.card.settings.service
        if service and isinstance(self._engine, ServiceEngine):
            timeout_s = service.search_timeout_s
            (vector,) = self._engine.encode(inputs, timeout_s=timeout_s, with_probe=True)
        else:
            (vector,) = self._engine.encode(inputs)
        query_vector: Vectors = vector
        query_vector.setflags(write=False)
        if len(self._query_vectors) >= _CACHED_QUERIES:
            self._query_vectors.clear()
        self._query_vectors[text] = query_vector
        return query_vector
