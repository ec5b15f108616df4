"""The candidate held against what is published, query by query."""

from collections.abc import Sequence

import numpy as np

from vouch.schemas.gate import RetrievalSettings
from vouch.schemas.run import Check, MetricChange, Outcome, QueryScore, Retrieval, Severity
from vouch.validators.retrieval.golden_queries import GoldenQuery, Scores, metric_names

OWNER = "golden queries"
_RESAMPLES = 9999
_SHOWN = 50


def compare(
    golden: Sequence[GoldenQuery], published: Scores, candidate: Scores, settings: RetrievalSettings
) -> Retrieval:
    """Both sides over the queries that can be answered on one of them: an answer that is gone counts as not found."""
    known = [
        query for query in golden if published.by_query[query.id] or candidate.by_query[query.id]
    ]
    changes = [_change(name, known, published, candidate) for name in metric_names(settings.k)]
    first = metric_names(settings.k)[0]
    lost: list[QueryScore] = []
    won: list[QueryScore] = []
    for query in known:
        before, after = _figure(published, query, first), _figure(candidate, query, first)
        row = QueryScore(
            id=query.id,
            query=query.query,
            published=published.by_query[query.id],
            candidate=candidate.by_query[query.id],
        )
        (lost if after < before else won if after > before else []).append(row)
    return Retrieval(
        queries=len(known),
        mode=settings.mode,
        k=settings.k,
        changes=tuple(changes),
        lost=tuple(lost[:_SHOWN]),
        won=tuple(won[:_SHOWN]),
        unlocated=tuple(query.id for query in golden if query not in known),
    )


def baseline(
    golden: Sequence[GoldenQuery], candidate: Scores, settings: RetrievalSettings
) -> Retrieval:
    """The candidate alone, where nothing has been published to hold it against."""
    return compare(golden, candidate, candidate, settings).model_copy(update={"alone": True})


def checks(retrieval: Retrieval, settings: RetrievalSettings) -> tuple[Check, ...]:
    """One for each metric that can block."""
    return tuple(
        _check(change, retrieval, settings)
        for change in retrieval.changes
        if change.metric.split("@")[0] in settings.metrics
    )


def _check(change: MetricChange, retrieval: Retrieval, settings: RetrievalSettings) -> Check:
    fall = change.published - change.candidate
    worse = fall > settings.tolerance + 1e-9  # a mean of ones and zeros is rarely exact
    sure = change.p <= settings.alpha
    told = f"{change.candidate:.3f} on the candidate, {change.published:.3f} on what is published, {retrieval.queries} queries"
    lost = (
        f"; lost: {', '.join(one.id for one in retrieval.lost[:5])}"
        if worse and retrieval.lost
        else ""
    )
    return Check(
        name=f"golden queries: {change.metric} does not fall",
        scope="retrieval",
        owner=OWNER,
        severity=Severity.REJECT if sure or not worse else Severity.WARN,
        outcome=Outcome.FAILED if worse else Outcome.PASSED,
        figure=round(fall, 4),
        threshold=settings.tolerance,
        message=f"{told} (p {change.p:.3f}){lost}",
    )


def _change(
    name: str, known: Sequence[GoldenQuery], published: Scores, candidate: Scores
) -> MetricChange:
    before = np.array([_figure(published, query, name) for query in known])
    after = np.array([_figure(candidate, query, name) for query in known])
    mean = (float(before.mean()), float(after.mean())) if known else (0.0, 0.0)
    return MetricChange(metric=name, published=mean[0], candidate=mean[1], p=_p(before, after))


def _figure(scores: Scores, query: GoldenQuery, name: str) -> float:
    return (scores.by_query[query.id] or {}).get(name, 0.0)


def _p(
    before: "np.ndarray[tuple[int], np.dtype[np.float64]]",
    after: "np.ndarray[tuple[int], np.dtype[np.float64]]",
) -> float:
    """One-sided paired randomisation test: how often chance alone makes a fall as large (Smucker et al., 2007)."""
    falls = before - after
    if not falls.any():
        return 1.0
    if len(falls) == 1:  # which scipy refuses: chance turns one query to either side
        return 0.5 if falls[0] > 0 else 1.0
    from scipy.stats import permutation_test  # half a second, which only a difference is worth

    found = permutation_test(
        (falls,),
        np.mean,
        permutation_type="samples",
        alternative="greater",
        n_resamples=_RESAMPLES,
        rng=np.random.default_rng(0),
    )
    return float(found.pvalue)
