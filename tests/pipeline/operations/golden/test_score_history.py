"""The history of scores: what belongs to the process as it is, and where it begins again."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from vouch.index.store.run_log import write_run
from vouch.index.store.tables import Tables
from vouch.pipeline.audit.trend_gate import slow_loss_checks
from vouch.pipeline.operations.golden.score_history import (
    at_equal_distances,
    newest_scores,
    score_history,
)
from vouch.schemas.runs.approval import Approval
from vouch.schemas.runs.record import RunRecord, Status
from vouch.schemas.runs.retrieval import Retrieval
from vouch.schemas.settings.gates import RetrievalSettings, TrendSettings
from vouch.validators.retrieval.golden_queries import GoldenQuery
from vouch.validators.retrieval.kept_scores import pack_scores
from vouch.validators.retrieval.scoring import Scores, metric_names

START = datetime(2026, 11, 2, 2, tzinfo=UTC)
END = START + timedelta(days=28)
SETTINGS = RetrievalSettings()
QUERIES = tuple(
    GoldenQuery(id=f"q{n}", query=f"question {n}", source="docs", uri="a.md", answer="x")
    for n in range(50)
)


@pytest.fixture
def index(tmp_path: Path) -> Tables:
    return Tables.create(tmp_path / "index", 4)


def scores(lost: int) -> Scores:
    """Return scores of which the first `lost` queries are not found."""
    values = {
        query.id: dict.fromkeys(metric_names(5), float(number >= lost))
        for number, query in enumerate(QUERIES)
    }
    return Scores(5, values)  # type: ignore[arg-type]


def record(tables: Tables, day: int, lost: int | None = None, **fields: Any) -> None:
    """Write the record of a run of this day."""
    retrieval = None
    if lost is not None:
        retrieval = Retrieval(
            queries=50, mode="hybrid", k=5, changes=(), breadth=fields.pop("breadth", "balanced"),
            scores=pack_scores(QUERIES, scores(lost)),
        )  # fmt: skip
    values = {
        "run_id": f"day-{day}-{fields.get('kind', 'ingest')}",
        "status": Status.PUBLISHED,
        "started_at": START + timedelta(days=day),
        "settings_sha256": "",
        "code_version": "",
        "embedding_fingerprint": "model",
        "retrieval": retrieval,
    }
    write_run(tables, RunRecord(**(values | fields)))


def losses(tables: Tables, **trend: Any) -> list[str]:
    """Return the trend of a candidate that has lost four answers."""
    settings = SETTINGS.model_copy(update={"trend": TrendSettings(**trend)})
    checks = slow_loss_checks(tables, QUERIES, scores(4), settings, "model", END)
    return [check.message for check in checks]


def slow_loss(tables: Tables) -> None:
    """Write runs of four weeks that have lost three answers."""
    for day, lost in ((0, 0), (7, 1), (14, 2), (21, 3)):
        record(tables, day, lost)


def test_runs_and_evaluations_make_a_trend(index: Tables):
    record(index, 0, 0)
    record(index, 7, 1, kind="evaluate", status=Status.UNCHANGED)
    record(index, 8, 50, status=Status.REJECTED)
    record(index, 9)  # an hourly run with nothing to publish
    record(index, 14, 2)
    record(index, 21, 3)
    (message,) = losses(index)
    assert message.startswith(
        "recall@5 of all queries fell from 1.000 to 0.920 since 2 Nov (4 runs)"
    )
    assert losses(index, action="off") == []
    newest, kept = newest_scores(index, QUERIES)
    assert newest is not None
    assert newest.run_id == "day-21-ingest"
    assert kept is not None
    assert kept.misses == ("q0", "q1", "q2")


def approval(*checks: str, **fields: Any) -> Approval:
    at = START + timedelta(days=22)
    return Approval(id="a", who="ada", why="a smaller release", at=at, checks=checks, **fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "rollback"},
        {"kind": "reindex", "lost": 3},
        {"kind": "ingest", "lost": 3, "approval": approval("golden_queries:recall@5@retrieval")},
        {"kind": "approve", "approval": approval("golden_trend:overall@retrieval")},
        {"kind": "ingest", "lost": 3, "embedding_fingerprint": "another model"},
        {"kind": "ingest", "lost": 3, "breadth": "all"},
    ],
)
def test_a_decision_or_another_search_begins_a_new_history(index: Tables, fields: dict[str, Any]):
    slow_loss(index)
    assert losses(index)
    record(index, 22, **fields)
    assert losses(index) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "approve", "approval": approval("source_age@docs")},
        {"kind": "approve", "approval": approval("golden_trend", ends="b")},
        {"kind": "maintain"},
    ],
)
def test_other_decisions_do_not(index: Tables, fields: dict[str, Any]):
    slow_loss(index)
    record(index, 22, **fields)
    assert losses(index)


def test_queries_that_were_defined_otherwise_have_no_history(index: Tables):
    slow_loss(index)
    changed = [
        GoldenQuery.model_validate(query.model_dump() | {"answer": "y"}) for query in QUERIES
    ]
    assert score_history(index, changed, SETTINGS, "model", END) == []


def test_of_very_many_runs_some_are_read_and_always_the_oldest_and_the_newest():
    assert at_equal_distances(range(100), 100) == list(range(100))
    some = at_equal_distances(range(2000), 100)
    assert (len(some), some[0], some[-1]) == (100, 0, 1999)
    assert {after - before for before, after in pairwise(some)} <= {20, 21}
