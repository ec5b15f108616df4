"""The published protocol over the `chunking` collection: are the characters that answer found, and how little else?

Five texts in one index, 472 questions with the exact spans that answer them, the first five chunks of a search.
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
from benchmarks.retrieval.indexes import Made, made
from benchmarks.retrieval.markdown import percent, table
from benchmarks.retrieval.spans import Piece, Question, cut, means, omega, scores
from vouch.index.search.search import Index, Mode
from vouch.index.store.tables import rows
from vouch.schemas.choices import Breadth
from vouch.schemas.settings import ChunkingSettings

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
    """Five chunks or passages; equal retrieved characters; sizes of chunks."""
    texts, questions = read(corpora / "chunking")
    splits = {
        f"recursive {size}/{overlap}": recursive(texts, size, overlap) for size, overlap in _SPLITS
    }
    rankers = {name: _ranker(texts, chunks) for name, chunks in splits.items()}
    with _index(texts, ChunkingSettings().max_tokens) as one:
        searches = _baselines(splits, rankers) | _of_vouch(one)
        yield _first_five(searches, questions, one)
        yield _equal_characters(splits, rankers, questions, one)
        default = _size(ChunkingSettings().max_tokens, one, questions)
    yield _sizes(texts, questions, default)


def read(folder: Path) -> tuple[dict[str, str], list[Question]]:
    """Texts by name, and the questions about them."""
    texts = {
        file.stem: file.read_text("utf-8") for file in sorted((folder / "corpora").glob("*.md"))
    }
    questions = []
    with (folder / "questions_df.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            spans = [
                (one["start_index"], one["end_index"]) for one in json.loads(row["references"])
            ]
            questions.append(
                Question(row["question"], tuple(Piece(row["corpus_id"], *span) for span in spans))
            )
    return texts, questions


@contextmanager
def _index(texts: Mapping[str, str], max_tokens: int) -> Iterator[Made]:
    """Of the texts as plain text, so that a span counts into the file itself."""
    with tempfile.TemporaryDirectory() as temporary:
        for name, text in texts.items():
            (Path(temporary) / f"{name}.txt").write_text(text, "utf-8", newline="")
        with made({"name": "texts", "path": temporary}, chunking={"max_tokens": max_tokens}) as one:
            held = rows(one.tables.documents, ("uri", "canonical_text")).to_pylist()
            if {Path(row["uri"]).stem: row["canonical_text"] for row in held} != texts:
                raise SystemExit(
                    "a canonical text is not its file's own: spans would not count into the file"
                )
            yield one


def _ranker(texts: Mapping[str, str], chunks: list[Piece]) -> Ranker:
    return Ranker([texts[chunk.corpus][chunk.start : chunk.end] for chunk in chunks])


Searches: TypeAlias = dict[str, tuple[list[Piece], Search]]


def _baselines(splits: Mapping[str, list[Piece]], rankers: Mapping[str, Ranker]) -> Searches:
    """By what stands in the first column: all chunks, and a search for the first five."""
    found: Searches = {}
    for name, chunks in splits.items():
        for mode in _MODES if name == next(iter(splits)) else _MODES[:1]:
            found[f"{name}, {mode}"] = (chunks, _ranked(rankers[name], chunks, mode, _K))
    return found


def _ranked(ranker: Ranker, chunks: list[Piece], mode: str, k: int) -> Search:
    return lambda query: [chunks[number] for number, _ in ranker.rank(query, k, mode)]


def _of_vouch(one: Made) -> Searches:
    chunks = _chunks(one)
    asked = [(mode, breadth) for mode in _MODES for breadth in get_args(Breadth)]
    return {
        f"**Vouch**, {mode}, {breadth}": (chunks, _found(one.index, mode, breadth, _K))
        for mode, breadth in asked
    }


def _chunks(one: Made) -> list[Piece]:
    return [
        Piece(Path(chunk["uri"]).stem, chunk["char_start"], chunk["char_end"])
        for chunk in one.chunks
    ]


def _found(index: Index, mode: Mode, breadth: Breadth, k: int) -> Search:
    def search(query: str) -> list[Piece]:
        passages = index.find(query, k=k, mode=mode, breadth=breadth)
        return [
            Piece(Path(passage.uri).stem, passage.char_start, passage.char_end)
            for passage in passages
        ]

    return search


def _first_five(searches: Searches, questions: list[Question], one: Made) -> str:
    heading = (
        f"Spans found: {len(questions)} questions, five texts in one index, k = {_K}, means in %"
    )
    under = (
        f"Vouch: default settings, max_tokens {ChunkingSettings().max_tokens}; {one.told}. A breadth other than `all` drops "
        "what is far less relevant than the best passage and joins neighbours, so it gives five passages at most; `all` gives "
        "the five best chunks. Baseline: LangChain's RecursiveCharacterTextSplitter, size/overlap in the model's own tokens "
        "(the published figures count in cl100k, whose file is not to be had offline), SentenceTransformer.encode, exact "
        "cosine; text is BM25 (k1 0.9, b 0.4), hybrid joins both by reciprocal ranks. Both sides: all-MiniLM-L6-v2."
    )
    return table(
        heading,
        _COLUMNS,
        [_row(name, *search, questions) for name, search in searches.items()],
        under,
    )


def _row(name: str, chunks: list[Piece], search: Search, questions: list[Question]) -> list[str]:
    mean = means([scores(search(question.text), question.references) for question in questions])
    precise = _omega(tuple(chunks), tuple(questions))
    length = fmean(chunk.end - chunk.start for chunk in chunks)
    shares = percent(mean.recall, mean.precision, precise, mean.iou)
    return [name, f"{len(chunks):,}", f"{length:,.0f}", *shares, f"{mean.characters:,.0f}"]


@cache
def _omega(chunks: tuple[Piece, ...], questions: tuple[Question, ...]) -> float:
    """The same whatever is searched for, and however."""
    return fmean(omega(chunks, question.references) for question in questions)


def _equal_characters(
    splits: Mapping[str, list[Piece]],
    rankers: Mapping[str, Ranker],
    questions: list[Question],
    one: Made,
) -> str:
    searches: dict[str, Search] = {}
    for name, chunks in splits.items():
        searches |= {
            f"{name}, {mode}": _ranked(rankers[name], chunks, mode, 50)
            for mode in ("vector", "hybrid")
        }
    searches["**Vouch**, vector"] = _found(one.index, "vector", "all", 50)
    searches["**Vouch**, hybrid"] = _found(one.index, "hybrid", "all", 50)
    columns = [
        "chunks of",
        *(f"{name} at {budget:,}" for budget in _BUDGETS for name in ("recall", "IoU")),
    ]
    under = (
        f"Chunks best first until so many characters a question are reached, the last one cut off there. Vouch: breadth `all`, "
        f"max_tokens {ChunkingSettings().max_tokens}; the baselines are those of the table above."
    )
    lines = [[name, *_at_budgets(search, questions)] for name, search in searches.items()]
    return table("Spans found at equal retrieved characters, means in %", columns, lines, under)


def _at_budgets(search: Search, questions: list[Question]) -> list[str]:
    found = [(search(question.text), question.references) for question in questions]
    each = [
        means([scores(cut(pieces, budget), wanted) for pieces, wanted in found])
        for budget in _BUDGETS
    ]
    return [figure for mean in each for figure in percent(mean.recall, mean.iou)]


def _sizes(texts: Mapping[str, str], questions: list[Question], default: list[str]) -> str:
    """The row of the default size is known already."""
    lines = {ChunkingSettings().max_tokens: default}
    for size in _SIZES:
        if size not in lines:
            with _index(texts, size) as one:
                lines[size] = _size(size, one, questions)
    under = f"Vouch, hybrid, balanced, k = {_K}; all other settings by default."
    return table(
        "Sizes of chunks, means in %", _COLUMNS, [lines[size] for size in sorted(lines)], under
    )


def _size(size: int, one: Made, questions: list[Question]) -> list[str]:
    return _row(
        f"max_tokens {size}", _chunks(one), _found(one.index, "hybrid", "balanced", _K), questions
    )
