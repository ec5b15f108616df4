"""Score golden queries: does search find the passages that answer them?"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import TypeAlias

from vouch.schemas.documents.records import Span
from vouch.validators.retrieval.golden_queries import OVERALL, GoldenQuery, Relevant, locate
from vouch.validators.retrieval.hits import SearchHit
from vouch.validators.retrieval.negatives import breach
from vouch.validators.rows.language_detection import detect_languages

DEPTH = 10
"""Depth of MRR and nDCG: a search returns at least so many hits where it has them."""


Search: TypeAlias = Callable[[GoldenQuery], Sequence[SearchHit]]
"""Returns the hits for a query, best first, at least `max(DEPTH, k)` where there are so many."""
Texts: TypeAlias = Mapping[tuple[str, str], str]
"""Canonical texts by source and uri."""


@dataclass(frozen=True, slots=True)
class Scores:
    """What search finds for each query, by its id.

    `by_query` are the metrics of those that have answers, None where the index has none of them;
    `breaches` say how negative queries fail; `leaks` are shares of the first k hits in another
    language than the query's, of those that have a language; `places` say where the answer is.
    `languages` are those of the queries, `searched` the queries that were searched for. `k` is the
    depth of recall, precision and success.
    """

    k: int
    by_query: dict[str, dict[str, float] | None]
    breaches: dict[str, str] = field(default_factory=dict)
    leaks: dict[str, float] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    languages: dict[str, str] = field(default_factory=dict)
    searched: frozenset[str] = frozenset()

    def value(self, query_id: str, metric: str) -> float:
        """Return a metric of a query: 0 where the index does not have its answers."""
        return (self.by_query.get(query_id) or {}).get(metric, 0.0)

    @property
    def unlocated(self) -> tuple[str, ...]:
        """Return the ids of the queries whose answers are not in the index."""
        return tuple(key for key, metrics in self.by_query.items() if metrics is None)

    @property
    def misses(self) -> tuple[str, ...]:
        """Return the ids of the queries of which no answer is among the first k hits."""
        success = metric_names(self.k)[-1]
        return tuple(key for key in self.by_query if not self.value(key, success))


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
        document = (self.relevant.source, self.relevant.uri)
        of_document = [
            place for hit in hits for place in hit.places if (place.source, place.uri) == document
        ]
        if self.relevant.answer is None:
            return float(bool(of_document))
        covered: set[int] = set()
        for place in of_document:
            covered.update(range(max(place.char_start, span[0]), min(place.char_end, span[1])))
        return len(covered) / (span[1] - span[0])


def score(golden: Sequence[GoldenQuery], texts: Texts, search: Search, k: int = 5) -> Scores:
    """Search for each query and return its metrics. A hit that has half of an answer is relevant.

    - recall@k: the share of the answers that are among the first k hits
    - precision@k: the share of relevant hits among the first k
    - span recall@k: the share of the answers' characters that the first k hits cover together
    - MRR: of the first relevant hit
    - nDCG@10: of the hits that have an answer first, by the answers' grades
    - success@k: whether any answer is among the first k hits

    An answer that its document repeats may be found at any of its places, and one whose text is in
    several documents at any place of the hit.
    """
    languages = query_languages(golden)
    searched = frozenset(query.id for query in golden)
    scores = Scores(k, {}, languages=languages, searched=searched)
    for query in golden:
        hits = list(search(query))
        answers = [_Answer(each, _spans(each, texts)) for each in query.answers]
        if answers:
            is_there = any(answer.spans for answer in answers)
            scores.by_query[query.id] = _score(answers, hits, k) if is_there else None
            scores.places[query.id] = _place(answers, hits, k)
        failure = breach(query, hits, k)
        if failure:
            scores.breaches[query.id] = failure
        leak = _leak(hits[:k], languages.get(query.id))
        if leak is not None:
            scores.leaks[query.id] = leak
    return scores


def query_languages(golden: Sequence[GoldenQuery]) -> dict[str, str]:
    """Return the languages of the queries by id: as they say, else as detected, else none."""
    unsaid = [query for query in golden if not query.language]
    detected = detect_languages([query.query for query in unsaid])
    languages = {query.id: query.language for query in golden if query.language}
    languages |= {
        query.id: language
        for query, language in zip(unsaid, detected, strict=True)
        if language is not None
    }
    return {key: language.lower().split("-")[0] for key, language in languages.items()}


def _leak(hits: Sequence[SearchHit], language: str | None) -> float | None:
    languages = [hit.language for hit in hits if hit.language]
    if language is None or not languages:
        return None
    return sum(each != language for each in languages) / len(languages)


def _place(answers: Sequence[_Answer], hits: Sequence[SearchHit], k: int) -> str:
    """Say where the first answer is that search finds, or what it finds instead."""
    uris = ", ".join(dict.fromkeys(answer.relevant.uri for answer in answers))
    if not any(answer.spans for answer in answers):
        return f"its answer is not in the index: {uris}"
    for rank, hit in enumerate(hits, 1):
        if any(answer.is_in(hit) for answer in answers):
            return f"hit {rank}" if rank <= k else f"hit {rank} only, in {hit.uri}"
    return f"not found in {uris}; the first hit is {hits[0].uri if hits else 'none'}"


def _spans(relevant: Relevant, texts: Texts) -> list[Span]:
    text = texts.get((relevant.source, relevant.uri), "")
    if not text:
        return []
    return [(0, len(text))] if relevant.answer is None else locate(relevant.answer, text)


def _score(answers: Sequence[_Answer], hits: Sequence[SearchHit], k: int) -> dict[str, float]:
    # Imported here, because every command reads golden queries, and few score them.
    import ir_measures
    from ir_measures import RR, Qrel, ScoredDoc, nDCG

    finds = list(_first_finds(answers, hits))
    relevant = [any(answer.is_in(hit) for answer in answers) for hit in hits]
    grades = {number: answer.relevant.grade for number, answer in enumerate(answers)}
    ranked = []
    for rank, numbers in enumerate(finds):
        # Answers that one hit has together gain as the best of them, here and in the ideal order.
        best = max(numbers, key=grades.__getitem__, default=None)
        for number in numbers:
            if number != best:
                del grades[number]
        name = f"hit {rank}" if best is None else f"answer {best}"
        ranked.append(ScoredDoc("q", name, -rank))
    qrels = [Qrel("q", f"answer {number}", grade) for number, grade in grades.items()]
    values = ir_measures.calc_aggregate([RR @ DEPTH, nDCG @ DEPTH], qrels, ranked)
    among_first = sum(map(len, finds[:k]))
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
