"""Spans of text that answer a question, on the `chunking` collection, by its published protocol.

Five texts in one index, 472 questions with the exact spans that answer them, the first five chunks
of a search.
"""

import csv
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from statistics import fmean
from typing import TypeAlias, get_args

from benchmarks.retrieval.baseline import Ranker, recursive
from benchmarks.retrieval.indexes import BenchmarkIndex, ingest
from benchmarks.retrieval.markdown import percent, table
from benchmarks.retrieval.spans import Piece, Question, cut, means, omega, scores
from vouch.index.search.index import Index
from vouch.index.store.tables import rows
from vouch.schemas.search_options import Mode, SearchOptions
from vouch.schemas.settings.choices import Breadth
from vouch.schemas.settings.chunking import ChunkingSettings

_K = 5
_MODES: tuple[Mode, ...] = ("vector", "text", "hybrid")
_BUDGETS = (1800, 2700, 3600)
_SIZES = (96, 128, 200)
_SPLITS = ((200, 0), (250, 125))
_COLUMNS = (
    "chunks of",
    "chunks",
    "mean characters",
    "recall",
    "precision",
    "precision omega",
    "IoU",
    "characters a question",
)
Search: TypeAlias = Callable[[str], list[Piece]]


def tables(corpora: Path) -> Iterator[str]:
    """Yield tables of five chunks or passages, of equal retrieved characters, of chunk sizes."""
    texts, questions = read(corpora / "chunking")
    splits = {
        f"recursive {size}/{overlap}": recursive(texts, size, overlap) for size, overlap in _SPLITS
    }
    rankers = {name: _ranker(texts, chunks) for name, chunks in splits.items()}
    with _index(texts, ChunkingSettings().max_tokens) as index:
        searches = _baselines(splits, rankers) | _vouch_searches(index)
        yield _first_five(searches, questions, index)
        yield _equal_characters(splits, rankers, questions, index)
        default = _size(ChunkingSettings().max_tokens, index, questions)
    yield _sizes(texts, questions, default)


def read(folder: Path) -> tuple[dict[str, str], list[Question]]:
    """Return the texts by name, and the questions about them."""
    texts = {
        file.stem: file.read_text("utf-8") for file in sorted((folder / "corpora").glob("*.md"))
    }
    questions = []
    with (folder / "questions_df.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            references = tuple(
                Piece(row["corpus_id"], span["start_index"], span["end_index"])
                for span in json.loads(row["references"])
            )
            questions.append(Question(row["question"], references))
    return texts, questions


def _chunking(max_tokens: int) -> dict[str, int]:
    """Return settings of which both parts together fit into what the model reads."""
    default = ChunkingSettings()
    heading = min(default.heading_tokens, default.max_embedded_tokens - max_tokens)
    return {"max_tokens": max_tokens, "heading_tokens": heading}


@contextmanager
def _index(texts: Mapping[str, str], max_tokens: int) -> Iterator[BenchmarkIndex]:
    """Index the texts as plain text, so that spans count into the files themselves."""
    with tempfile.TemporaryDirectory() as temporary:
        for name, text in texts.items():
            (Path(temporary) / f"{name}.txt").write_text(text, "utf-8", newline="")
        with ingest({"name": "texts", "path": temporary}, chunking=_chunking(max_tokens)) as index:
            documents = rows(index.tables.documents, ("uri", "canonical_text")).to_pylist()
            if {Path(row["uri"]).stem: row["canonical_text"] for row in documents} != texts:
                raise SystemExit("a canonical text differs from its file, so that spans do too")
            yield index


def _ranker(texts: Mapping[str, str], chunks: list[Piece]) -> Ranker:
    return Ranker([texts[chunk.corpus][chunk.start : chunk.end] for chunk in chunks])


Searches: TypeAlias = dict[str, tuple[list[Piece], Search]]


def _baselines(splits: Mapping[str, list[Piece]], rankers: Mapping[str, Ranker]) -> Searches:
    """Return all chunks and a search for the first five, by the name in the first column."""
    searches: Searches = {}
    for name, chunks in splits.items():
        for mode in _MODES if name == next(iter(splits)) else _MODES[:1]:
            searches[f"{name}, {mode}"] = (chunks, _ranked(rankers[name], chunks, mode, _K))
    return searches


def _ranked(ranker: Ranker, chunks: list[Piece], mode: str, k: int) -> Search:
    return lambda query: [chunks[number] for number, _ in ranker.rank(query, k, mode)]


def _vouch_searches(index: BenchmarkIndex) -> Searches:
    chunks = _chunks(index)
    return {
        f"**Vouch**, {mode}, {breadth}": (chunks, _search(index.index, mode, breadth, _K))
        for mode in _MODES
        for breadth in get_args(Breadth)
    }


def _chunks(index: BenchmarkIndex) -> list[Piece]:
    return [
        Piece(Path(chunk["uri"]).stem, chunk["char_start"], chunk["char_end"])
        for chunk in index.chunks
    ]


def _search(index: Index, mode: Mode, breadth: Breadth, k: int) -> Search:
    def search(query: str) -> list[Piece]:
        passages = index.searcher.find(query, SearchOptions(k, mode, breadth=breadth))
        return [
            Piece(Path(passage.uri).stem, passage.char_start, passage.char_end)
            for passage in passages
        ]

    return search


def _first_five(searches: Searches, questions: list[Question], index: BenchmarkIndex) -> str:
    heading = (
        f"Spans found: {len(questions)} questions, five texts in one index, k = {_K}, means in %"
    )
    note = (
        f"Vouch: default settings, max_tokens {ChunkingSettings().max_tokens}; {index.summary}. A "
        "breadth other than `all` drops what is far less relevant than the best passage and "
        "joins neighbours, so it gives five passages at most; `all` gives the five best chunks. "
        "Baseline: LangChain's RecursiveCharacterTextSplitter, size/overlap in the model's own "
        "tokens (the published figures count in cl100k, whose file is not available offline), "
        "SentenceTransformer.encode, exact cosine; text is BM25 (k1 0.9, b 0.4), hybrid joins "
        "both by reciprocal ranks. Both sides: all-MiniLM-L6-v2."
    )
    return table(
        heading,
        _COLUMNS,
        [_row(name, *search, questions) for name, search in searches.items()],
        note,
    )


def _row(name: str, chunks: list[Piece], search: Search, questions: list[Question]) -> list[str]:
    mean = means([scores(search(question.text), question.references) for question in questions])
    precise = _omega(tuple(chunks), tuple(questions))
    length = fmean(chunk.end - chunk.start for chunk in chunks)
    shares = percent(mean.recall, mean.precision, precise, mean.iou)
    return [name, f"{len(chunks):,}", f"{length:,.0f}", *shares, f"{mean.characters:,.0f}"]


@cache
def _omega(chunks: tuple[Piece, ...], questions: tuple[Question, ...]) -> float:
    """Return precision omega, which depends on the chunks and not on the search."""
    return fmean(omega(chunks, question.references) for question in questions)


def _equal_characters(
    splits: Mapping[str, list[Piece]],
    rankers: Mapping[str, Ranker],
    questions: list[Question],
    index: BenchmarkIndex,
) -> str:
    searches: dict[str, Search] = {}
    for name, chunks in splits.items():
        searches |= {
            f"{name}, {mode}": _ranked(rankers[name], chunks, mode, 50)
            for mode in ("vector", "hybrid")
        }
    searches["**Vouch**, vector"] = _search(index.index, "vector", "all", 50)
    searches["**Vouch**, hybrid"] = _search(index.index, "hybrid", "all", 50)
    columns = [
        "chunks of",
        *(f"{name} at {budget:,}" for budget in _BUDGETS for name in ("recall", "IoU")),
    ]
    note = (
        "Chunks best first until so many characters a question are reached, the last one cut off "
        f"there. Vouch: breadth `all`, max_tokens {ChunkingSettings().max_tokens}; the baselines "
        "are those of the table above."
    )
    lines = [[name, *_at_budgets(search, questions)] for name, search in searches.items()]
    return table("Spans found at equal retrieved characters, means in %", columns, lines, note)


def _at_budgets(search: Search, questions: list[Question]) -> list[str]:
    results = [(search(question.text), question.references) for question in questions]
    each = [
        means([scores(cut(pieces, budget), references) for pieces, references in results])
        for budget in _BUDGETS
    ]
    return [figure for mean in each for figure in percent(mean.recall, mean.iou)]


def _sizes(texts: Mapping[str, str], questions: list[Question], default: list[str]) -> str:
    """Return the table of chunk sizes; the row of the default size is given."""
    lines = {ChunkingSettings().max_tokens: default}
    for size in _SIZES:
        if size not in lines:
            with _index(texts, size) as index:
                lines[size] = _size(size, index, questions)
    note = f"Vouch, hybrid, balanced, k = {_K}; all other settings by default."
    return table(
        "Sizes of chunks, means in %", _COLUMNS, [lines[size] for size in sorted(lines)], note
    )


def _size(size: int, index: BenchmarkIndex, questions: list[Question]) -> list[str]:
    return _row(
        f"max_tokens {size}",
        _chunks(index),
        _search(index.index, "hybrid", "balanced", _K),
        questions,
    )
