"""Golden queries: does search find the passages that answer them?"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Protocol, TypeAlias

from pydantic import ValidationError

from vouch.schemas.errors import SettingsError
from vouch.schemas.records import Span
from vouch.schemas.strict import Strict

DEPTH = 10
"""Of MRR and nDCG; searches give at least so many hits."""
_SPACE = re.compile(r"\s+")


class GoldenQuery(Strict):
    """A question, and the passage of a document that answers it; `filters` are those that it is asked with."""

    id: str
    query: str
    source: str
    uri: str
    answer: str
    filters: tuple[str, ...] = ()
    language: str | None = None


class Found(Protocol):
    """What is needed of a hit: `vouch.index.search.search.Hit` has it."""

    @property
    def source(self) -> str: ...
    @property
    def uri(self) -> str: ...
    @property
    def char_start(self) -> int: ...
    @property
    def char_end(self) -> int: ...


Search: TypeAlias = Callable[[GoldenQuery], Sequence[Found]]
"""The hits for a query, best first, at least `max(DEPTH, k)` where there are so many."""
Texts: TypeAlias = Mapping[tuple[str, str], str]
"""Canonical texts by source and uri."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Figures by query id, None where the answer stands nowhere in the index. `k` is the depth of the first three figures."""

    k: int
    by_query: dict[str, dict[str, float] | None]

    @property
    def located(self) -> dict[str, dict[str, float]]:
        return {
            identity: figures for identity, figures in self.by_query.items() if figures is not None
        }

    @property
    def means(self) -> dict[str, float]:
        """Over the queries whose answers stand in the index."""
        each = list(self.located.values())
        return {
            name: fmean(one[name] for one in each) if each else 0.0 for name in metric_names(self.k)
        }

    @property
    def metrics(self) -> dict[str, float]:
        """The means as a point of the series that runs record."""
        return {f"golden {name}": round(value, 6) for name, value in self.means.items()}

    @property
    def unlocated(self) -> tuple[str, ...]:
        return tuple(identity for identity, figures in self.by_query.items() if figures is None)

    @property
    def misses(self) -> tuple[str, ...]:
        """Queries whose answer is not among the first k hits."""
        return tuple(
            identity
            for identity, figures in self.located.items()
            if not figures[metric_names(self.k)[0]]
        )


def metric_names(k: int) -> tuple[str, ...]:
    """recall@k, precision@k, span recall@k, MRR, nDCG@10."""
    return (f"recall@{k}", f"precision@{k}", f"span recall@{k}", "MRR", f"nDCG@{DEPTH}")


def load_golden(text: str) -> tuple[GoldenQuery, ...]:
    """From JSON lines. Raises `SettingsError` naming the line; two queries of one id would be scored as one."""
    queries: dict[str, GoldenQuery] = {}
    # Not `splitlines`: JSON may hold U+2028 and its like as they are.
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                query = GoldenQuery.model_validate(json.loads(line))
            except (ValueError, ValidationError) as error:
                raise SettingsError(f"golden queries, line {number}: {error}") from error
            if query.id in queries:
                raise SettingsError(
                    f"golden queries, line {number}: the id {query.id!r} was given before"
                )
            queries[query.id] = query
    return tuple(queries.values())


def score(golden: Sequence[GoldenQuery], texts: Texts, search: Search, k: int = 5) -> Scores:
    """Each query's figures. A hit counts where it holds at least half of the answer.

    recall@k: whether such a hit is among the first k (each query has one passage that answers it); precision@k: the share
    of them among the first k; span recall@k: the share of the answer's characters that the first k hits cover together.
    Where an answer stands in its document more than once, any of its places will do.
    """
    by_query: dict[str, dict[str, float] | None] = {}
    for query in golden:
        spans = locate(query.answer, texts.get((query.source, query.uri), ""))
        by_query[query.id] = _score(query, spans, list(search(query)), k) if spans else None
    return Scores(k, by_query)


def locate(answer: str, text: str) -> list[Span]:
    """The places where the answer stands in the text, whatever the white space between its words."""
    words = [re.escape(word) for word in _SPACE.split(answer.strip()) if word]
    return [match.span() for match in re.finditer(r"\s+".join(words), text)] if words else []


def _score(
    query: GoldenQuery, spans: Sequence[Span], hits: Sequence[Found], k: int
) -> dict[str, float]:
    import ir_measures  # here, because every command reads golden queries, and few score them
    from ir_measures import RR, Qrel, ScoredDoc, Success, nDCG

    relevant = [max(_covered([hit], query, span) for span in spans) >= 0.5 for hit in hits]
    first = relevant.index(True) if True in relevant else None
    # The passage is wanted once: what holds it again after the first hit gains nothing, but costs nothing either.
    ranked = [
        ScoredDoc(query.id, "answer" if rank == first else f"hit {rank}", -rank)
        for rank in range(len(hits))
    ]
    measures = {f"recall@{k}": Success @ k, "MRR": RR @ DEPTH, f"nDCG@{DEPTH}": nDCG @ DEPTH}
    found = ir_measures.calc_aggregate(measures.values(), [Qrel(query.id, "answer", 1)], ranked)
    figures = {name: float(found[measure]) for name, measure in measures.items()}
    figures[f"precision@{k}"] = sum(relevant[:k]) / k
    figures[f"span recall@{k}"] = max(_covered(hits[:k], query, span) for span in spans)
    return {name: figures[name] for name in metric_names(k)}


def _covered(hits: Sequence[Found], query: GoldenQuery, span: Span) -> float:
    """The share of the span's characters that the hits hold together."""
    places: set[int] = set()
    for hit in hits:
        if (hit.source, hit.uri) == (query.source, query.uri):
            places.update(range(max(hit.char_start, span[0]), min(hit.char_end, span[1])))
    return len(places) / (span[1] - span[0])
