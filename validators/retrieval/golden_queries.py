"""Score golden queries: does search find the passages that answer them?"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Protocol, TypeAlias

from pydantic import ValidationError

from vouch.schemas.documents.records import Span
from vouch.schemas.errors import SettingsError
from vouch.schemas.strict import Strict

DEPTH = 10
"""Depth of MRR and nDCG: a search returns at least so many hits where it has them."""
_SPACE = re.compile(r"\s+")


class GoldenQuery(Strict):
    """A question, the passage of a document that answers it, and the filters of the search."""

    id: str
    query: str
    source: str
    uri: str
    answer: str
    filters: tuple[str, ...] = ()
    language: str | None = None


class SearchHit(Protocol):
    """What scoring needs of a hit; `vouch.index.search.search.Hit` is one."""

    @property
    def source(self) -> str: ...
    @property
    def uri(self) -> str: ...
    @property
    def char_start(self) -> int: ...
    @property
    def char_end(self) -> int: ...


Search: TypeAlias = Callable[[GoldenQuery], Sequence[SearchHit]]
"""Returns the hits for a query, best first, at least `max(DEPTH, k)` where there are so many."""
Texts: TypeAlias = Mapping[tuple[str, str], str]
"""Canonical texts by source and uri."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Metrics by query id, None where the index does not have the answer.

    `k` is the depth of the first three metrics of `metric_names`.
    """

    k: int
    by_query: dict[str, dict[str, float] | None]

    @property
    def located(self) -> dict[str, dict[str, float]]:
        """Return the metrics of the queries whose answers are in the index."""
        return {key: metrics for key, metrics in self.by_query.items() if metrics is not None}

    @property
    def means(self) -> dict[str, float]:
        """Return each metric's mean over the queries whose answers are in the index."""
        located = list(self.located.values())
        return {
            name: fmean(metrics[name] for metrics in located) if located else 0.0
            for name in metric_names(self.k)
        }

    @property
    def metrics(self) -> dict[str, float]:
        """Return the means as a point of the series that runs record."""
        return {f"golden {name}": round(value, 6) for name, value in self.means.items()}

    @property
    def unlocated(self) -> tuple[str, ...]:
        """Return the ids of the queries whose answers are not in the index."""
        return tuple(key for key, metrics in self.by_query.items() if metrics is None)

    @property
    def misses(self) -> tuple[str, ...]:
        """Return the ids of the queries whose answer is not among the first k hits."""
        recall = metric_names(self.k)[0]
        return tuple(key for key, metrics in self.located.items() if not metrics[recall])


def metric_names(k: int) -> tuple[str, ...]:
    """Return the names of the metrics: recall@k, precision@k, span recall@k, MRR, nDCG@10."""
    return (f"recall@{k}", f"precision@{k}", f"span recall@{k}", "MRR", f"nDCG@{DEPTH}")


def load_golden(text: str, name: str = "golden queries") -> tuple[GoldenQuery, ...]:
    """Read golden queries from JSON lines; `name` is that of their file.

    Raises `SettingsError` with the number of a line that is wrong or repeats an id: two queries of
    one id would be scored as one.
    """
    queries: dict[str, GoldenQuery] = {}
    # Not `splitlines`: a JSON string may contain U+2028 and other line separators unescaped.
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            query = GoldenQuery.model_validate(json.loads(line))
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            problem = f"{place}: {first['msg']}" if place else first["msg"]
            raise SettingsError(f"{name}, line {number}: {problem}") from error
        except (ValueError, RecursionError) as error:
            raise SettingsError(f"{name}, line {number}: it is no JSON ({error})") from error
        if query.id in queries:
            raise SettingsError(f"{name}, line {number}: duplicate id {query.id!r}")
        queries[query.id] = query
    return tuple(queries.values())


def score(golden: Sequence[GoldenQuery], texts: Texts, search: Search, k: int = 5) -> Scores:
    """Search for each query and return its metrics. A hit that has half of the answer is relevant.

    - recall@k: whether a relevant hit is among the first k: each query has one answer
    - precision@k: the share of relevant hits among the first k
    - span recall@k: the share of the answer's characters that the first k hits cover together
    - MRR, nDCG@10: of the first relevant hit

    An answer that its document repeats may be found at any of its places.
    """
    by_query: dict[str, dict[str, float] | None] = {}
    for query in golden:
        spans = locate(query.answer, texts.get((query.source, query.uri), ""))
        by_query[query.id] = _score(query, spans, list(search(query)), k) if spans else None
    return Scores(k, by_query)


def locate(answer: str, text: str) -> list[Span]:
    """Return the spans of the answer in the text, whatever the white space between its words."""
    words = [re.escape(word) for word in _SPACE.split(answer.strip()) if word]
    return [match.span() for match in re.finditer(r"\s+".join(words), text)] if words else []


def _score(
    query: GoldenQuery, spans: Sequence[Span], hits: Sequence[SearchHit], k: int
) -> dict[str, float]:
    # Imported here, because every command reads golden queries, and few score them.
    import ir_measures
    from ir_measures import RR, Qrel, ScoredDoc, Success, nDCG

    relevant = [max(_coverage([hit], query, span) for span in spans) >= 0.5 for hit in hits]
    first = relevant.index(True) if True in relevant else None
    # The query has one answer: later hits that also contain it gain nothing and cost nothing.
    ranked = [
        ScoredDoc(query.id, "answer" if rank == first else f"hit {rank}", -rank)
        for rank in range(len(hits))
    ]
    measures = {f"recall@{k}": Success @ k, "MRR": RR @ DEPTH, f"nDCG@{DEPTH}": nDCG @ DEPTH}
    values = ir_measures.calc_aggregate(measures.values(), [Qrel(query.id, "answer", 1)], ranked)
    metrics = {name: float(values[measure]) for name, measure in measures.items()}
    metrics[f"precision@{k}"] = sum(relevant[:k]) / k
    metrics[f"span recall@{k}"] = max(_coverage(hits[:k], query, span) for span in spans)
    return {name: metrics[name] for name in metric_names(k)}


def _coverage(hits: Sequence[SearchHit], query: GoldenQuery, span: Span) -> float:
    """Return the share of the span's characters that the hits cover together."""
    places: set[int] = set()
    for hit in hits:
        if (hit.source, hit.uri) == (query.source, query.uri):
            places.update(range(max(hit.char_start, span[0]), min(hit.char_end, span[1])))
    return len(places) / (span[1] - span[0])
