"""Compare the candidate's retrieval with the published state's, query by query."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vouch.schemas.runs.retrieval import Breach, LanguageLeak, MetricChange, QueryScore, Retrieval
from vouch.schemas.settings.gates import RetrievalSettings
from vouch.validators.retrieval.golden_queries import OVERALL, GoldenQuery
from vouch.validators.retrieval.groups import breakdown, profile_group, renamed
from vouch.validators.retrieval.kept_scores import pack_scores
from vouch.validators.retrieval.scoring import Scores, metric_names

SHOWN = 50
"""Queries of each kind that a record names."""
_RESAMPLES = 9999


@dataclass(frozen=True, slots=True)
class Sides:
    """The golden queries and their scores in both states.

    `published` is None where nothing is published; it lacks the queries of which nobody knows how
    they were. `origin` says where it comes from, where it was not searched now.
    """

    golden: Sequence[GoldenQuery]
    candidate: Scores
    published: Scores | None = None
    origin: str = ""

    @property
    def answerable(self) -> list[GoldenQuery]:
        """Return the queries that have answers."""
        return [query for query in self.golden if query.answers]

    @property
    def compared(self) -> list[GoldenQuery]:
        """Return the queries that have answers and scores of both states."""
        there = self.published.by_query if self.published else self.candidate.by_query
        return [query for query in self.answerable if query.id in there]

    def before(self) -> Scores:
        """Return the published side; the candidate's own where nothing is published."""
        return self.published or self.candidate

    def lost(self, metric: str) -> list[GoldenQuery]:
        """Return the queries of which a metric fell, the largest loss first."""
        losses = {query.id: -self.change(query, metric) for query in self.compared}
        fallen = [query for query in self.compared if losses[query.id] > 0]
        return sorted(fallen, key=lambda query: -losses[query.id] * query.importance)

    def change(self, query: GoldenQuery, metric: str) -> float:
        """Return by how much a metric of a query rose, negative where it fell."""
        return self.candidate.value(query.id, metric) - self.before().value(query.id, metric)


def compare(sides: Sides, settings: RetrievalSettings) -> Retrieval:
    """Compare both states.

    An answer that a state does not have counts as not found there: a question whose document was
    removed is not answered.
    """
    names = metric_names(settings.k)
    compared, candidate, before = sides.compared, sides.candidate, sides.before()
    won = [query for query in compared if sides.change(query, names[0]) > 0]
    return Retrieval(
        queries=len(sides.answerable),
        mode=settings.mode,
        k=settings.k,
        breadth=settings.breadth,
        changes=tuple(_change(sides, name) for name in names) if compared else (),
        lost=tuple(_row(sides, query) for query in sides.lost(names[0])[:SHOWN]),
        won=tuple(_row(sides, query) for query in won[:SHOWN]),
        unlocated=tuple(
            query.id
            for query in compared
            if before.by_query[query.id] is candidate.by_query[query.id] is None
        ),
        alone=sides.published is None,
        groups=breakdown(sides.golden, sides.published, candidate),
        negatives=sum(bool(query.not_from) or query.absent for query in sides.golden),
        breaches=_breaches(sides),
        leaks=_leaks(sides),
        published_from=sides.origin,
        not_compared=len(sides.answerable) - len(compared),
        scores=pack_scores(sides.golden, candidate),
    )


def with_profiles(retrieval: Retrieval, profiles: Mapping[str, Retrieval]) -> Retrieval:
    """Return the comparison of the queries without a profile with those by profile beside it.

    The means of each are in the group `profile:NAME` too.
    """
    parts, groups = {}, list(retrieval.groups)
    for name, part in profiles.items():
        overall = [group for group in part.groups if group.name == OVERALL]
        parts[name] = part.model_copy(update={"groups": tuple(overall)})
        groups += [renamed(group, profile_group(name), part.k) for group in overall]
    return retrieval.model_copy(update={"profiles": parts, "groups": tuple(groups)})


def _row(sides: Sides, query: GoldenQuery) -> QueryScore:
    return QueryScore(
        id=query.id,
        query=query.query,
        published=sides.before().by_query[query.id],
        candidate=sides.candidate.by_query[query.id],
        where=sides.candidate.places.get(query.id, ""),
    )


def _breaches(sides: Sides) -> tuple[Breach, ...]:
    queries = {query.id: query for query in sides.golden}
    published = sides.published
    return tuple(
        Breach(
            id=key,
            query=queries[key].query,
            message=message,
            published=key in published.breaches
            if published and key in published.searched
            else None,
        )
        for key, message in sides.candidate.breaches.items()
    )


def _leaks(sides: Sides) -> tuple[LanguageLeak, ...]:
    """Return the leaks of all languages together, then of each."""
    languages = sides.candidate.languages
    by_language: dict[str, list[GoldenQuery]] = {}
    for query in sides.golden:
        if query.id in sides.candidate.leaks:
            by_language.setdefault(languages[query.id], []).append(query)
    every = [query for queries in by_language.values() for query in queries]
    rows = [(OVERALL, every), *sorted(by_language.items())] if every else []
    return tuple(
        LanguageLeak(
            language=language,
            queries=len(queries),
            published=_mean_leak(queries, sides.published),
            candidate=_mean_leak(queries, sides.candidate) or 0.0,
        )
        for language, queries in rows
    )


def _mean_leak(queries: Sequence[GoldenQuery], scores: Scores | None) -> float | None:
    counted = [query for query in queries if scores and query.id in scores.leaks]
    if scores is None or not counted:
        return None
    weights = [query.importance for query in counted]
    leaks = [scores.leaks[query.id] for query in counted]
    return round(float(np.average(leaks, weights=weights)), 6)


def _change(sides: Sides, name: str) -> MetricChange:
    queries = sides.compared
    weights = np.array([query.importance for query in queries])
    shares = weights / weights.sum()
    before = np.array([sides.before().value(query.id, name) for query in queries])
    after = np.array([sides.candidate.value(query.id, name) for query in queries])
    return MetricChange(
        metric=name,
        published=float(shares @ before),
        candidate=float(shares @ after),
        p=loss_p(shares * (before - after)),
    )


def loss_p(losses: npt.NDArray[np.float64]) -> float:
    """Return how often chance alone makes a loss as large.

    A one-sided paired randomisation test (Smucker, Allan and Carterette, 2007).
    """
    # A query without a change has none on either side; without them few losses are tested exactly.
    losses = losses[losses != 0]
    if not len(losses):
        return 1.0
    # scipy refuses a single pair: chance turns one query to either side.
    if len(losses) == 1:
        return 0.5 if losses[0] > 0 else 1.0
    from scipy.stats import permutation_test  # takes half a second, so only for a difference

    test = permutation_test(
        (losses,),
        np.sum,
        permutation_type="samples",
        alternative="greater",
        n_resamples=_RESAMPLES,
        rng=np.random.default_rng(0),
    )
    return float(test.pvalue)
