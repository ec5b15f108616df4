"""Slow losses: golden queries over the runs of weeks, where no single run exceeds its tolerance.

The same queries are compared, so that the noise of a mean over other queries plays no part. What
remains is that queries are lost and found as documents change. Decision 50 says which tests were
compared, how often this one raises a false alarm, and how soon it sees a loss.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import Check, Example, Outcome, Severity
from vouch.schemas.settings.gates import TrendSettings
from vouch.validators.retrieval.golden_queries import OVERALL

Array = npt.NDArray[np.float64]

HISTORY = 3
"""Windows of `retrieval.trend.days` that show how much the queries fluctuate."""
_MIN_Z = 1.645  # 5 %, one-sided
_MIN_QUERIES = 2
_MIN_RUNS = 2
_EXAMPLES = 50


@dataclass(frozen=True, slots=True)
class Point:
    """The scores of the state that a run published: metrics by query id.

    None where the state lacks the answer. Only queries that are defined as they are now.
    """

    at: datetime
    scores: Mapping[str, Mapping[str, float] | None]


@dataclass(frozen=True, slots=True)
class Trend:
    """A loss over several runs: the mean fell from `before` to `after` since `since`.

    `largest_step` is the most that one of the `runs` lost; `lost` are the ids of the queries that
    fell.
    """

    group: str
    metric: str
    before: float
    after: float
    since: datetime
    runs: int
    largest_step: float
    lost: tuple[str, ...]

    @property
    def message(self) -> str:
        """Say what fell, since when, and that no single run shows it."""
        queries = "all queries" if self.group == OVERALL else self.group.replace(":", " ", 1)
        return (
            f"{self.metric} of {queries} fell from {self.before:.3f} to {self.after:.3f} since "
            f"{self.since.day} {self.since:%b} ({self.runs} runs); no single run lost more than "
            f"{self.largest_step:.3f}"
        )


@dataclass(frozen=True, slots=True)
class Fall:
    """From which row of a series the mean fell to that of the last row, and in which rows."""

    first: int
    means: Array

    @property
    def steps(self) -> Array:
        """Return what each run lost since, positive for a loss."""
        return -np.diff(self.means[self.first :])


def find_fall(scores: Array, weights: Array, start: int, loss: float) -> Fall | None:
    """Return a loss of at least `loss` from the best row since `start` to the last row, if any.

    `scores` has a row for each run, oldest first, and a column for each query. A loss counts if
    several queries fell, in more than one run, and if it is more than chance explains: at least
    1.645 times what as many rises and falls as usual add up to, in either direction at random. How
    many are usual is counted over all rows.
    """
    shares = weights / weights.sum()
    means = np.round(scores @ shares, 9)
    # The last of the best rows: that is where the loss begins.
    first = len(means) - 1 - int(np.argmax(means[start:][::-1]))
    fall = Fall(first, means)
    lost = means[first] - means[-1]
    if lost <= 0 or lost < loss - 1e-9 or (fall.steps > 0).sum() < _MIN_RUNS:
        return None
    change = scores[-1] - scores[first]
    if (change < 0).sum() - (change > 0).sum() < _MIN_QUERIES:
        return None
    moves = np.diff(scores, axis=0) * shares
    usual = np.square(moves).sum() * (len(scores) - 1 - start) / (len(scores) - 1)
    return fall if lost >= _MIN_Z * np.sqrt(usual) else None


def loss_trends(
    points: Sequence[Point],
    groups: Mapping[str, Collection[str]],
    weights: Mapping[str, float],
    metrics: Sequence[str],
    settings: TrendSettings,
) -> list[Trend]:
    """Return the slow losses of groups of queries; `points` are oldest first, the last is judged.

    `groups` are the ids of their queries by name, `weights` the importance of each query.
    """
    trends: list[Trend] = []
    if len(points) <= _MIN_RUNS:
        return trends
    begin = points[-1].at - timedelta(days=settings.days)
    # The last state before the window is the one with which the window begins.
    start = max(0, sum(point.at <= begin for point in points) - 1)
    for metric in metrics:
        for group, members in groups.items():
            ids = [name for name in members if name in points[-1].scores]
            if len(ids) < _MIN_QUERIES or any(trend.group == group for trend in trends):
                continue
            series = _series(points, ids, metric)
            importance = np.array([weights.get(name, 1.0) for name in ids])
            fall = find_fall(series, importance, start, settings.loss)
            if fall is not None:
                fell = series[-1] < series[fall.first]
                trends.append(
                    Trend(
                        group=group,
                        metric=metric,
                        before=float(fall.means[fall.first]),
                        after=float(fall.means[-1]),
                        since=points[fall.first].at,
                        runs=len(fall.steps),
                        largest_step=float(fall.steps.max()),
                        lost=tuple(name for name, down in zip(ids, fell, strict=True) if down),
                    )
                )
    return _without_repetitions(trends, groups)


def _series(points: Sequence[Point], ids: Sequence[str], metric: str) -> Array:
    """Return the scores, shape (points, queries); one that a point lacks is as at the next one.

    So a query that was added, or defined in another way, brings no loss of its own.
    """
    rows = np.empty((len(points), len(ids)))
    for number in range(len(points) - 1, -1, -1):
        scores = points[number].scores
        for column, name in enumerate(ids):
            if name in scores:
                rows[number, column] = (scores[name] or {}).get(metric, 0.0)
            else:
                rows[number, column] = rows[number + 1, column]
    return rows


def _without_repetitions(
    trends: Sequence[Trend], groups: Mapping[str, Collection[str]]
) -> list[Trend]:
    """Return the trend of all queries, and of smaller groups with the same lost queries that of the
    smallest.
    """
    by_queries: dict[tuple[str, ...], Trend] = {}
    for trend in sorted(trends, key=lambda trend: len(groups[trend.group])):
        if len(groups[trend.group]) < len(groups[OVERALL]):
            by_queries.setdefault(tuple(sorted(trend.lost)), trend)
    overall = [trend for trend in trends if trend.group == OVERALL]
    return [*overall, *sorted(by_queries.values(), key=lambda trend: trend.group)]


def trend_checks(
    trends: Sequence[Trend], questions: Mapping[str, str], settings: TrendSettings
) -> tuple[Check, ...]:
    """Return a failed check for each slow loss; `questions` are the queries' texts by id."""
    return tuple(
        Check(
            id=CheckId.GOLDEN_TREND,
            name=f"golden queries: slow loss of {trend.group}",
            scope="retrieval",
            subject=trend.group,
            owner="golden queries",
            severity=Severity.REJECT if settings.action == "block" else Severity.WARN,
            outcome=Outcome.FAILED,
            figure=round(trend.before - trend.after, 4),
            threshold=settings.loss,
            message=trend.message,
            concerned=len(trend.lost),
            examples=tuple(
                Example(uri=name, message=questions.get(name, ""))
                for name in trend.lost[:_EXAMPLES]
            ),
        )
        for trend in trends
    )
