"""Score golden queries: does search find the passages that answer them?"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Protocol, TypeAlias

from vouch.schemas.documents.records import Span
from vouch.validators.retrieval.golden_queries import OVERALL, GoldenQuery, Relevant, locate

DEPTH = 10
"""Depth of MRR and nDCG: a search returns at least so many hits where it has them."""


class SearchHit(Protocol):
    """What scoring needs of a hit; `vouch.index.search.passages.Passage` is one."""

    @property
    def source(self) -> str: ...
    @property
    def uri(self) -> str: ...
    @property
    def char_start(self) -> int: ...
    @property
    def char_end(self) -> int: ...
    @property
    def language(self) -> str | None: ...
    @property
    def text(self) -> str: ...


Search: TypeAlias = Callable[[GoldenQuery], Sequence[SearchHit]]
"""Returns the hits for a query, best first, at least `max(DEPTH, k)` where there are so many."""
Texts: TypeAlias = Mapping[tuple[str, str], str]
"""Canonical texts by source and uri."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Metrics by the id of each query that has answers, None where the index has none of them.

    `k` is the depth of recall, precision and success.
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
        return {series_name(name): round(value, 6) for name, value in self.means.items()}

    @property
    def unlocated(self) -> tuple[str, ...]:
        """Return the ids of the queries whose answers are not in the index."""
        return tuple(key for key, metrics in self.by_query.items() if metrics is None)

    @property
    def misses(self) -> tuple[str, ...]:
        """Return the ids of the queries of which no answer is among the first k hits."""
        recall = metric_names(self.k)[0]
        return tuple(key for key, metrics in self.located.items() if not metrics[recall])


def metric_names(k: int) -> tuple[str, ...]:
    """Return the names of the metrics: recall@k, precision@k, span recall@k, MRR, nDCG@10,
    success@k.
    """
    of_k = (f"recall@{k}", f"precision@{k}", f"span recall@{k}")
    return (*of_k, "MRR", f"nDCG@{DEPTH}", f"success@{k}")


def series_name(metric: str, group: str = OVERALL) -> str:
    """Return the name under which `RunRecord.metrics` has a group's mean of a metric.

    `golden recall@5` is that of all queries, `golden recall@5 tag:finance` that of a tag.
    """
    return f"golden {metric}" if group == OVERALL else f"golden {metric} {group}"


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answer and its spans in the canonical text; none where the document does not have it."""

    relevant: Relevant
    spans: Sequence[Span]

    def is_in(self, hit: SearchHit) -> bool:
        """Return whether a hit has at least half of the answer."""
        return max((self._covered([hit], span) for span in self.spans), default=0.0) >= 0.5

    def coverage(self, hits: Sequence[SearchHit]) -> float:
        """Return the share of its characters that the hits cover together; of a whole document,
        whether one of them is of it.
        """
        if self.relevant.answer is None:
            return float(any(self.is_in(hit) for hit in hits))
        return max((self._covered(hits, span) for span in self.spans), default=0.0)

    def _covered(self, hits: Sequence[SearchHit], span: Span) -> float:
        place = (self.relevant.source, self.relevant.uri)
        of_document = [hit for hit in hits if (hit.source, hit.uri) == place]
        if self.relevant.answer is None:
            return float(bool(of_document))
        places: set[int] = set()
        for hit in of_document:
            places.update(range(max(hit.char_start, span[0]), min(hit.char_end, span[1])))
        return len(places) / (span[1] - span[0])


def score(golden: Sequence[GoldenQuery], texts: Texts, search: Search, k: int = 5) -> Scores:
    """Search for each query and return its metrics. A hit that has half of an answer is relevant.

    - recall@k: the share of the answers that are among the first k hits
    - precision@k: the share of relevant hits among the first k
    - span recall@k: the share of the answers' characters that the first k hits cover together
    - MRR: of the first relevant hit
    - nDCG@10: of the hits that have an answer first, by the answers' grades
    - success@k: whether any answer is among the first k hits

    An answer that its document repeats may be found at any of its places.
    """
    by_query: dict[str, dict[str, float] | None] = {}
    for query in golden:
        answers = [_Answer(each, _spans(each, texts)) for each in query.answers]
        hits = list(search(query))
        if answers:
            is_there = any(answer.spans for answer in answers)
            by_query[query.id] = _score(answers, hits, k) if is_there else None
    return Scores(k, by_query)


def _spans(relevant: Relevant, texts: Texts) -> list[Span]:
    text = texts.get((relevant.source, relevant.uri))
    if text is None:
        return []
    return [(0, len(text))] if relevant.answer is None else locate(relevant.answer, text)


def _score(answers: Sequence[_Answer], hits: Sequence[SearchHit], k: int) -> dict[str, float]:
    # Imported here, because every command reads golden queries, and few score them.
    import ir_measures
    from ir_measures import RR, Qrel, ScoredDoc, nDCG

    found = list(_first_finds(answers, hits))
    relevant = [any(answer.is_in(hit) for answer in answers) for hit in hits]
    grades = {number: answer.relevant.grade for number, answer in enumerate(answers)}
    ranked = []
    for rank, numbers in enumerate(found):
        # Answers that one hit has together gain as the best of them, here and in the ideal order.
        best = max(numbers, key=grades.__getitem__, default=None)
        for number in numbers:
            if number != best:
                del grades[number]
        name = f"hit {rank}" if best is None else f"answer {best}"
        ranked.append(ScoredDoc("q", name, -rank))
    qrels = [Qrel("q", f"answer {number}", grade) for number, grade in grades.items()]
    values = ir_measures.calc_aggregate([RR @ DEPTH, nDCG @ DEPTH], qrels, ranked)
    among_first = sum(map(len, found[:k]))
    metrics = {
        f"recall@{k}": among_first / len(answers),
        f"precision@{k}": sum(relevant[:k]) / k,
        f"span recall@{k}": fmean(answer.coverage(hits[:k]) for answer in answers),
        "MRR": float(values[RR @ DEPTH]),
        f"nDCG@{DEPTH}": float(values[nDCG @ DEPTH]),
        f"success@{k}": float(among_first > 0),
    }
    return {name: metrics[name] for name in metric_names(k)}


def _first_finds(answers: Sequence[_Answer], hits: Sequence[SearchHit]) -> Iterator[frozenset[int]]:
    """Yield, for each hit, the numbers of the answers that it has and no hit before it."""
    missing = set(range(len(answers)))
    for hit in hits:
        new = frozenset(number for number in missing if answers[number].is_in(hit))
        missing -= new
        yield new
