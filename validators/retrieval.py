"""Golden queries: does search find the passages that answer them?"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import ir_measures
from ir_measures import RR, Qrel, ScoredDoc, Success, nDCG
from pydantic import ValidationError

from schemas.errors import SettingsError
from schemas.records import Span
from schemas.settings import Strict

_DEPTH = 10
_SPACE = re.compile(r"\s+")


class GoldenQuery(Strict):
    """A question, and the passage of a document that answers it."""

    id: str
    query: str
    source: str
    uri: str
    answer: str
    language: str | None = None


class Found(Protocol):
    """What is needed of a hit: `index.search.Hit` has it."""

    @property
    def source(self) -> str: ...
    @property
    def uri(self) -> str: ...
    @property
    def char_start(self) -> int: ...
    @property
    def char_end(self) -> int: ...


@dataclass(frozen=True, slots=True)
class RetrievalScore:
    """Means over the queries whose answers stand in the index; `unlocated` names the others, `misses` those not found."""

    queries: int
    metrics: dict[str, float]
    unlocated: tuple[str, ...]
    misses: tuple[str, ...]


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
                raise SettingsError(f"golden queries, line {number}: the id {query.id!r} was given before")
            queries[query.id] = query
    return tuple(queries.values())


def score(
    golden: Sequence[GoldenQuery],
    canonical_texts: Mapping[tuple[str, str], str],
    search: Callable[[str], Sequence[Found]],
) -> RetrievalScore:
    """`search` gives at least ten hits, best first. A hit counts where it holds at least half of the answer.

    recall@5: the share of queries with such a hit among the first five (each has one passage that answers it);
    span recall@5: the share of the answer's characters that the first five hits cover. Where an answer stands in its
    document more than once, any of its places will do.
    """
    qrels: list[Qrel] = []
    ranked: list[ScoredDoc] = []
    covered: list[float] = []
    unlocated: list[str] = []
    for query in golden:
        spans = locate(query.answer, canonical_texts.get((query.source, query.uri), ""))
        if not spans:
            unlocated.append(f"{query.id}: {query.uri}: {query.answer[:60]}")
            continue
        hits = list(search(query.query))[:_DEPTH]
        shares = [max(_covered([hit], query, span) for span in spans) for hit in hits]
        qrels.append(Qrel(query.id, "answer", 1))
        first = next((rank for rank, share in enumerate(shares) if share >= 0.5), None)
        ranked += [ScoredDoc(query.id, "answer" if rank == first else f"hit {rank}", -rank) for rank in range(len(hits))]
        covered.append(max(_covered(hits[:5], query, span) for span in spans))
    return _scored(qrels, ranked, covered, tuple(unlocated))


def locate(answer: str, text: str) -> list[Span]:
    """The places where the answer stands in the text, whatever the white space between its words."""
    words = [re.escape(word) for word in _SPACE.split(answer.strip()) if word]
    return [match.span() for match in re.finditer(r"\s+".join(words), text)] if words else []


def _covered(hits: Sequence[Found], query: GoldenQuery, span: Span) -> float:
    """The share of the span's characters that the hits hold together."""
    places: set[int] = set()
    for hit in hits:
        if (hit.source, hit.uri) == (query.source, query.uri):
            places.update(range(max(hit.char_start, span[0]), min(hit.char_end, span[1])))
    return len(places) / (span[1] - span[0])


def _scored(
    qrels: Sequence[Qrel], ranked: Sequence[ScoredDoc], covered: Sequence[float], unlocated: tuple[str, ...]
) -> RetrievalScore:
    names = {"recall@5": Success @ 5, "MRR": RR @ _DEPTH, "nDCG@10": nDCG @ _DEPTH}
    if not qrels:
        return RetrievalScore(0, dict.fromkeys((*names, "span recall@5"), 0.0), unlocated, ())
    found = ir_measures.calc_aggregate(names.values(), qrels, ranked)
    metrics = {name: float(found[measure]) for name, measure in names.items()}
    each = {one.query_id for one in ir_measures.iter_calc([Success @ 5], qrels, ranked) if one.value}
    misses = tuple(qrel.query_id for qrel in qrels if qrel.query_id not in each)
    return RetrievalScore(len(qrels), metrics | {"span recall@5": sum(covered) / len(covered)}, unlocated, misses)
