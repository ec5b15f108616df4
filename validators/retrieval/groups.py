"""Means of golden queries by tag, language, source and owner, with their intervals."""

import math
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from vouch.schemas.runs.retrieval import Estimate, GroupScore, Retrieval
from vouch.validators.retrieval.golden_queries import OVERALL, GoldenQuery, by_profile, nearest
from vouch.validators.retrieval.scoring import (
    DEPTH,
    Scores,
    metric_names,
    query_languages,
    series_name,
)

_Z = 1.96  # 95 %
_DIGITS = 4


def groups_of(
    golden: Sequence[GoldenQuery], languages: Mapping[str, str]
) -> dict[str, list[GoldenQuery]]:
    """Return the queries that have answers by the name of their groups: `overall` first, then by
    name.
    """
    groups: dict[str, list[GoldenQuery]] = {OVERALL: []}
    for query in golden:
        for name in query.groups(languages.get(query.id)) if query.answers else ():
            groups.setdefault(name, []).append(query)
    return {OVERALL: groups.pop(OVERALL), **dict(sorted(groups.items()))}


def missing_group(
    golden: Sequence[GoldenQuery], required: Collection[str], profiles: Collection[str] = ()
) -> tuple[str, str] | None:
    """Return the first of the required groups that has no query, and what is wrong with it.

    `profiles` are those by which all queries are searched.
    """
    # Detecting languages takes a model, which few files need.
    by_language = any(name.startswith("language:") for name in required)
    (_, without), *by_name = by_profile(golden, profiles).items()
    groups = groups_of(without, query_languages(without) if by_language else {})
    for name, queries in by_name:
        groups[profile_group(str(name))] = [query for query in queries if query.answers]
    groups = {name: queries for name, queries in groups.items() if queries}
    for name in required:
        if name not in groups:
            return name, f"no golden query with an answer is in this group{nearest(name, groups)}"
    return None


def profile_group(name: str) -> str:
    """Return the name of the group of the queries that are searched by a profile."""
    return f"profile:{name}"


def breakdown(
    golden: Sequence[GoldenQuery], published: Scores | None, candidate: Scores
) -> tuple[GroupScore, ...]:
    """Return the means of each group in both states.

    The published side is left out of a group with a query that it has no scores of.
    """
    groups = []
    for name, queries in groups_of(golden, candidate.languages).items():
        if not queries:
            continue
        # Of the many groups the two that trends show: records are read by the hundred.
        names = metric_names(candidate.k) if name == OVERALL else _shown(candidate.k)
        is_compared = published and all(query.id in published.by_query for query in queries)
        groups.append(
            GroupScore(
                name=name,
                queries=len(queries),
                published=_estimates(queries, published, names)
                if published and is_compared
                else {},
                candidate=_estimates(queries, candidate, names),
            )
        )
    return tuple(groups)


def renamed(group: GroupScore, name: str, k: int) -> GroupScore:
    """Return the group under another name, with the metrics of a smaller one."""
    metrics = {
        side: {metric: value for metric, value in means.items() if metric in _shown(k)}
        for side, means in (("published", group.published), ("candidate", group.candidate))
    }
    return group.model_copy(update={"name": name, **metrics})


def _shown(k: int) -> tuple[str, str]:
    return f"recall@{k}", f"nDCG@{DEPTH}"


def _estimates(
    queries: Sequence[GoldenQuery], scores: Scores, names: Sequence[str]
) -> dict[str, Estimate]:
    return {name: mean_of(queries, scores, name) for name in names}


def mean_of(queries: Sequence[GoldenQuery], scores: Scores, metric: str) -> Estimate:
    """Return the mean of a metric over some queries, weighted by importance, with its interval."""
    values = np.array([scores.value(query.id, metric) for query in queries])
    return estimate(values, np.array([query.importance for query in queries]))


def estimate(values: npt.NDArray[np.float64], weights: npt.NDArray[np.float64]) -> Estimate:
    """Return the weighted mean of values between 0 and 1, and its 95 % interval.

    Wilson's interval with the effective number of queries, as surveys use it: fewer where weights
    differ, more where values vary less than zeros and ones of the same mean would. One query more
    that varies as those would is assumed, because few values say little about their variance. The
    percentile bootstrap is far too narrow for few queries: decision 49.
    """
    shares = weights / weights.sum()
    mean = float(shares @ values)
    number = 1 / float(shares @ shares)
    largest = mean * (1 - mean)  # the variance of zeros and ones
    variance = float(shares @ np.square(values - mean))
    ratio = (number * variance / largest + 1) / (number + 1) if largest > 1e-12 else 1.0
    effective = number / ratio
    square = _Z * _Z / effective
    centre = (mean + square / 2) / (1 + square)
    half = _Z / (1 + square) * math.sqrt(largest / effective + square / (4 * effective))
    low, high = max(0.0, centre - half), min(1.0, centre + half)
    return Estimate(round(mean, 6), round(low, _DIGITS), round(high, _DIGITS))


def series(retrieval: Retrieval) -> dict[str, float]:
    """Return the candidate's figures as a point of the series that runs record.

    All metrics of all queries, recall@k and nDCG@10 of each group; `golden breaches`, and `golden
    leak` with that of each language.
    """
    points = {
        series_name(metric, group.name): value.mean
        for group in retrieval.groups
        for metric, value in group.candidate.items()
    }
    if retrieval.negatives:
        points["golden breaches"] = float(len(retrieval.breaches))
    for leak in retrieval.leaks:
        group = OVERALL if leak.language == OVERALL else f"language:{leak.language}"
        points[series_name("leak", group)] = leak.candidate
    return points
