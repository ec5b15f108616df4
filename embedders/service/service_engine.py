"""Embeds by an HTTP service with OpenAI's interface."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import httpx
import numpy as np

from vouch.embedders.base import Embedded, RequestMeter, Vectors
from vouch.embedders.probes import ProbeSet
from vouch.schemas.errors import EmbeddingError

if TYPE_CHECKING:
    from vouch.embedders.service.service_model_card import ServiceModelCard


class ServiceEngine:
    """The engine of a model that a service runs; used from several threads."""

    def __init__(self, card: "ServiceModelCard") -> None:
        self._card, self._service = card, card.service
        self._client = httpx.Client(timeout=self._service.timeout_s)
        self.expected: ProbeSet | None = None
        """What the model must give for its probe texts, where that is checked in each request."""

    def encode(self, texts: Sequence[str], meter: RequestMeter | None = None) -> Vectors:
        """Return unit vectors, shape (n, dimension), of a few texts by one request, without a probe
        in it: of the probes themselves.
        """
        return self.embed(texts, [0] * len(texts)).vectors

    def embed(
        self,
        texts: Sequence[str],
        token_counts: Sequence[int],
        progress: Callable[[int], None] = lambda _: None,
        meter: RequestMeter | None = None,
    ) -> Embedded:
        """Return unit vectors of texts; `token_counts` are estimates. For the others see
        `Embedder.embed_documents`.
        """
        places = range(len(texts))
        if meter:
            meter.sent(places)
        answer = self._client.post(
            f"{self._service.url}/embeddings",
            json={"model": self._card.name, "input": list(texts)},
            headers=self._service.filled_headers(),
        )
        if answer.is_error:
            if meter and answer.is_client_error:
                meter.refused(places)
            raise EmbeddingError(f"the embedding service says {answer.text[:500]}")
        body = answer.json()
        rows = sorted(body["data"], key=lambda row: row["index"])
        vectors = np.array([row["embedding"] for row in rows], dtype=np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        if meter:
            meter.answered(places, body.get("usage", {}).get("total_tokens"), vectors)
        progress(len(texts))
        return Embedded(vectors)
