"""How soon a slow loss of retrieval is seen, and how often an unchanged process raises an alarm.

Cranfield: of each query, the best of its relevant abstracts is the answer. An index has 70 % of the
abstracts that answer nothing, and every run replaces some of them by others: the process is the
same all the year, and its scores fluctuate as documents change. A slow loss removes the answers of
3 of the 225 queries (1.3 %) over 28 nights; no run loses more than 0.5 %.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.stats import binomtest, kendalltau

from benchmarks.retrieval.baseline import encode
from benchmarks.retrieval.cranfield import read_collection
from benchmarks.retrieval.markdown import table
from vouch.schemas.settings.gates import TrendSettings
from vouch.validators.retrieval.trend import HISTORY, find_fall

Bools: TypeAlias = npt.NDArray[np.bool_]
Scores: TypeAlias = npt.NDArray[np.float64]

_YEARS = 100
_NIGHTS = 365
_K = 5
_INDEXED = 0.7
_LOST = 3
_SETTINGS = TrendSettings()
_WINDOW, _HISTORY = _SETTINGS.days, HISTORY * _SETTINGS.days
_POINTS = 100
_REPLACED = (0, 1, 3, 10, 50)
_TAGS = 10


@dataclass(frozen=True)
class Collection:
    """For each query, which of the documents are nearer to it than its answer."""

    nearer: Bools
    is_answer: Bools

    @classmethod
    def read(cls, corpora: Path) -> "Collection":
        documents, queries, judged = read_collection(corpora / "cranfield")
        names = [document["_id"] for document in documents]
        relevant = {(qrel.query_id, qrel.doc_id) for qrel in judged if qrel.relevance > 0}
        is_relevant = np.array([[(q["_id"], name) in relevant for name in names] for q in queries])
        similarity = (
            encode([query["text"] for query in queries])
            @ encode([f"{document['title']} {document['text']}" for document in documents]).T
        )
        answers = np.where(is_relevant, similarity, -np.inf).argmax(axis=1)
        nearer = similarity > similarity[np.arange(len(queries)), answers][:, None]
        is_answer = np.isin(np.arange(len(names)), answers)
        return cls(nearer, is_answer)

    def runs(self, count: int, replaced: float, rng: np.random.Generator) -> Scores:
        """Return recall@5 of each query after each run, shape (runs, queries)."""
        pool = rng.permutation(np.flatnonzero(~self.is_answer))
        indexed, absent = np.split(pool, [int(len(pool) * _INDEXED)])
        ahead = self.nearer[:, self.is_answer].sum(1) + self.nearer[:, indexed].sum(1)
        scores = np.empty((count, len(ahead)))
        for run in range(count):
            for _ in range(rng.poisson(replaced)):
                leaves, joins = rng.integers(len(indexed)), rng.integers(len(absent))
                ahead += self.nearer[:, absent[joins]].astype(int)
                ahead -= self.nearer[:, indexed[leaves]]
                indexed[leaves], absent[joins] = absent[joins], indexed[leaves]
            scores[run] = ahead < _K
        return scores

    @property
    def indexed(self) -> int:
        """The number of documents of an index that runs may replace."""
        return int((~self.is_answer).sum() * _INDEXED)


def tables(corpora: Path) -> Iterator[str]:
    """Yield the table of the tests, and that of nightly and hourly runs, all queries and tags."""
    collection = Collection.read(corpora)
    yield table(
        "A slow loss: alarms of an unchanged process, and whether a loss of 1.3 % is seen",
        ("replaced a night", "test", "a year with an alarm", "alarms a year", "seen", "after"),
        list(_compared(collection)),
        f"{_YEARS} simulated years of nightly runs, 225 queries. seen: within the 28 nights of the "
        "loss, after 84 nights of history; after: median nights. Alarms within 28 nights of each "
        "other are one.",
    )
    yield table(
        "A slow loss: nightly and hourly runs, all queries and tags",
        ("replaced a night", "runs", "queries", "a year with an alarm", "seen without history"),
        list(_settings(collection)),
        f"The test of Vouch. tags: any of {_TAGS} groups of 22 or 23 queries, or all queries.",
    )


def _compared(collection: Collection) -> Iterator[list[Any]]:
    for replaced in _REPLACED:
        rng = np.random.default_rng(replaced)
        years = [collection.runs(_NIGHTS, replaced, rng) for _ in range(_YEARS)]
        losses = [_with_loss(year[: _HISTORY + _WINDOW + 1], rng) for year in years]
        for name, test in TESTS.items():
            alarms = [_incidents(_alarms(year, test)) for year in years]
            nights = [_alarms(series, test, _HISTORY + 1) for series in losses]
            delays = [alarm[0] - _HISTORY for alarm in nights if alarm]
            yield [
                f"{replaced / collection.indexed:.1%}",
                name,
                f"{np.mean([bool(count) for count in alarms]):.0%}",
                f"{np.mean(alarms):.2f}",
                f"{len(delays) / _YEARS:.0%}",
                f"{np.median(delays):.0f}" if delays else "–",
            ]


def _settings(collection: Collection) -> Iterator[list[Any]]:
    for replaced in _REPLACED[1:]:
        for hourly in (False, True):
            every = 24 if hourly else 1
            rng = np.random.default_rng(replaced)
            count = _YEARS // 5 if hourly else _YEARS  # an hourly year takes far longer
            years = [collection.runs(_NIGHTS * every, replaced / every, rng) for _ in range(count)]
            new = [_with_loss(year[: _WINDOW * every + 1], rng, every) for year in years]
            for groups in (1, _TAGS):
                alarms = [
                    any(_alarms(part, _vouch, every=every) for part in _groups(year, groups))
                    for year in years
                ]
                seen = [
                    any(_alarms(part, _vouch, every=every) for part in _groups(year, groups))
                    for year in new
                ]
                yield [
                    f"{replaced / collection.indexed:.1%}",
                    "hourly" if hourly else "nightly",
                    "tags" if groups > 1 else "all",
                    f"{np.mean(alarms):.0%}",
                    f"{np.mean(seen):.0%}",
                ]


def _groups(scores: Scores, count: int) -> list[Scores]:
    parts = [scores[:, start::count] for start in range(count)]
    return [scores, *parts] if count > 1 else [scores]


def _with_loss(scores: Scores, rng: np.random.Generator, every: int = 1) -> Scores:
    """Return the runs with answers that are removed in the last 28 nights, at equal distances."""
    lost = rng.choice(np.flatnonzero(scores.mean(axis=0) > 0.5), _LOST, replace=False)
    changed = scores.copy()
    for number, query in enumerate(lost, 1):
        changed[len(scores) - 1 - _WINDOW * every * (_LOST - number) // _LOST :, query] = 0
    return changed


Test: TypeAlias = Callable[[Scores, int], bool]
"""Whether a series ends with a loss; the number is that of the row with which the window begins."""


def _vouch(scores: Scores, start: int) -> bool:
    return find_fall(scores, np.ones(scores.shape[1]), start, _SETTINGS.loss) is not None


def _cusum(scores: Scores, start: int) -> bool:
    """Page's sum without allowance: how far the mean is below its highest value in the window."""
    means = scores[start:].mean(axis=1)
    return bool(means.max() - means[-1] >= _SETTINGS.loss - 1e-9)


def _mann_kendall(scores: Scores, start: int) -> bool:
    """A falling rank correlation with time (p 0.01), and a loss of the size."""
    means = scores[start:].mean(axis=1)
    if len(means) < 8 or not _cusum(scores, start):
        return False
    tau, p = kendalltau(np.arange(len(means)), means)
    return bool(tau < 0 and p / 2 <= 0.01)


def _sign(scores: Scores, start: int) -> bool:
    """The sign test over queries, between both ends of the window (p 0.05), and the size."""
    first, last = scores[start], scores[-1]
    lost, won = int((last < first).sum()), int((last > first).sum())
    if first.mean() - last.mean() < _SETTINGS.loss - 1e-9:
        return False
    return bool(binomtest(lost, lost + won, alternative="greater").pvalue <= 0.05)


TESTS: dict[str, Test] = {
    "**Vouch**: loss against usual fluctuations": _vouch,
    "CUSUM of the mean": _cusum,
    "Mann-Kendall of the mean": _mann_kendall,
    "sign test of the window's ends": _sign,
}


def _alarms(scores: Scores, test: Test, first: int = 2, every: int = 1) -> list[int]:
    """Return the runs after which the test raises an alarm.

    Of hourly runs those that changed a score are tested, and one a day.
    """
    alarms: list[int] = []
    is_changed = np.r_[False, np.diff(scores, axis=0).any(axis=1)]
    for run in range(first, len(scores)):
        if not is_changed[run] and run % every:
            continue
        oldest = max(0, run - _HISTORY * every)
        window = max(0, run - _WINDOW * every) - oldest
        kept = np.arange(oldest, run + 1)
        if len(kept) > _POINTS:
            places = np.linspace(0, len(kept) - 1, _POINTS).round().astype(int)
            window = int(np.searchsorted(places, window))
            kept = kept[places]
        if test(scores[kept], window):
            alarms.append(run)
    return alarms


def _incidents(alarms: Sequence[int]) -> int:
    first = -_WINDOW - 1
    count = 0
    for alarm in alarms:
        if alarm - first > _WINDOW:
            first, count = alarm, count + 1
    return count
