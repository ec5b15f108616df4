"""Means of golden queries by group, their intervals, and the names of their series."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vouch.schemas.runs.retrieval import Estimate
from vouch.schemas.settings.gates import RetrievalSettings
from vouch.validators.retrieval.comparison import Sides, compare
from vouch.validators.retrieval.golden_queries import GoldenQuery, Relevant
from vouch.validators.retrieval.groups import estimate, missing_group, series
from vouch.validators.retrieval.scoring import Scores, metric_names

GOLDEN = (
    GoldenQuery(
        id="a",
        query="what is it?",
        source="docs",
        uri="a.md",
        answer="x",
        tags=("Finance", "safety"),
        language="de",
        owner="ada",
    ),
    GoldenQuery(
        id="b",
        query="what else is it?",
        relevant=(Relevant(source="mail", uri="b.eml"), Relevant(source="docs", uri="c.md")),
        tags=("finance",),
    ),
    GoldenQuery(id="c", query="what is it not?", not_from=("secret/",), tags=("legal",)),
)


def scores(a: float, b: float | None) -> Scores:
    names = metric_names(5)
    by_query = {"a": dict.fromkeys(names, a), "b": None if b is None else dict.fromkeys(names, b)}
    return Scores(5, by_query, languages={"a": "de", "b": "en"})


def test_queries_with_answers_are_in_the_groups_of_their_tags_language_sources_and_owner():
    retrieval = compare(Sides(GOLDEN, scores(1, 0), scores(1, 1)), RetrievalSettings())
    groups = {
        group.name: (
            group.queries,
            group.published["recall@5"].mean,
            group.candidate["recall@5"].mean,
        )
        for group in retrieval.groups
    }
    assert groups == {
        "overall": (2, 1, 0.5),
        "language:de": (1, 1, 1),
        "language:en": (1, 1, 0),
        "owner:ada": (1, 1, 1),
        "source:docs": (2, 1, 0.5),
        "source:mail": (1, 1, 0),
        "tag:finance": (2, 1, 0.5),
        "tag:safety": (1, 1, 1),
    }
    assert next(iter(groups)) == "overall"
    assert (retrieval.queries, retrieval.negatives) == (2, 1)


def test_the_series_of_groups_have_names_that_stay():
    points = series(compare(Sides(GOLDEN, scores(1, None)), RetrievalSettings()))
    assert points["golden recall@5"] == points["golden MRR"] == 0.5
    assert points["golden recall@5 tag:safety"] == points["golden nDCG@10 language:de"] == 1
    assert points["golden breaches"] == 0
    assert "golden MRR tag:safety" not in points


@pytest.mark.parametrize(
    ("required", "message"),
    [
        ("tag:finanse", "there are tag:finance"),
        ("tag:legal", "no golden query with an answer"),
        ("language:fr", "language:de"),
        ("overall", None),
        ("language:en", None),
    ],
)
def test_a_required_group_without_queries_is_named_with_the_nearest_ones(
    required: str, message: str | None
):
    problem = missing_group(GOLDEN, {required: 0.9})
    assert (problem is None) is (message is None)
    assert problem is None or (problem[0] == required and str(message) in problem[1])


@pytest.mark.parametrize(
    ("values", "interval"),
    [
        # As Wilson's interval, which statistics books tabulate: 8 of 10, 10 of 10, 1 of 1.
        ([1] * 8 + [0] * 2, (0.49, 0.943)),
        ([1] * 10, (0.722, 1)),
        ([1], (0.207, 1)),
        # Values that vary less than zeros and ones make a narrower one.
        ([0.8] * 10, (0.716, 0.864)),
    ],
)
def test_the_interval_of_few_queries_is_wide(values: list[float], interval: tuple[float, float]):
    result = estimate(np.array(values), np.ones(len(values)))
    assert (result.low, result.high) == pytest.approx(interval, abs=0.002)


@settings(max_examples=100)
@given(
    st.lists(
        st.tuples(st.floats(0, 1), st.floats(0.01, 1000)),
        min_size=1,
        max_size=30,
    )
)
def test_every_interval_contains_its_mean(pairs: list[tuple[float, float]]):
    values, weights = np.array(pairs).T
    result = estimate(values, weights)
    assert isinstance(result, Estimate)
    assert 0 <= result.low <= result.mean + 1e-4
    assert result.mean - 1e-4 <= result.high <= 1
