"""The same searches by LanceDB alone, in one process with a thread for each client.

    python -m benchmarks.serving.baseline PLAN

reads a plan in JSON and prints figures in JSON. An application that has no service opens the
tables, embeds its query, and asks LanceDB for the ten best chunks with their texts and places: by
vector as the index was tuned, by words of the texts and their headings, or by both, which LanceDB
combines by reciprocal ranks.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import lancedb
import torch
from lancedb.query import MultiMatchQuery

from benchmarks.serving.load import Client, Figures, measure
from vouch.embedders.base import Vectors
from vouch.embedders.embedder import Embedder
from vouch.embedders.models import find_model
from vouch.index.publishing.search_indexes import TEXT_COLUMNS
from vouch.index.search.filters.conditions import where
from vouch.index.search.filters.metadata_keys import read_catalogue
from vouch.index.vectors.vector_index import current_vector_index, nearest
from vouch.schemas.settings.embedding import EmbeddingSettings

_K = 10
_COLUMNS = ["chunk_id", "uri", "title", "text", "heading_path", "char_start", "char_end"]


class _Lance:
    """Searches a table; `vectors` are those of the queries, or None where they are computed."""

    def __init__(
        self,
        folder: str,
        mode: str,
        filters: Sequence[str],
        embedder: Embedder | None,
        vectors: Mapping[str, Vectors],
    ) -> None:
        self._chunks: Any = lancedb.connect(folder).open_table("chunks")
        self._index = current_vector_index(self._chunks)
        self._mode = mode
        self._condition = where(filters, self._chunks.schema, lambda: read_catalogue(self._chunks))
        self._embedder, self._vectors = embedder, vectors

    def __call__(self, query: str) -> str:
        search = self._query(query)
        if self._condition:
            search = search.where(self._condition)
        search.limit(_K).select(_COLUMNS).to_list()
        return ""

    def _query(self, query: str) -> Any:  # noqa: ANN401 - LanceDB's builders
        words = MultiMatchQuery(query, list(TEXT_COLUMNS))  # type: ignore[call-arg]
        if self._mode == "text":
            return self._chunks.search(words, query_type="fts")
        vector = self._vector(query)
        if self._mode == "vector":
            return nearest(self._chunks, vector, self._index, self._condition is not None)
        hybrid = self._chunks.search(query_type="hybrid", vector_column_name="vector")
        hybrid = hybrid.vector(vector).text(words).distance_type("dot")
        return self._index.configure(hybrid, self._condition is not None) if self._index else hybrid

    def _vector(self, query: str) -> Vectors:
        if self._embedder is None:
            return self._vectors[query]
        return self._embedder.embed_query(query)


def _run(plan: Mapping[str, Any]) -> list[Figures]:
    torch.set_num_threads(1)  # as the service does: the queries of 32 threads are embedded at once
    embedder = Embedder(find_model(EmbeddingSettings(), Path()))
    embedder.probe()
    return [_step(plan, step, embedder) for step in plan["steps"]]


def _step(plan: Mapping[str, Any], step: Mapping[str, Any], embedder: Embedder) -> Figures:
    vectors: dict[str, Vectors] = {}
    model: Embedder | None = Embedder(embedder.card) if step["embeds"] else None
    if model:
        model.probe()
    elif step["mode"] != "text":
        queries = step["queries"]
        embedded = embedder.embed_documents(queries, [1] * len(queries)).vectors
        vectors = dict(zip(queries, embedded, strict=True))
    client: Client = _Lance(plan["folder"], step["mode"], step["filters"], model, vectors)
    return measure([client] * plan["clients"], step["queries"], step["seconds"])


if __name__ == "__main__":
    results = _run(json.loads(Path(sys.argv[1]).read_text("utf-8")))
    print(json.dumps([asdict(result) for result in results]))
