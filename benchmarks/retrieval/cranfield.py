"""Retrieval of documents, on the `cranfield` collection: 1,400 abstracts, 225 queries."""

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import ir_measures
from ir_measures import Qrel, R, ScoredDoc, nDCG

from benchmarks.retrieval.baseline import Ranker
from benchmarks.retrieval.indexes import ingest
from benchmarks.retrieval.markdown import table
from benchmarks.retrieval.models import models
from vouch.index.search.index import Index
from vouch.schemas.search_options import Mode, SearchOptions
from vouch.schemas.settings.chunking import ChunkingSettings

_DEPTH = 100  # documents
_CHUNKS = 600  # enough to contain so many different documents
_MODES: tuple[Mode, ...] = ("vector", "text", "hybrid")
Search: TypeAlias = Callable[[str], list[str]]


def tables(corpora: Path) -> Iterator[str]:
    """Yield one table: the baselines, then Vouch by vector, words and both, with each model."""
    folder = corpora / "cranfield"
    documents, queries, judged = read_collection(folder)
    searches = _baselines(documents)
    rows = [[name, *_figures(search, queries, judged)] for name, search in searches.items()]
    summaries = []
    for model in models():
        with _index(folder / "corpus.jsonl", model) as index:
            rows += [
                [f"**Vouch**, {mode}, {model}", *_figures(search, queries, judged)]
                for mode in _MODES
                if mode != "text" or model == models()[0]
                for search in [_search(index.index, mode)]
            ]
            summaries.append(f"{model}: {index.summary}")
    heading = (
        f"Documents found: Cranfield, {len(documents):,} abstracts, {len(queries)} queries, "
        "binary gains"
    )
    columns = ("search", "nDCG@10", f"recall@{_DEPTH}")
    yield table(heading, columns, rows, _note("; ".join(summaries)))


def read_collection(
    folder: Path,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[Qrel]]:
    """Return documents, queries and judgements of a collection in BEIR's layout."""
    with (folder / "qrels" / "test.tsv").open(encoding="utf-8", newline="") as file:
        judged = [
            Qrel(row["query-id"], row["corpus-id"], int(row["score"]))
            for row in csv.DictReader(file, delimiter="\t")
        ]
    return _lines(folder / "corpus.jsonl"), _lines(folder / "queries.jsonl"), judged


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def _index(file: Path, model: str) -> Any:  # noqa: ANN401 - the context manager's own type has no name
    template = {"title": "{{ title }}", "text": "{{ text }}", "metadata": []}
    return ingest(
        {
            "name": "cranfield",
            "kind": "table",
            "path": str(file.resolve()),
            "key": ["_id"],
            **template,
        },
        embedding={"model": model},
    )


def _baselines(documents: list[dict[str, Any]]) -> dict[str, Search]:
    ranker = Ranker([f"{document['title']} {document['text']}" for document in documents])
    names = [document["_id"] for document in documents]

    def ranked(mode: str) -> Search:
        return lambda query: [names[number] for number, _ in ranker.rank(query, _DEPTH, mode)]

    return {
        "BM25 over whole documents": ranked("text"),
        "SentenceTransformer.encode over whole documents": ranked("vector"),
        "both, by reciprocal ranks": ranked("hybrid"),
    }


def _search(index: Index, mode: Mode) -> Search:
    """Return a search that ranks a document by its best chunk."""

    def search(query: str) -> list[str]:
        passages = index.searcher.find(query, SearchOptions(_CHUNKS, mode, breadth="all"))
        return list(dict.fromkeys(passage.uri.rpartition("=")[2] for passage in passages))[:_DEPTH]

    return search


def _figures(search: Search, queries: list[dict[str, Any]], judged: list[Qrel]) -> list[str]:
    run = [
        ScoredDoc(query["_id"], document, -rank)
        for query in queries
        for rank, document in enumerate(search(query["text"]))
    ]
    figures = ir_measures.calc_aggregate([nDCG @ 10, R @ _DEPTH], judged, run)
    return [f"{figures[nDCG @ 10]:.3f}", f"{figures[R @ _DEPTH]:.3f}"]


def _note(summaries: str) -> str:
    return (
        "Vouch: the file as a table source, default settings, max_tokens "
        f"{ChunkingSettings().max_tokens}; {summaries}; the best {_CHUNKS} chunks, each "
        "document once (breadth `all`). Baseline: title and text; BM25 by bm25s (k1 0.9, b 0.4, "
        "English stop words, no stemming); the model reads the first 256 tokens of a document, "
        "exact cosine; both joined over the first 100 of each; all-MiniLM-L6-v2."
    )
