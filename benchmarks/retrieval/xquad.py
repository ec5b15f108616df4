"""Retrieval in the question's own language over the `xquad` collection: 240 paragraphs in seven languages, in one index."""

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import TypeAlias

from benchmarks.retrieval.baseline import Ranker
from benchmarks.retrieval.indexes import Made, made
from benchmarks.retrieval.markdown import percent, table
from vouch.index.search.search import Index, Mode
from vouch.schemas.settings import ChunkingSettings

_QUESTIONS = 120  # of each language, from all its texts
_DEEP = 10
_CHUNKS = 40  # that so many paragraphs are surely among
_MODES: tuple[Mode, ...] = ("vector", "text", "hybrid")
Paragraph: TypeAlias = tuple[str, int]
"""Language and number."""
Search: TypeAlias = Callable[[str, str, bool], list[Paragraph]]
"""Of a question, its language, and whether to look in that language alone."""
Ranks: TypeAlias = list[int | None]
"""Of each question's paragraph, from 1; None where it is not among the first ten."""


@dataclass(frozen=True, slots=True)
class _Asked:
    text: str
    wanted: Paragraph


def tables(corpora: Path) -> Iterator[str]:
    """One table of all languages together, one by language; each unfiltered and filtered."""
    paragraphs, asked = _read(corpora / "xquad")
    with _index(paragraphs) as one:
        searches = _baselines(paragraphs, asked) | {
            f"**Vouch**, {mode}": _found(one.index, mode) for mode in _MODES
        }
        ranks = {
            (name, within): _ranks(search, asked, within)
            for name, search in searches.items()
            for within in (False, True)
        }
        lines = [[*_told(name, within), *_figures(of)] for (name, within), of in ranks.items()]
        columns = ("search", "in", "first %", "among five %", f"MRR@{_DEEP} %")
        heading = f"The paragraph of the question's own language: XQuAD, {len(paragraphs):,} paragraphs, {len(asked):,} questions"
        yield table(heading, columns, lines, _under(one))
        yield _by_language(ranks, asked)


def _read(folder: Path) -> tuple[dict[Paragraph, str], list[_Asked]]:
    paragraphs: dict[Paragraph, str] = {}
    asked: list[_Asked] = []
    for file in sorted(folder.glob("xquad.*.json")):
        language = file.name.split(".")[1]
        articles = json.loads(file.read_text("utf-8"))["data"]
        held = [paragraph for article in articles for paragraph in article["paragraphs"]]
        paragraphs |= {(language, number): one["context"] for number, one in enumerate(held)}
        every = [
            _Asked(qa["question"], (language, number))
            for number, one in enumerate(held)
            for qa in one["qas"]
        ]
        asked += every[:: len(every) // _QUESTIONS][:_QUESTIONS]
    return paragraphs, asked


@contextmanager
def _index(paragraphs: dict[Paragraph, str]) -> Iterator[Made]:
    """Each paragraph is a row; its language is not told, but found."""
    with tempfile.TemporaryDirectory() as temporary:
        file = Path(temporary) / "paragraphs.jsonl"
        lines = [
            {"id": f"{language}-{number}", "text": text}
            for (language, number), text in paragraphs.items()
        ]
        file.write_text("\n".join(map(json.dumps, lines)), "utf-8")
        with made(
            {
                "name": "xquad",
                "kind": "table",
                "path": str(file),
                "key": ["id"],
                "text": "{{ text }}",
            }
        ) as one:
            yield one


def _baselines(paragraphs: dict[Paragraph, str], asked: list[_Asked]) -> dict[str, Search]:
    names = list(paragraphs)
    ranker = Ranker(list(paragraphs.values()), [language for language, _ in names])
    ranker.ask(one.text for one in asked)

    def ranked(mode: str) -> Search:
        return lambda text, language, within: [
            names[number]
            for number, _ in ranker.rank(text, _DEEP, mode, language if within else None)
        ]

    return {
        "BM25 over whole paragraphs": ranked("text"),
        "SentenceTransformer.encode over whole paragraphs": ranked("vector"),
    }


def _found(index: Index, mode: Mode) -> Search:
    """A paragraph's rank is that of its best chunk."""

    def search(text: str, language: str, within: bool) -> list[Paragraph]:
        filters = [f"language={language}"] if within else []
        passages = index.find(text, k=_CHUNKS, mode=mode, breadth="all", filters=filters)
        return list(dict.fromkeys(_paragraph(passage.uri) for passage in passages))[:_DEEP]

    return search


def _paragraph(uri: str) -> Paragraph:
    language, number = uri.rpartition("=")[2].split("-")
    return language, int(number)


def _ranks(search: Search, asked: list[_Asked], within: bool) -> Ranks:
    ranks: Ranks = []
    for one in asked:
        found = search(one.text, one.wanted[0], within)
        ranks.append(found.index(one.wanted) + 1 if one.wanted in found else None)
    return ranks


def _figures(ranks: Ranks) -> list[str]:
    first = fmean(rank == 1 for rank in ranks)
    return percent(
        first,
        fmean(rank is not None and rank <= 5 for rank in ranks),
        fmean(1 / rank if rank else 0 for rank in ranks),
    )


def _told(name: str, within: bool) -> list[str]:
    return [name, "its language" if within else "all languages"]


def _by_language(ranks: dict[tuple[str, bool], Ranks], asked: list[_Asked]) -> str:
    languages = sorted({one.wanted[0] for one in asked})
    lines = []
    for (name, within), of in ranks.items():
        each = [
            [rank for one, rank in zip(asked, of, strict=True) if one.wanted[0] == language]
            for language in languages
        ]
        lines.append([*_told(name, within), *(_figures(one)[1] for one in each)])
    under = f"The same searches; {_QUESTIONS} questions a language."
    return table(
        "Among the first five, by language, in %", ("search", "in", *languages), lines, under
    )


def _under(one: Made) -> str:
    return (
        f"Vouch: paragraphs as rows of a table, default settings, max_tokens {ChunkingSettings().max_tokens}; {one.told}; the "
        f"best {_CHUNKS} chunks, each paragraph once (breadth `all`); within a language by the filter `language=xx`, of the "
        "language that Vouch found by itself. Baselines: BM25 by bm25s (k1 0.9, b 0.4, its own words), exact cosine over the "
        "first 256 tokens; both are told the language of each paragraph. all-MiniLM-L6-v2 is a model of English: questions in "
        "other languages are found by words, names and numbers, so a multilingual `embedding.model` is what to set for such "
        "documents."
    )
