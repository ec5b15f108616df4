"""Text to unit vectors: prefixes, what was asked before, and whether the model still gives what it gave."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from vouch.embedders.fingerprint import ModelCard
from vouch.schemas.errors import EmbeddingError

if TYPE_CHECKING:
    from vouch.embedders.engine import Engine
    from vouch.embedders.process import EmbeddingProcess

Vectors: TypeAlias = npt.NDArray[np.float32]

PROBE = "The quick brown fox jumps over the lazy dog. 0123456789 — naïve façade, Ünïcödé, 中文, العربية."
_PROBE_COSINE = 0.999
_QUERIES = 10_000  # vectors of queries that are kept
_JOB = 1024  # texts that are handed over at a time: a few seconds of work, so that progress is seen


class Embedder:
    """Loads the model at first use, so that a run with nothing to embed never pays for it.

    With a `process` the work is done there; without one in this process, which is what a search wants.
    """

    def __init__(
        self, card: ModelCard, process: "Callable[[], EmbeddingProcess] | None" = None
    ) -> None:
        self.card = card
        self._settings = card.settings
        self._start = process
        self._queries: dict[str, Vectors] = {}

    @cached_property
    def _process(self) -> "EmbeddingProcess | None":
        return self._start() if self._start else None

    @cached_property
    def _engine(self) -> "Engine":
        if self._process:
            return self._process
        from vouch.embedders.engine import choose

        return choose(self.card)

    def probe(self) -> Vectors:
        """The vector of a fixed text, shape (dimension,): shows whether the model still gives what it gave."""
        return self._probe

    @cached_property
    def _probe(self) -> Vectors:
        return self._one(PROBE)

    @staticmethod
    def verify(probe: Vectors, published_probe: Vectors) -> None:
        """Raise `EmbeddingError` where the model, by the same fingerprint, gives other vectors than those published."""
        cosine = float(probe @ published_probe)
        if cosine < _PROBE_COSINE:
            raise EmbeddingError(
                f"the model gives other vectors than the published ones (probe cosine {cosine:.4f}, wanted at least "
                f"{_PROBE_COSINE}) though its files and settings are the same; look for a changed torch, device or driver"
            )

    def embed_documents(
        self,
        texts: Sequence[str],
        token_counts: Sequence[int],
        progress: Callable[[int], None] = lambda _: None,
    ) -> Vectors:
        """Unit vectors, shape (n, dimension), of `texts`; `progress` is told how many more are done.

        Texts of like length go together, so that little is spent on padding.
        """
        order = sorted(range(len(texts)), key=lambda place: -token_counts[place])
        jobs = [order[start : start + _JOB] for start in range(0, len(order), _JOB)]
        vectors = np.empty((len(texts), self.card.dimension), dtype=np.float32)
        prefix = self._settings.document_prefix
        for job, found in zip(
            jobs,
            self._encoded([[prefix + texts[place] for place in job] for job in jobs]),
            strict=True,
        ):
            vectors[job] = found
            progress(len(job))
        return vectors

    def _encoded(self, jobs: Sequence[list[str]]) -> Iterator[Vectors]:
        """One after the other; a process has the next ones at hand while the first is fetched."""
        if self._process is None:
            yield from (self._engine.encode(job) for job in jobs)
            return
        futures = [self._process.submit(job) for job in jobs]
        yield from (self._process.result(future) for future in futures)

    def embed_query(self, text: str) -> Vectors:
        """The unit vector of a query, shape (dimension,). The last ones are kept: the same is asked of two states."""
        if text not in self._queries:
            if len(self._queries) >= _QUERIES:
                self._queries.clear()
            self._queries[text] = self._one(self._settings.query_prefix + text)
            self._queries[text].setflags(write=False)
        return self._queries[text]

    def _one(self, text: str) -> Vectors:
        vector: Vectors = self._engine.encode([text])[0]
        return vector
