"""Text to unit vectors with a sentence-transformers model."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from embedders.fingerprint import ModelCard
from schemas.errors import EmbeddingError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = npt.NDArray[np.float32]

PROBE = "The quick brown fox jumps over the lazy dog. 0123456789 — naïve façade, Ünïcödé, 中文, العربية."
_PROBE_COSINE = 0.999
_QUERIES = 10_000  # vectors of queries that are kept


class Embedder:
    """Loads the model at first use, so that a run with nothing to embed never pays for it."""

    def __init__(self, card: ModelCard) -> None:
        self.card = card
        self._settings = card.settings
        self._queries: dict[str, Vectors] = {}

    @cached_property
    def _model(self) -> "SentenceTransformer":
        import torch
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        precision = {"float32": torch.float32, "bfloat16": torch.bfloat16}[self._settings.precision]
        try:
            return SentenceTransformer(
                str(self.card.folder),
                device=self._settings.device,
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"torch_dtype": precision, "use_safetensors": True},
            )
        except (OSError, ValueError, RuntimeError) as error:
            raise EmbeddingError(f"the model in {self.card.folder} cannot be loaded: {error}") from error

    def probe(self) -> Vectors:
        """The vector of a fixed text, shape (dimension,): shows whether the model still gives what it gave."""
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
        self, texts: Sequence[str], token_counts: Sequence[int], progress: Callable[[int], None] = lambda _: None
    ) -> Vectors:
        """Unit vectors, shape (n, dimension), of `texts`; `progress` is told how many more are done.

        Texts of like length go together, so that little is spent on padding.
        """
        prefix = self._settings.document_prefix
        vectors = np.empty((len(texts), self.card.dimension), dtype=np.float32)
        for batch in _batches(token_counts, self._settings.batch_tokens):
            vectors[batch] = self._encode([prefix + texts[number] for number in batch])
            progress(len(batch))
        return vectors

    def embed_query(self, text: str) -> Vectors:
        """The unit vector of a query, shape (dimension,). The last ones are kept: the same is asked of two states."""
        if text not in self._queries:
            if len(self._queries) >= _QUERIES:
                self._queries.clear()
            self._queries[text] = self._one(self._settings.query_prefix + text)
            self._queries[text].setflags(write=False)
        return self._queries[text]

    def _one(self, text: str) -> Vectors:
        vector: Vectors = self._encode([text])[0]
        return vector

    def _encode(self, texts: list[str]) -> Vectors:
        # Converted by tensor, because numpy has no bfloat16; normalised afterwards, in full precision.
        tensor = self._model.encode(texts, batch_size=len(texts), convert_to_tensor=True, show_progress_bar=False)
        vectors: Vectors = tensor.float().cpu().numpy()
        unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit


def _batches(token_counts: Sequence[int], batch_tokens: int) -> Iterator[list[int]]:
    """Positions of texts, longest first, in batches of at most `batch_tokens` with padding."""
    order = sorted(range(len(token_counts)), key=lambda number: -token_counts[number])
    start = 0
    while start < len(order):
        longest = max(1, token_counts[order[start]])
        size = max(1, batch_tokens // longest)
        yield order[start : start + size]
        start += size
