"""Vectors stored as other types than float32: what is found, and what they take.

    python -m benchmarks.scale.vector_types CORPORA [ROWS…]

Found: vectors of the default model over chunks of the PEPs, XQuAD's paragraphs and Cranfield's
abstracts, each query compared with all. float32 and float16 are searched by the store; bfloat16 and
int8, which it does not search, are rounded and compared here, int8 by one factor a vector.

Taken: synthetic vectors (`benchmarks.speed.synthetic`) in tables without texts. A search is for a
hundred rows, as Vouch requests them; both types take turns.
"""

import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Any, TypeAlias

import ir_measures
import lancedb
import numpy as np
import pyarrow as pa
from ir_measures import ScoredDoc, nDCG
from lancedb.table import Table

from benchmarks.retrieval.cranfield import read_collection
from benchmarks.retrieval.markdown import percent, table
from benchmarks.retrieval.xquad import read_paragraphs
from benchmarks.speed.samples import documents, texts
from benchmarks.speed.synthetic import DIMENSION, PER_DOCUMENT, Synthetic
from vouch.embedders.base import Vectors
from vouch.embedders.embedder import Embedder
from vouch.embedders.models import find_model
from vouch.index.store.stored_vectors import vector_column
from vouch.index.vectors.vector_index import VectorIndex, nearest
from vouch.schemas.documents.arrow import VECTOR_TYPES
from vouch.schemas.settings.choices import VectorType
from vouch.schemas.settings.embedding import EmbeddingSettings

_ROWS = (100_000, 300_000)
_ROUNDED = ("bfloat16", "int8")
_PEPS, _CHUNKS, _CHUNKS_PER_QUERY = 200, 3_000, 20
_NEAR, _LIMIT = 10, 100
_QUERIES, _WARM_UP = 20, 3
_PARTITIONS, _PROBED = 300, 30
Ranking: TypeAlias = list[list[int]]
"""The numbers of the texts nearest to each query, the nearest first."""


@dataclass(frozen=True, slots=True)
class _Set:
    """Texts and queries by their vectors; `judge` says in words how good a ranking is."""

    name: str
    texts: Vectors
    queries: Vectors
    judge: Any


def retrieval(corpora: Path) -> str:
    """Return the table of what is found."""
    lines = []
    for each in _sets(corpora):
        exact = _ranked(each, "float32")
        for kind in (*VECTOR_TYPES, *_ROUNDED):
            ranking = exact if kind == "float32" else _ranked(each, kind)
            pairs = zip(exact, ranking, strict=True)
            same = fmean(len({*a[:_NEAR]} & {*b[:_NEAR]}) / _NEAR for a, b in pairs)
            size = f"{len(each.texts):,} texts, {len(each.queries):,} queries"
            cells = [f"{each.name}: {size}", kind, f"{100 * same:.2f}", each.judge(ranking)]
            lines.append(cells)
    columns = ("vectors", "stored as", "of the ten nearest by float32, %", "found")
    return table("What is found by vectors of other types", columns, lines, "")


def _sets(corpora: Path) -> Iterator[_Set]:
    embedder = Embedder(find_model(EmbeddingSettings(), Path()))

    def embedded(passages: Sequence[str]) -> Vectors:
        return embedder.embed_documents(passages, list(map(len, passages))).vectors

    def queries_of(queries: Sequence[str]) -> Vectors:
        return np.stack([embedder.embed_query(query) for query in queries])

    peps = texts(documents(corpora, "peps/base", _PEPS), _CHUNKS).texts
    yield _Set("PEPs", embedded(peps), queries_of(peps[::_CHUNKS_PER_QUERY]), lambda _: "–")

    paragraphs, questions = read_paragraphs(corpora / "xquad")
    names = list(paragraphs)

    def first_five(ranking: Ranking) -> str:
        pairs = zip(questions, ranking, strict=True)
        share = fmean(each.paragraph in [names[at] for at in near[:5]] for each, near in pairs)
        return f"among five {percent(share)[0]} %"

    queries = queries_of([question.text for question in questions])
    yield _Set("XQuAD", embedded(list(paragraphs.values())), queries, first_five)

    abstracts, questions_, judged = read_collection(corpora / "cranfield")

    def gain(ranking: Ranking) -> str:
        run = [
            ScoredDoc(query["_id"], abstracts[at]["_id"], -rank)
            for query, near in zip(questions_, ranking, strict=True)
            for rank, at in enumerate(near)
        ]
        return f"nDCG@10 {ir_measures.calc_aggregate([nDCG @ 10], judged, run)[nDCG @ 10]:.4f}"

    passages = [f"{abstract['title']} {abstract['text']}" for abstract in abstracts]
    yield _Set("Cranfield", embedded(passages), queries_of([q["text"] for q in questions_]), gain)


def _ranked(vectors: _Set, kind: str) -> Ranking:
    if kind in _ROUNDED:
        scores = vectors.queries @ _rounded(vectors.texts, kind).T
        return np.argsort(-scores, axis=1, kind="stable")[:, :_LIMIT].tolist()
    with tempfile.TemporaryDirectory() as folder:
        chunks = _table(Path(folder), vectors.texts, kind)
        return [[int(each) for each in _search(chunks, query)[0]] for query in vectors.queries]


def _table(place: Path, vectors: Vectors, kind: VectorType) -> Table:
    column = vector_column(vectors, pa.list_(VECTOR_TYPES[kind], DIMENSION))
    ids = pa.array([str(number) for number in range(len(vectors))])
    rows = pa.table({"chunk_id": ids, "vector": column})
    return lancedb.connect(place).create_table("chunks", rows)


def _rounded(vectors: Vectors, kind: str) -> Vectors:
    """Return vectors as they would be read again from a type that the store does not search."""
    if kind == "int8":
        factors = 127 / np.abs(vectors).max(axis=1, keepdims=True)
        return (np.rint(vectors * factors) / factors).astype(np.float32)
    bits = np.ascontiguousarray(vectors, np.float32).view(np.uint32)
    rounding = 0x7FFF + ((bits >> 16) & 1)  # to the nearest, and to even where two are as near
    return ((bits + rounding) & np.uint32(0xFFFF0000)).view(np.float32)


def _search(
    chunks: Table, query: Vectors, index: VectorIndex = VectorIndex()
) -> tuple[list[str], Vectors]:
    search = nearest(chunks, query, index).limit(_LIMIT)
    rows = search.select(["chunk_id", "_distance"]).to_arrow()
    return rows.column("chunk_id").to_pylist(), 1 - rows.column("_distance").to_numpy()


def taken(rows: int) -> str:
    """Return the table of what so many vectors take in both types, in tables without texts."""
    corpus = Synthetic()
    count = -(-_QUERIES // PER_DOCUMENT)
    queries = corpus.vectors(10**7, count)[:_QUERIES]
    vectors = corpus.vectors(0, rows // PER_DOCUMENT)
    with tempfile.TemporaryDirectory() as name:
        built = {kind: _Built(Path(name) / kind, kind, vectors) for kind in VECTOR_TYPES}
        exact = _in_turns(built, queries)
        same, error = _compared(*(_found_by(each, queries) for each in built.values()))
        for each in built.values():
            each.build_index()
        indexed = _in_turns(built, queries)
    lines = [
        [
            kind, f"{each.mb:,.0f}", f"{each.writing_s:.2f}", f"{exact[kind]:.0f}",
            f"{each.indexing_s:.0f}", f"{indexed[kind]:.1f}",
        ]
        for kind, each in built.items()
    ]  # fmt: skip
    columns = (
        "stored as", "MB on disk", "written in s", "exact search, ms", "IVF_FLAT built in s",
        f"search of {_PROBED} of {_PARTITIONS} partitions, ms",
    )  # fmt: skip
    note = (
        f"Seconds and milliseconds of processor time. Of the ten nearest by float32, float16 finds "
        f"{100 * same:.2f} %; cosines differ by {error:.1e} at most."
    )
    return table(f"What {rows:,} vectors of {DIMENSION} numbers take", columns, lines, note)


class _Built:
    """A table of one type, written in one commit."""

    index = VectorIndex()

    def __init__(self, place: Path, kind: VectorType, vectors: Vectors) -> None:
        begin = time.process_time()
        self.chunks = _table(place, vectors, kind)
        self.writing_s = time.process_time() - begin
        files = (place / "chunks.lance" / "data").iterdir()
        self.mb = sum(file.stat().st_size for file in files) / 1e6
        self.indexing_s = 0.0

    def build_index(self) -> None:
        self.index = VectorIndex(kind="IVF_FLAT", partitions=_PARTITIONS, nprobes=_PROBED)
        begin = time.process_time()
        self.index.build(self.chunks)
        self.indexing_s = time.process_time() - begin


def _in_turns(built: Mapping[VectorType, _Built], queries: Vectors) -> dict[VectorType, float]:
    times: dict[VectorType, list[float]] = {kind: [] for kind in built}
    for query in [*queries[:_WARM_UP], *queries]:
        for kind, each in built.items():
            begin = time.process_time()
            _search(each.chunks, query, each.index)
            times[kind].append(1000 * (time.process_time() - begin))
    return {kind: median(each[_WARM_UP:]) for kind, each in times.items()}


def _found_by(built: _Built, queries: Vectors) -> list[dict[str, float]]:
    return [dict(zip(*_search(built.chunks, query), strict=True)) for query in queries]


def _compared(exact: list[dict[str, float]], other: list[dict[str, float]]) -> tuple[float, float]:
    """Return the share of the ten nearest that both find, and the greatest error of a cosine."""
    shares, errors = [], []
    for a, b in zip(exact, other, strict=True):
        shares.append(len({*list(a)[:_NEAR]} & {*list(b)[:_NEAR]}) / _NEAR)
        errors += [abs(cosine - a[key]) for key, cosine in b.items() if key in a]
    return fmean(shares), max(errors)


def main(arguments: list[str]) -> None:
    """Print the tables; ROWS are the sizes, for a short run."""
    print(retrieval(Path(arguments[0])), flush=True)
    for rows in [int(each) for each in arguments[1:]] or _ROWS:
        print(f"\n{taken(rows)}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
