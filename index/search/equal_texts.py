"""Passages of equal text are one result with several places.

Copies of a document, and what many documents repeat, would otherwise take the places of what
differs. Equal are passages whose chunks have the same texts, one by one, by their hashes. Texts
that are nearly the same stay apart, because nobody can say which of them a reader needs.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from vouch.index.search.passages import Passage
from vouch.index.search.ranking import Row

MAX_PLACES = 20
"""Places of a result that are listed; more are counted."""
LOOKED_AT = 1_000
"""Chunks with one of the texts of a search's results that are looked at for further places."""

Complete: TypeAlias = Callable[[Iterable[Row]], Mapping[str, Row]]
"""Returns the same rows with all columns of a hit, by chunk id."""
_Texts: TypeAlias = tuple[str, ...]


def distinct(ranked: Callable[[int], list[Passage]], k: int, complete: Complete) -> list[Passage]:
    """Return at most `k` passages of different texts, each with the others of its text.

    `ranked` returns so many passages, best first. It is called again only where some are equal.
    """
    count = k
    while True:
        best = ranked(count)
        different = _different(best, complete)
        if len(different) >= k or len(best) < count:
            return different[:k]
        count *= 2


def _different(best: Sequence[Passage], complete: Complete) -> list[Passage]:
    rows = complete(chunk for passage in best for chunk in passage.chunks)
    equal: dict[_Texts, list[Passage]] = {}
    for passage in best:
        equal.setdefault(_texts(rows[row["chunk_id"]] for row in passage.chunks), []).append(
            passage
        )
    different = []
    for passages in equal.values():
        first, *copies = sorted(passages, key=lambda each: _order(each, rows))
        different.append(replace(first, copies=tuple(copies)))
    return different


def _texts(chunks: Iterable[Row]) -> _Texts:
    return tuple(chunk["text_sha256"] for chunk in chunks)


def _order(passage: Passage, rows: Mapping[str, Row]) -> tuple[float, int, str, str, int]:
    """Return by what the passages of a text are ordered: the most relevant first, of copies the one
    below more headings, which says more about it.
    """
    best = rows[passage.best["chunk_id"]]
    depth = len(best["heading_path"] or ())
    return -passage.relevance, -depth, best["source"], best["uri"], passage.char_start


def with_further_places(results: Sequence[Passage], rows: Iterable[Row]) -> list[Passage]:
    """Return the passages with the places of their texts that the search has not ranked.

    `results` and `rows` have all columns of a hit; `rows` are those of chunks with their texts.
    """
    ranked = {
        chunk["chunk_id"]
        for passage in results
        for place in (passage, *passage.copies)
        for chunk in place.chunks
    }
    chunks: dict[str, dict[tuple[str, int], Row]] = {}
    for row in rows:
        if row["chunk_id"] not in ranked:
            place = row["document_id"], row["chunk_index"] or 0
            chunks.setdefault(row["text_sha256"], {})[place] = row
    return [_with_places(passage, chunks) for passage in results]


def _with_places(passage: Passage, chunks: Mapping[str, Mapping[tuple[str, int], Row]]) -> Passage:
    texts = _texts(passage.chunks)
    best = next(
        number
        for number, chunk in enumerate(passage.chunks)
        if chunk["chunk_id"] == passage.best["chunk_id"]
    )
    further = []
    for document, number in chunks.get(texts[0], {}):
        places = [(document, number + step) for step in range(len(texts))]
        row = [chunks.get(text, {}).get(place) for text, place in zip(texts, places, strict=True)]
        whole = tuple(each for each in row if each is not None)
        if len(whole) == len(texts):
            further.append(Passage(whole, passage.relevance, whole[best]))
    further.sort(key=lambda each: (each.source, each.uri, each.char_start))
    return replace(passage, copies=(*passage.copies, *further))
