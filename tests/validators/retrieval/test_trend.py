"""A slow loss is seen where queries keep falling, and not where they only come and go."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vouch.schemas.runs.record import Outcome, Severity
from vouch.schemas.settings.gates import TrendSettings
from vouch.validators.retrieval.trend import Point, Trend, find_fall, loss_trends, trend_checks

START = datetime(2026, 11, 2, 2, tzinfo=UTC)
SETTINGS = TrendSettings()


def points(rows: list[list[float | None]], every: timedelta = timedelta(days=1)) -> list[Point]:
    """Return a point for each row of recalls, of queries q0, q1, …; None: not defined then."""
    return [
        Point(
            START + number * every,
            {f"q{n}": {"recall@5": value} for n, value in enumerate(row) if value is not None},
        )
        for number, row in enumerate(rows)
    ]


def falling(queries: int, lost_at: dict[int, int], runs: int = 29) -> list[list[float | None]]:
    """Return rows in which query n is lost from the run `lost_at[n]` on."""
    return [
        [0.0 if lost_at.get(n, runs) <= number else 1.0 for n in range(queries)]
        for number in range(runs)
    ]


def trends(rows: list[list[float | None]], **groups: list[str]) -> list[Trend]:
    members = {"overall": [f"q{n}" for n in range(len(rows[-1]))]} | {
        name.replace("_", ":"): ids for name, ids in groups.items()
    }
    return loss_trends(points(rows), members, {}, ["recall@5"], SETTINGS)


def test_a_loss_of_1_2_percent_over_four_weeks_is_a_trend():
    # 3 of 250 queries: no run loses more than 0.4 %.
    (trend,) = trends(falling(250, {7: 8, 80: 17, 200: 28}))
    assert (trend.before, trend.after) == (1.0, pytest.approx(0.988))
    assert (trend.largest_step, trend.lost) == (pytest.approx(0.004), ("q7", "q80", "q200"))
    assert trend.message == (
        "recall@5 of all queries fell from 1.000 to 0.988 since 9 Nov (21 runs); "
        "no single run lost more than 0.004"
    )


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (falling(250, {}), "nothing changes"),
        (falling(250, {1: 9, 2: 20}), "0.8 % are less than the limit"),
        (falling(100, {1: 9}), "one query"),
        (falling(100, {1: 9, 2: 9, 3: 9}), "one run, which its own gate judges"),
        (falling(250, {1: 1, 2: 2, 3: 3}, runs=60), "longer ago than four weeks"),
        (falling(250, {1: 1}, runs=2), "two runs"),
        (
            [[float((n + number) % 9 > 0) for n in range(250)] for number in range(29)],
            "queries come and go every night",
        ),
    ],
)
def test_no_trend(rows: list[list[float | None]], why: str):
    assert trends(rows) == [], why


def test_a_tag_has_a_trend_of_its_own_and_repeated_groups_are_left_out():
    rows = falling(400, {1: 9, 2: 17, 3: 25})
    finance = [f"q{n}" for n in range(20)]
    losing = trends(rows, tag_finance=finance, owner_ada=[*finance, "q30"], language_de=["q9"])
    assert [trend.group for trend in losing] == ["tag:finance"]
    assert losing[0].message.startswith("recall@5 of tag finance fell from 1.000 to 0.850 since")


def test_added_queries_and_those_defined_otherwise_bring_no_loss():
    rows = falling(100, {})
    for number, row in enumerate(rows):
        row += [None, None, None] if number < 20 else [0.0, 0.0, 0.0]
    assert trends(rows) == []


def test_an_answer_that_is_gone_counts_as_lost():
    rows = points(falling(100, {}))
    gone = [
        Point(point.at, {**point.scores, "q1": None} if number > 9 else point.scores)
        for number, point in enumerate(rows)
    ]
    gone = [
        Point(point.at, {**point.scores, "q2": None, "q3": None} if number > 19 else point.scores)
        for number, point in enumerate(gone)
    ]
    (trend,) = loss_trends(gone, {"overall": list(rows[0].scores)}, {}, ["recall@5"], SETTINGS)
    assert trend.lost == ("q1", "q2", "q3")


def test_important_queries_weigh_more():
    rows = points(falling(1000, {1: 9, 2: 18, 3: 27}))
    groups = {"overall": list(rows[0].scores)}
    assert not loss_trends(rows, groups, {}, ["recall@5"], SETTINGS)
    weights = {"q1": 10.0, "q2": 10.0, "q3": 10.0}
    (trend,) = loss_trends(rows, groups, weights, ["recall@5"], SETTINGS)
    assert trend.before - trend.after == pytest.approx(30 / 1027)


def test_checks_name_the_queries_and_block_if_the_settings_say_so():
    losing = trends(falling(250, {7: 8, 80: 17, 100: 20, 200: 28}))
    questions = {"q7": "When is rent due?"}
    (check,) = trend_checks(losing, questions, SETTINGS)
    assert (check.outcome, check.severity) == (Outcome.FAILED, Severity.WARN)
    assert (check.reference, check.concerned) == ("golden_trend:overall@retrieval", 4)
    assert [(example.uri, example.message) for example in check.examples] == [
        ("q7", "When is rent due?"),
        ("q80", ""),
        ("q100", ""),
        ("q200", ""),
    ]
    (check,) = trend_checks(losing, questions, TrendSettings(action="block"))
    assert check.severity is Severity.REJECT


@settings(max_examples=50)
@given(st.lists(st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=8, max_size=8), min_size=3))
def test_a_trend_is_a_loss_since_the_best_run(rows: list[list[float]]):
    series = np.array(rows)
    fall = find_fall(series, np.ones(8), 0, 0.01)
    if fall is not None:
        means = series.mean(axis=1)
        assert means[fall.first] == pytest.approx(means.max())
        assert means[-1] <= means[fall.first] - 0.01 + 1e-6
