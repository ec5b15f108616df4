"""Compare the candidate's retrieval with the published state's, query by query."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import Check, Outcome, Severity
from vouch.schemas.runs.retrieval import MetricChange, QueryScore, Retrieval
from vouch.schemas.settings.gates import RetrievalSettings
from vouch.validators.retrieval.golden_queries import GoldenQuery
from vouch.validators.retrieval.scoring import Scores, metric_names

OWNER = "golden queries"
_RESAMPLES = 9999
_SHOWN = 50


def compare(
    golden: Sequence[GoldenQuery], published: Scores, candidate: Scores, settings: RetrievalSettings
) -> Retrieval:
    """Compare both states over the queries that one of them can answer.

    An answer that is gone from a state counts as not found there.
    """
    answerable = [
        query
        for query in golden
        if published.by_query.get(query.id) or candidate.by_query.get(query.id)
    ]
    names = metric_names(settings.k)
    lost, won = [], []
    for query in answerable:
        before, after = _value(published, query, names[0]), _value(candidate, query, names[0])
        row = QueryScore(
            id=query.id,
            query=query.query,
            published=published.by_query[query.id],
            candidate=candidate.by_query[query.id],
        )
        if after < before:
            lost.append(row)
        elif after > before:
            won.append(row)
    return Retrieval(
        queries=len(answerable),
        mode=settings.mode,
        k=settings.k,
        changes=tuple(_change(name, answerable, published, candidate) for name in names),
        lost=tuple(lost[:_SHOWN]),
        won=tuple(won[:_SHOWN]),
        unlocated=tuple(query.id for query in golden if query.answers and query not in answerable),
    )


def baseline(
    golden: Sequence[GoldenQuery], candidate: Scores, settings: RetrievalSettings
) -> Retrieval:
    """Return the candidate's figures alone, where nothing has been published yet."""
    return compare(golden, candidate, candidate, settings).model_copy(update={"alone": True})


def retrieval_checks(retrieval: Retrieval, settings: RetrievalSettings) -> tuple[Check, ...]:
    """Return a check for each metric of the settings."""
    return tuple(
        _check(change, retrieval, settings)
        for change in retrieval.changes
        if change.metric.split("@")[0] in settings.metrics
    )


def _check(change: MetricChange, retrieval: Retrieval, settings: RetrievalSettings) -> Check:
    loss = change.published - change.candidate
    # A mean of zeros and ones is rarely exact in floating point.
    is_worse = loss > settings.tolerance + 1e-9
    is_significant = change.p <= settings.alpha
    lost = ", ".join(query.id for query in retrieval.lost[:5]) if is_worse else ""
    return Check(
        id=CheckId.GOLDEN_QUERIES,
        name=f"golden queries: {change.metric}",
        scope="retrieval",
        subject=change.metric,
        owner=OWNER,
        # A loss that chance alone may explain only warns.
        severity=Severity.REJECT if is_significant or not is_worse else Severity.WARN,
        outcome=Outcome.FAILED if is_worse else Outcome.PASSED,
        figure=round(loss, 4),
        threshold=settings.tolerance,
        message=(
            f"{change.candidate:.3f} on the candidate, {change.published:.3f} on the published "
            f"state, {retrieval.queries} queries (p {change.p:.3f})"
            + (f"; lost: {lost}" if lost else "")
        ),
    )


def _change(
    name: str, queries: Sequence[GoldenQuery], published: Scores, candidate: Scores
) -> MetricChange:
    before = np.array([_value(published, query, name) for query in queries])
    after = np.array([_value(candidate, query, name) for query in queries])
    means = (float(before.mean()), float(after.mean())) if queries else (0.0, 0.0)
    return MetricChange(
        metric=name, published=means[0], candidate=means[1], p=_loss_p(before - after)
    )


def _value(scores: Scores, query: GoldenQuery, name: str) -> float:
    return (scores.by_query[query.id] or {}).get(name, 0.0)


def _loss_p(losses: npt.NDArray[np.float64]) -> float:
    """Return how often chance alone makes a loss as large.

    A one-sided paired randomisation test (Smucker, Allan and Carterette, 2007).
    """
    if not losses.any():
        return 1.0
    # scipy refuses a single pair: chance turns one query to either side.
    if len(losses) == 1:
        return 0.5 if losses[0] > 0 else 1.0
    from scipy.stats import permutation_test  # takes half a second, so only for a difference

    test = permutation_test(
        (losses,),
        np.mean,
        permutation_type="samples",
        alternative="greater",
        n_resamples=_RESAMPLES,
        rng=np.random.default_rng(0),
    )
    return float(test.pvalue)
