"""The scores of golden queries over the last runs, from their records."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from vouch.index.store.run_log import published_or_of_kind, read_runs
from vouch.index.store.tables import Tables
from vouch.schemas.runs.approval import Approval
from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import RunRecord
from vouch.schemas.runs.retrieval import Retrieval
from vouch.schemas.settings.gates import RetrievalSettings
from vouch.validators.retrieval.golden_queries import GoldenQuery
from vouch.validators.retrieval.kept_scores import kept_scores
from vouch.validators.retrieval.scoring import Scores
from vouch.validators.retrieval.trend import HISTORY, Point

_Run = TypeVar("_Run")
_MAX_RECORDS = 100  # of hourly runs over months, as many as show a trend
_EVALUATE, _APPROVE, _ROLLBACK, _REINDEX = "evaluate", "approve", "rollback", "reindex"


def newest_scores(
    tables: Tables, golden: Sequence[GoldenQuery]
) -> tuple[RunRecord | None, Scores | None]:
    """Return the newest run that has scored the published state, and its scores of the queries."""
    for record, retrieval in scored_runs(tables):
        return record, kept_scores(golden, retrieval)
    return None, None


def scored_runs(tables: Tables) -> Iterator[tuple[RunRecord, Retrieval]]:
    """Yield the runs that have scored a published state, and what they recorded of it, the newest
    first: of many runs the last hundred, one read after the other, because the first is mostly it.
    """
    runs = sorted(published_or_of_kind(tables, [_EVALUATE]), key=_start, reverse=True)
    for run in runs[:_MAX_RECORDS]:
        (record,) = read_runs(tables, [run["run_id"]])
        if record.retrieval is not None and record.retrieval.scores:
            yield record, record.retrieval


def score_history(
    tables: Tables,
    golden: Sequence[GoldenQuery],
    settings: RetrievalSettings,
    embedding_fingerprint: str,
    at: datetime,
) -> list[Point]:
    """Return the scores of the states that were published before `at`, oldest first.

    They begin again after a rollback, a reindexing or another model, where the search has changed,
    and with the state that a person agreed to. Only queries that are defined as they are now have
    scores.
    """
    begin = at - timedelta(days=HISTORY * settings.trend.days)
    points: list[Point] = []
    for record in _records(tables, begin):
        approval, retrieval = record.approval, record.retrieval
        if record.kind == _APPROVE:
            if approval and _agrees_to_trend(approval):
                del points[:-1]
            continue
        if record.kind in (_ROLLBACK, _REINDEX) or approval:
            points.clear()
        if retrieval is None or not retrieval.scores:
            continue
        searched = (retrieval.mode, retrieval.k, retrieval.breadth or settings.breadth)
        if searched != (settings.mode, settings.k, settings.breadth) or (
            record.embedding_fingerprint != embedding_fingerprint
        ):
            points.clear()
            continue
        scores = kept_scores(golden, retrieval).by_query
        if scores:
            points.append(Point(_since(record), scores))
    return points


def _agrees_to_trend(approval: Approval) -> bool:
    return approval.ends is None and any(
        name.startswith(CheckId.GOLDEN_TREND) for name in approval.checks
    )


def _records(tables: Tables, begin: datetime) -> list[RunRecord]:
    """Return the records of states and of approvals since then, oldest first, and the last state
    before that; of very many states some at equal distances.
    """
    runs = sorted(published_or_of_kind(tables, [_EVALUATE, _APPROVE]), key=_start)
    first = max(0, sum(run["started_at"] < begin for run in runs) - 1)
    decisions = [run for run in runs[first:] if run["kind"] in (_APPROVE, _ROLLBACK, _REINDEX)]
    states = [run for run in runs[first:] if run not in decisions]
    ids = [run["run_id"] for run in (*decisions, *at_equal_distances(states, _MAX_RECORDS))]
    return sorted(read_runs(tables, ids), key=_since)


def at_equal_distances(runs: Sequence[_Run], most: int) -> list[_Run]:
    """Return all runs, or `most` of them at equal distances, with the first and the last one."""
    if len(runs) <= most:
        return list(runs)
    return [runs[round(number * (len(runs) - 1) / (most - 1))] for number in range(most)]


def _since(record: RunRecord) -> datetime:
    """Return since when its state is published: a rejected run publishes when it is approved."""
    return record.approval.at if record.approval else record.started_at


def _start(run: dict[str, Any]) -> datetime:
    start: datetime = run["started_at"]
    return start
