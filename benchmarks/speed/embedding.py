"""Embedding: `python -m benchmarks.speed.embedding CORPORA`.

The baseline is `SentenceTransformer.encode`, called as its documentation says.
"""

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.speed.samples import CORPORA, Texts, documents, texts
from vouch.embedders.base import Vectors
from vouch.embedders.embedder import Embedder
from vouch.embedders.local.process import EmbeddingProcess
from vouch.embedders.models import find_model
from vouch.schemas.settings.embedding import EmbeddingSettings

_DOCUMENTS, _CHUNKS, _ROUNDS, _NEIGHBOURS = 60, 800, 3, 10


@dataclass(slots=True)
class Way:
    """A way to embed: seconds until it is ready, seconds of each round, and its vectors."""

    name: str
    ready: float
    embed: Callable[[Texts], Vectors]
    seconds: list[float] = field(default_factory=list)
    vectors: Vectors | None = None


def tables(corpora: Path) -> Iterator[str]:
    """Yield a table for each corpus. The ways take turns, so that load affects all of them."""
    ways = [_baseline(), _ours("float32"), _ours("auto")]
    for name in CORPORA:
        sample = texts(documents(corpora, name, _DOCUMENTS), _CHUNKS)
        for way in ways:
            way.seconds.clear()
            way.embed(Texts(sample.texts[:50], sample.tokens[:50]))
        for _ in range(_ROUNDS):
            for way in ways:
                start = time.perf_counter()
                way.vectors = way.embed(sample)
                way.seconds.append(time.perf_counter() - start)
        yield _table(name, sample, ways)


def _baseline() -> Way:
    start = time.perf_counter()
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(find_model(EmbeddingSettings(), Path()).folder))
    ready = time.perf_counter() - start
    return Way(
        "SentenceTransformer.encode",
        ready,
        lambda sample: model.encode(sample.texts, normalize_embeddings=True),
    )


def _ours(precision: str) -> Way:
    start = time.perf_counter()
    card = find_model(EmbeddingSettings.model_validate({"precision": precision}), Path())
    process = EmbeddingProcess(card)
    embedder = Embedder(card, lambda: process)
    embedder.probe()
    ready = time.perf_counter() - start
    return Way(
        f"**Vouch**, {precision}",
        ready,
        lambda sample: embedder.embed_documents(sample.texts, sample.tokens).vectors,
    )


def _table(name: str, sample: Texts, ways: list[Way]) -> str:
    lines = [
        f"### Embedding: {len(sample.texts)} chunks of {name}, "
        f"{np.mean(sample.tokens):.0f} tokens each (mean)",
        f"all-MiniLM-L6-v2; medians of {_ROUNDS} rounds in which the ways take turns.",
        "",
        "| way | chunks/s | of the baseline | least cosine | mean cosine | same 10 nearest "
        "| ready in s |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    exact, base = ways[0].vectors, median(ways[0].seconds)
    for way in ways:
        if exact is None or way.vectors is None:
            raise RuntimeError("every way embeds before the table is made")
        cosines = np.sum(way.vectors * exact, axis=1)
        seconds = median(way.seconds)
        same = _same_neighbours(exact, way.vectors)
        lines.append(
            f"| {way.name} | {len(sample.texts) / seconds:.0f} | {base / seconds:.1f}x "
            f"| {cosines.min():.5f} | {cosines.mean():.5f} | {same:.3f} | {way.ready:.1f} |"
        )
    return "\n".join(lines)


def _same_neighbours(exact: Vectors, approximate: Vectors) -> float:
    """Return the share of each text's nearest texts that both kinds of vectors agree on."""
    pairs = zip(_nearest(exact), _nearest(approximate), strict=True)
    return float(np.mean([len(set(a) & set(b)) / _NEIGHBOURS for a, b in pairs]))


def _nearest(vectors: Vectors) -> np.ndarray:
    scores = vectors @ vectors.T
    np.fill_diagonal(scores, -1)
    return np.argsort(-scores, axis=1)[:, :_NEIGHBOURS]


def main(arguments: list[str]) -> None:
    """Print the tables."""
    for table in tables(Path(arguments[0])):
        print(table, end="\n\n", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
