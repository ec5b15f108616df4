"""Retrieval across languages, on `xquad`: 240 paragraphs, each in seven languages.

A question's paragraph is looked for among those of all languages, among those of its own language,
and, as its translation, among the English ones.
"""

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import TypeAlias

from benchmarks.retrieval.baseline import Ranker
from benchmarks.retrieval.indexes import BenchmarkIndex, ingest
from benchmarks.retrieval.markdown import percent, table
from benchmarks.retrieval.models import models
from vouch.index.search.index import Index
from vouch.schemas.search_options import Mode, SearchOptions
from vouch.schemas.settings.chunking import ChunkingSettings

_QUESTIONS = 120  # of each language, from all its texts
_DEPTH = 10
_CHUNKS = 40  # enough to contain so many different paragraphs
_MODES: tuple[Mode, ...] = ("vector", "text", "hybrid")
Paragraph: TypeAlias = tuple[str, int]
"""Language and number."""
Search: TypeAlias = Callable[[str, str | None], list[Paragraph]]
"""Of a question, and the language to search in; None for all."""
Ranks: TypeAlias = list[int | None]
"""Of each question's paragraph, from 1; None where it is not among the first ten."""
_EVERY, _OWN, _ENGLISH = "all languages", "its language", "English"
_ENGLISH_CODE = "en"


@dataclass(frozen=True, slots=True)
class _Question:
    text: str
    paragraph: Paragraph


def tables(corpora: Path) -> Iterator[str]:
    """Yield a table of all languages and one by language, of the baselines and each model."""
    paragraphs, questions = read_paragraphs(corpora / "xquad")
    ranks = _ranks_in_all(_baselines(paragraphs, questions), questions)
    summaries = []
    for model in models():
        with _index(paragraphs, model) as index:
            searches = {
                f"**Vouch**, {mode}, {model}": _search(index.index, mode)
                for mode in _MODES
                if mode != "text" or model == models()[0]
            }
            ranks |= _ranks_in_all(searches, questions)
            summaries.append(f"{model}: {index.summary}")
    lines = [[name, scope, *_figures(each)] for (name, scope), each in ranks.items()]
    columns = ("search", "in", "first %", "among five %", f"MRR@{_DEPTH} %")
    heading = (
        f"The paragraph of a question: XQuAD, {len(paragraphs):,} paragraphs, "
        f"{len(questions):,} questions"
    )
    yield table(heading, columns, lines, _note("; ".join(summaries)))
    yield _by_language(ranks, questions)


def read_paragraphs(folder: Path) -> tuple[dict[Paragraph, str], list[_Question]]:
    """Return the paragraphs of all languages, and 120 questions of each."""
    paragraphs: dict[Paragraph, str] = {}
    questions: list[_Question] = []
    for file in sorted(folder.glob("xquad.*.json")):
        language = file.name.split(".")[1]
        articles = json.loads(file.read_text("utf-8"))["data"]
        entries = [paragraph for article in articles for paragraph in article["paragraphs"]]
        paragraphs |= {(language, n): entry["context"] for n, entry in enumerate(entries)}
        of_language = [
            _Question(qa["question"], (language, n))
            for n, entry in enumerate(entries)
            for qa in entry["qas"]
        ]
        questions += of_language[:: len(of_language) // _QUESTIONS][:_QUESTIONS]
    return paragraphs, questions


@contextmanager
def _index(paragraphs: dict[Paragraph, str], model: str) -> Iterator[BenchmarkIndex]:
    """Index each paragraph as a row, without its language, which Vouch has to detect."""
    with tempfile.TemporaryDirectory() as temporary:
        file = Path(temporary) / "paragraphs.jsonl"
        lines = [
            {"id": f"{language}-{number}", "text": text}
            for (language, number), text in paragraphs.items()
        ]
        file.write_text("\n".join(map(json.dumps, lines)), "utf-8")
        with ingest(
            {
                "name": "xquad",
                "kind": "table",
                "path": str(file),
                "key": ["id"],
                "text": "{{ text }}",
            },
            embedding={"model": model},
        ) as index:
            yield index


def _baselines(paragraphs: dict[Paragraph, str], questions: list[_Question]) -> dict[str, Search]:
    names = list(paragraphs)
    ranker = Ranker(list(paragraphs.values()), [language for language, _ in names])
    ranker.embed_queries(question.text for question in questions)

    def ranked(mode: str) -> Search:
        return lambda text, language: [
            names[number] for number, _ in ranker.rank(text, _DEPTH, mode, language)
        ]

    return {
        "BM25 over whole paragraphs": ranked("text"),
        "SentenceTransformer.encode over whole paragraphs": ranked("vector"),
    }


def _search(index: Index, mode: Mode) -> Search:
    """Return a search that ranks a paragraph by its best chunk."""

    def search(text: str, language: str | None) -> list[Paragraph]:
        filters = [f"language={language}"] if language else []
        passages = index.searcher.find(text, SearchOptions(_CHUNKS, mode, tuple(filters), "all"))
        return list(dict.fromkeys(_paragraph(passage.uri) for passage in passages))[:_DEPTH]

    return search


def _paragraph(uri: str) -> Paragraph:
    language, number = uri.rpartition("=")[2].split("-")
    return language, int(number)


def _ranks_in_all(
    searches: dict[str, Search], questions: list[_Question]
) -> dict[tuple[str, str], Ranks]:
    """Return the ranks of each search, by its name and where it searches."""
    return {
        (name, scope): [_rank(search, question, scope) for question in questions]
        for name, search in searches.items()
        for scope in (_EVERY, _OWN, _ENGLISH)
    }


def _rank(search: Search, question: _Question, scope: str) -> int | None:
    language, number = question.paragraph
    answer = (_ENGLISH_CODE if scope == _ENGLISH else language, number)
    results = search(question.text, None if scope == _EVERY else answer[0])
    return results.index(answer) + 1 if answer in results else None


def _figures(ranks: Ranks) -> list[str]:
    first = fmean(rank == 1 for rank in ranks)
    return percent(
        first,
        fmean(rank is not None and rank <= 5 for rank in ranks),
        fmean(1 / rank if rank else 0 for rank in ranks),
    )


def _by_language(ranks: dict[tuple[str, str], Ranks], questions: list[_Question]) -> str:
    languages = sorted({question.paragraph[0] for question in questions})
    lines = []
    for (name, scope), question_ranks in ranks.items():
        each = [
            [
                rank
                for question, rank in zip(questions, question_ranks, strict=True)
                if question.paragraph[0] == language
            ]
            for language in languages
        ]
        lines.append([name, scope, *(_figures(of_language)[1] for of_language in each)])
    note = f"The same searches; {_QUESTIONS} questions a language."
    return table(
        "Among the first five, by language, in %", ("search", "in", *languages), lines, note
    )


def _note(summaries: str) -> str:
    return (
        "Vouch: paragraphs as rows of a table, default settings, max_tokens "
        f"{ChunkingSettings().max_tokens}; {summaries}; the best {_CHUNKS} chunks, each "
        "paragraph once (breadth `all`); the filter `language=xx` uses the language that Vouch "
        "detected. In `English` the paragraph is the English translation of the question's. "
        "Baselines (all-MiniLM-L6-v2): BM25 by bm25s (k1 0.9, b 0.4, its own words), exact cosine "
        "over the first 256 tokens; both are given the language of each paragraph. multilingual "
        "was tuned on questions about other Wikipedia articles (SQuAD's training part), of which "
        "XQuAD translates the development part."
    )
