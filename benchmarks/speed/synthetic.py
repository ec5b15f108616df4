"""Synthetic rows in any number: documents of ten chunks, generated in batches from a seed.

Vectors have the proportions of 12,000 chunks of PEPs and Prefect's documentation, embedded by the
default model: the part of the variance that is common to all (a mean of length 0.39), the parts in
10 and in 100 directions (a third, and four fifths), and the cosine of the tenth nearest chunk (0.7;
0.62 among 12,000 of these). Fewer of a query's ten nearest chunks are in its own cell here (0.76)
than there (0.82), so that finding them is slightly harder.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vouch.embedders.base import Vectors
from vouch.index.store.staging import ShardSummary, Staging
from vouch.index.store.stored_vectors import vector_sha256
from vouch.schemas.documents.arrow import QUARANTINE
from vouch.schemas.documents.ids import chunk_id, document_id, sha256_text

DIMENSION = 384
PER_DOCUMENT = 10
GENERATION = "e" * 16
SOURCES = ("handbook", "mail", "wiki", "web")

_TOPICS = 500
_SHARED, _TOPIC, _DOCUMENT = 0.15, 0.38, 0.27  # of a vector's variance; the rest is the chunk's own
_WORDS = 30_000
_LENGTH = 60  # words of a chunk
_SHARD = 2_000  # documents


class Synthetic:
    """A corpus of unlimited size; the same seed gives the same documents."""

    def __init__(self, seed: int = 0) -> None:
        random = np.random.default_rng(seed)
        self._seed = seed
        spread = (np.arange(DIMENSION) + 8.0) ** -1.35
        rotation, _ = np.linalg.qr(random.standard_normal((DIMENSION, DIMENSION)))
        self._spread = (rotation * np.sqrt(spread / spread.sum())[:, None]).astype(np.float32)
        self._shared = _SHARED**0.5 * _unit(random.standard_normal(DIMENSION))
        self._topics = _TOPIC**0.5 * self._drawn(random, _TOPICS)
        self._words = _words(random)
        # Zipf's law: in real texts the n-th word is 1/n as frequent as the first.
        shares = 1 / np.arange(1, _WORDS + 1)
        self._shares = np.cumsum(shares / shares.sum())

    def vectors(self, first: int, count: int, version: int = 0) -> Vectors:
        """Return unit vectors of the chunks of `count` documents, shape (10 × count, 384)."""
        random = np.random.default_rng((self._seed, first, version))
        topics = random.integers(0, _TOPICS, count)
        documents = (
            self._shared + self._topics[topics] + _DOCUMENT**0.5 * self._drawn(random, count)
        )
        # Chunks are nearly alike in some documents and very different in others.
        chunk_share = (1 - _SHARED - _TOPIC - _DOCUMENT) * random.uniform(0.2, 1.8, count).repeat(
            PER_DOCUMENT
        )[:, None]
        return _unit(
            documents.repeat(PER_DOCUMENT, axis=0)
            + chunk_share**0.5 * self._drawn(random, count * PER_DOCUMENT)
        )

    def _drawn(self, random: np.random.Generator, count: int) -> Vectors:
        """Draw normal vectors of variance 1, most of it in few directions, shape (count, 384)."""
        return random.standard_normal((count, DIMENSION), dtype=np.float32) @ self._spread

    def texts(self, first: int, count: int, version: int = 0) -> list[str]:
        """Return the texts of the same chunks: random words, few of them frequent."""
        random = np.random.default_rng((self._seed, first, version, 1))
        picked = np.searchsorted(
            self._shares, random.random((count * PER_DOCUMENT, _LENGTH)) * self._shares[-1]
        )
        words = self._words
        return [" ".join(words[picked]) for picked in picked]


def _unit(vectors: npt.NDArray[Any]) -> Vectors:
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


def _words(random: np.random.Generator) -> npt.NDArray[np.object_]:
    parts = np.array([first + second for first in "bdfgklmnprstvz" for second in "aeiou"])
    picked = parts[random.integers(0, len(parts), (_WORDS, 4))]
    lengths = random.integers(1, 5, _WORDS)
    return np.array(
        ["".join(row[:length]) for row, length in zip(picked, lengths, strict=True)], dtype=object
    )


def document_at(number: int) -> tuple[str, str]:
    """Return the source and the uri of a document."""
    return SOURCES[number % len(SOURCES)], f"folder {number % 97}/document {number}.md"


def stage(staging: Staging, corpus: Synthetic, numbers: range, version: int = 0) -> list[str]:
    """Stage the documents of these numbers and return the names of the shards."""
    names = []
    for first in range(numbers.start, numbers.stop, _SHARD):
        count = min(_SHARD, numbers.stop - first)
        names.append(f"synthetic-{first}-{version}")
        staging.write(
            names[-1],
            _tables(staging, corpus, first, count, version),
            ShardSummary(produced=count * PER_DOCUMENT),
        )
    return names


def _tables(
    staging: Staging, corpus: Synthetic, first: int, count: int, version: int
) -> dict[str, pa.Table]:
    documents = [document_at(number) for number in range(first, first + count)]
    ids = [document_id(*document) for document in documents]
    texts = corpus.texts(first, count, version)
    document_texts = [
        "\n\n".join(texts[n : n + PER_DOCUMENT]) for n in range(0, len(texts), PER_DOCUMENT)
    ]
    chunks = _chunks(documents, ids, texts, corpus.vectors(first, count, version))
    return {
        "chunks": _table(chunks, staging.schemas["chunks"]),
        "documents": _table(
            _documents(documents, ids, document_texts), staging.schemas["documents"]
        ),
        "quarantine": QUARANTINE.empty_table(),
    }


def _chunks(
    documents: list[tuple[str, str]], ids: list[str], texts: list[str], vectors: Vectors
) -> dict[str, Any]:
    owner = [number for number in range(len(ids)) for _ in range(PER_DOCUMENT)]
    places = [number % PER_DOCUMENT for number in range(len(texts))]
    lengths = np.array([len(text) for text in texts]).reshape(-1, PER_DOCUMENT)
    ends = np.cumsum(lengths + 2, axis=1) - 2
    starts, stops = (ends - lengths).reshape(-1).tolist(), ends.reshape(-1).tolist()
    titles = [f"Document {uri}" for _, uri in documents]
    embedded = [f"{titles[at]}\n\n{text}" for at, text in zip(owner, texts, strict=True)]
    spans = zip(owner, starts, stops, texts, strict=True)
    rows = len(texts)
    return {
        "chunk_id": [chunk_id(ids[at], start, stop, text) for at, start, stop, text in spans],
        "document_id": [ids[at] for at in owner],
        "source": [documents[at][0] for at in owner],
        "uri": [documents[at][1] for at in owner],
        "title": [titles[at] for at in owner],
        "text": texts,
        "embedded_text": embedded,
        "vector": pa.FixedSizeListArray.from_arrays(pa.array(vectors.reshape(-1)), DIMENSION),
        "heading_path": [["Heading"]] * rows,
        "element_types": [["paragraph"]] * rows,
        "language": [("en", "en", "de", "fr")[at % 4] for at in owner],
        "char_start": starts,
        "char_end": stops,
        "chunk_index": places,
        "token_count": [100] * rows,
        "text_sha256": [sha256_text(text) for text in texts],
        "embedded_sha256": [sha256_text(text) for text in embedded],
        "vector_sha256": [vector_sha256(vector) for vector in vectors],
        "flags": [[]] * rows,
    } | _shared(rows)


def _documents(
    documents: list[tuple[str, str]], ids: list[str], document_texts: list[str]
) -> dict[str, Any]:
    return {
        "document_id": ids,
        "source": [source for source, _ in documents],
        "uri": [uri for _, uri in documents],
        "title": [f"Document {uri}" for _, uri in documents],
        "status": ["published"] * len(ids),
        "size": [len(text) for text in document_texts],
        "canonical_text": document_texts,
        "canonical_sha256": [sha256_text(text) for text in document_texts],
        "char_count": [len(text) for text in document_texts],
        "chunk_count": [PER_DOCUMENT] * len(ids),
    } | _shared(len(ids))


def _shared(rows: int) -> dict[str, Any]:
    constants = {
        "parser": "text",
        "parse_fingerprint": "p" * 16,
        "chunk_fingerprint": "k" * 16,
        "embedding_fingerprint": GENERATION,
    }
    return {name: [value] * rows for name, value in constants.items()} | {
        "content_sha256": ["0" * 64] * rows,
        "metadata": [[]] * rows,
    }


def _table(columns: dict[str, Any], schema: pa.Schema) -> pa.Table:
    """Return a table of the schema; columns that are not given are null."""
    rows = len(columns["document_id"])
    return pa.table(
        [
            pa.array(columns[f.name], f.type) if f.name in columns else pa.nulls(rows, f.type)
            for f in schema
        ],
        schema,
    )
