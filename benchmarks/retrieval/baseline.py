"""Baselines without Vouch: a splitter, the model as its card says, BM25, and rank fusion."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from benchmarks.retrieval.spans import Piece
from vouch.embedders.models import find_model
from vouch.schemas.settings.embedding import EmbeddingSettings

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = npt.NDArray[np.float32]
_SEPARATORS = ["\n\n", "\n", ".", "?", "!", " ", ""]
_FUSED = 100  # of each ranking
_RANK_CONSTANT = 60


def recursive(texts: Mapping[str, str], size: int, overlap: int) -> list[Piece]:
    """Split texts by LangChain's recursive splitter, into at most `size` tokens of the model."""
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    tokenizer = model().tokenizer
    splitter = RecursiveCharacterTextSplitter(
        chunk_size=size,
        chunk_overlap=overlap,
        separators=_SEPARATORS,
        keep_separator=True,
        add_start_index=True,
        length_function=lambda text: len(
            tokenizer.encode(text, add_special_tokens=False, verbose=False)
        ),
    )
    pieces = []
    for name, text in texts.items():
        for document in splitter.create_documents([text]):
            start = document.metadata["start_index"]
            pieces.append(Piece(name, start, start + len(document.page_content)))
    return pieces


@cache
def model() -> "SentenceTransformer":
    """Return the default model, loaded as its card says."""
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(
        str(find_model(EmbeddingSettings(), Path.cwd()).folder), device="cpu"
    )


def encode(texts: Sequence[str]) -> Vectors:
    """Return unit vectors, shape (n, dimension)."""
    vectors: Vectors = model().encode(
        list(texts), normalize_embeddings=True, show_progress_bar=False
    )
    return vectors


class Ranker:
    """Ranks texts for queries; `groups` has a group for each text, to search within one group."""

    def __init__(
        self, texts: Sequence[str], groups: Sequence[str] = (), k1: float = 0.9, b: float = 0.4
    ) -> None:
        import bm25s

        self._texts = list(texts)
        self._groups = np.array(groups)
        self._words = bm25s.BM25(k1=k1, b=b)
        self._words.index(_tokens(self._texts), show_progress=False)
        self._query_vectors: dict[str, Vectors] = {}

    @cached_property
    def _vectors(self) -> Vectors:
        return encode(self._texts)

    def embed_queries(self, queries: Iterable[str]) -> None:
        """Embed queries in one batch, which is faster than embedding each when it is ranked."""
        missing = [query for query in dict.fromkeys(queries) if query not in self._query_vectors]
        self._query_vectors.update(zip(missing, encode(missing), strict=True) if missing else ())

    def rank(
        self, query: str, k: int, mode: str, group: str | None = None
    ) -> list[tuple[int, float]]:
        """Return numbers and scores of the best `k` texts, best first.

        `mode` is vector, text or hybrid; text ranks only texts that share a word with the query.
        """
        if mode == "hybrid":
            return _fuse([self.rank(query, _FUSED, side, group) for side in ("vector", "text")])[:k]
        values = self._by_vector(query) if mode == "vector" else self._by_words(query)
        if group is not None:
            values = np.where(self._groups == group, values, -np.inf)
        best = np.argsort(-values, kind="stable")[:k]
        floor = -np.inf if mode == "vector" else 0.0
        return [(int(number), float(values[number])) for number in best if values[number] > floor]

    def _by_vector(self, query: str) -> Vectors:
        self.embed_queries([query])
        values: Vectors = self._vectors @ self._query_vectors[query]
        return values

    def _by_words(self, query: str) -> Vectors:
        words = _tokens([query])[0]
        values: Vectors = (
            self._words.get_scores(words) if words else np.zeros(len(self._texts), dtype=np.float32)
        )
        return values


def _tokens(texts: list[str]) -> Any:  # noqa: ANN401 - bm25s has no types
    import bm25s

    return bm25s.tokenize(texts, stopwords="en", return_ids=False, show_progress=False)


def _fuse(rankings: Iterable[list[tuple[int, float]]]) -> list[tuple[int, float]]:
    """Join rankings by reciprocal ranks; equal scores are ordered by number."""
    fused: dict[int, float] = {}
    for ranking in rankings:
        for rank, (number, _) in enumerate(ranking, 1):
            fused[number] = fused.get(number, 0.0) + 1 / (_RANK_CONSTANT + rank)
    return sorted(fused.items(), key=lambda pair: (-pair[1], pair[0]))
