"""Retrieval of documents by a name that one of them alone has: `identifiers`.

The names of functions, paths, options, versions and so on come from the documents themselves, up to
30 of each kind; each is in exactly one document, letter by letter and in any case.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from random import Random
from statistics import mean

from benchmarks.retrieval.baseline import Ranker
from benchmarks.retrieval.indexes import BenchmarkIndex, ingest
from benchmarks.retrieval.markdown import table
from vouch.index.store.tables import rows
from vouch.schemas.search_options import Mode

_DEPTH = 10  # documents
_NAMES_OF_A_KIND = 30
_SEED = 7
_FORMS = ("{}", "how do I use {}", "what does {} mean in the configuration")
_MODES: tuple[Mode, ...] = ("text", "hybrid")
# With what may not be beside them, so that no name is a part of another.
_KINDS = {
    "snake_case": r"(?<![\w.:/-])[a-z]+_[a-z_]+[a-z](?![\w.:/-])",
    "dotted": r"(?<![\w.:/@-])[a-z_]+(?:\.[a-z_]+){1,4}(?![\w:/@-])",
    "camelCase": r"(?<![\w.:/-])[a-z]+[A-Z][a-z]+[A-Za-z]*(?![\w.:/-])",
    "CONSTANT": r"(?<![\w.:/-])[A-Z]+_[A-Z_]+(?![\w.:/-])",
    "--option": r"(?<![\w-])--[a-z]+(?:-[a-z]+)*(?![\w-])",
    "path": r"(?<![\w.:/-])/?[a-z]+/[a-z/]+/[a-z._-]+[a-z](?![\w:/-])",
    "version": r"(?<![\w.-])\d+\.\d+\.\d+[a-z0-9]*(?![\w-]|\.\d)",
    "number": r"(?<![\w.,-])\d{5,}(?![\w-]|[.,]\d)",
    "address": r"(?<![\w.-])[a-z.]+@[a-z]+\.[a-z.]+[a-z](?![\w-])",
    "hash": r"(?<!\w)(?=\w*\d)(?=\w*[a-f])[0-9a-f]{7,64}(?!\w)",
    "dashed": r"(?<![\w.:/-])[a-z]+-[a-z]+-[a-z]+(?![\w.:/-])",
    "letters and digits": r"(?<![\w.:/-])[A-Za-z]+-?\d+[A-Za-z]*-?\d+(?![\w.:/-])",
}
Search = Callable[[str], list[str]]


def tables(corpora: Path) -> Iterator[str]:
    """Yield a table: of each form of question the mean reciprocal rank of the right document."""
    source = {
        "name": "docs",
        "path": str(corpora.resolve()),
        "include": ["/peps/base/", "/prefect_docs/base/"],
    }
    with ingest(source) as index:
        documents = rows(index.tables.documents, ("uri", "canonical_text")).to_pylist()
        texts = {document["uri"]: document["canonical_text"] for document in documents}
        names = _names(texts)
        searches = {"BM25 over whole documents": _baseline(texts)} | {
            f"**Vouch**, {mode}": _search(index, mode) for mode in _MODES
        }
        lines = [
            [name, *(f"{_reciprocal_rank(search, names, form):.3f}" for form in _FORMS)]
            for name, search in searches.items()
        ]
        heading = (
            f"{len(names)} names of {len(_KINDS)} kinds, each in one of {len(texts)} documents"
        )
        note = f"MRR@{_DEPTH} of documents. Default settings; {index.summary}."
        yield table(
            heading, ("search", *(f"“{form.format('NAME')}”" for form in _FORMS)), lines, note
        )


def _names(texts: Mapping[str, str]) -> dict[str, str]:
    """Return names with the document that each is in."""
    folded = [text.casefold() for text in texts.values()]
    chance = Random(_SEED)
    chosen: dict[str, str] = {}
    for pattern in _KINDS.values():
        places: defaultdict[str, set[str]] = defaultdict(set)
        for uri, text in texts.items():
            for name in re.findall(pattern, text):
                places[name].add(uri)
        candidates = sorted(name for name, uris in places.items() if len(uris) == 1)
        chance.shuffle(candidates)
        unique = (
            name
            for name in candidates
            if 3 < len(name) <= 80 and sum(name.casefold() in text for text in folded) == 1
        )
        for name, _ in zip(unique, range(_NAMES_OF_A_KIND), strict=False):
            chosen[name] = next(iter(places[name]))
    return chosen


def _baseline(texts: Mapping[str, str]) -> Search:
    ranker, uris = Ranker(list(texts.values())), list(texts)
    return lambda query: [uris[number] for number, _ in ranker.rank(query, _DEPTH, "text")]


def _search(index: BenchmarkIndex, mode: Mode) -> Search:
    def search(query: str) -> list[str]:
        hits = index.index.search(query, k=_DEPTH, mode=mode)
        return list(dict.fromkeys(hit.uri for hit in hits))

    return search


def _reciprocal_rank(search: Search, names: Mapping[str, str], form: str) -> float:
    """Return the mean over the names of 1 / rank of the document, 0 where it is not found."""
    ranks = []
    for name, uri in names.items():
        uris = search(form.format(name))
        ranks.append(1 / (uris.index(uri) + 1) if uri in uris else 0.0)
    return mean(ranks)
