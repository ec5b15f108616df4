"""Boosts and decay multiply relevance; they change the order, and what is found only by lifting."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vouch.index.search.adjustments import (
    Adjustment,
    adjusted,
    adjustments_of,
    boosts_for,
    decay_factor,
    lifted,
    moment_of,
)
from vouch.index.search.choice import choose
from vouch.schemas.documents.values import dump_fields
from vouch.schemas.search_options import SearchOptions
from vouch.schemas.settings.profiles import BoostSettings, DecaySettings

NOW = datetime(2026, 11, 30, tzinfo=UTC)
RELEVANCE = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0, 1), min_size=1, max_size=8)
FACTORS = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0.01, 10), max_size=8)


def rules(factors: dict[str, float]) -> dict[str, list[Adjustment]]:
    return {identity: [Adjustment("rule", by)] for identity, by in factors.items()}


def rows(relevance: dict[str, float], grades: dict[str, float]) -> dict[str, dict]:
    return {
        identity: {
            "chunk_id": identity,
            "document_id": identity,
            "chunk_index": 0,
            "char_start": 0,
            "char_end": 9,
            "text_sha256": identity,
            "text": identity,
            "heading_path": (),
            "source": "docs",
            "uri": identity,
            "grade": grades.get(identity, 0.0),
        }
        for identity in relevance
    }


def chosen(relevance, options, adjustments, grades=None) -> list[tuple[str, float]]:
    places = rows(relevance, grades or {})
    choice = choose(
        places, relevance, options, adjustments, lambda chunks: {c["chunk_id"]: c for c in chunks}
    )
    return [(passage.best["chunk_id"], passage.relevance) for passage in choice.passages]


@pytest.mark.parametrize(
    ("query", "phrases", "holds"),
    [
        ("anything", (), True),
        ("Which CURRENCY is it?", ("currency",), True),
        ("which currencies", ("currency",), False),
        ("the exchange-rate of today", ("exchange rate",), True),
        ("the rate of exchange", ("exchange rate",), False),
        ("one or the other", ("neither", "other"), True),
        ("Die STRASSE", ("straße",), True),
        ("今日の為替レートは", ("為替",), True),
        ("C# and F#", ("c",), True),
        ("", ("word",), False),
    ],
)
def test_a_boost_holds_for_queries_with_one_of_its_phrases(
    query: str, phrases: tuple[str, ...], holds: bool
):
    boost = BoostSettings(where="source=a", factor=2, query=phrases)
    assert boosts_for(query, [boost]) == ([boost] if holds else [])


@given(st.floats(0, 10_000), st.floats(0, 10_000), st.floats(0.01, 10_000), st.floats(0, 1))
def test_decay_is_monotone_and_stays_between_the_floor_and_one(
    days: float, more: float, half_life: float, floor: float
):
    decay = DecaySettings(half_life_days=half_life, floor=floor)
    younger = decay_factor(decay, NOW - timedelta(days=days), NOW)
    older = decay_factor(decay, NOW - timedelta(days=days + more), NOW)
    assert floor <= older <= younger <= 1.0
    assert decay_factor(decay, None, NOW) == floor
    assert decay_factor(decay, NOW + timedelta(days=days), NOW) == 1.0


def test_after_a_half_life_half_of_what_is_above_the_floor_is_left():
    decay = DecaySettings(half_life_days=30, floor=0.2)
    assert decay_factor(decay, NOW - timedelta(days=30), NOW) == pytest.approx(0.6)
    assert decay_factor(decay, NOW - timedelta(days=60), NOW) == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("field", "row", "moment"),
    [
        ("source_modified_at", {"source_modified_at": NOW}, NOW),
        ("ingested_at", {"ingested_at": None}, None),
        ("metadata.day", {"fields": dump_fields([("day", NOW.date())])}, NOW),
        ("day", {"fields": dump_fields([("day", NOW)])}, NOW),
        ("day", {"fields": dump_fields([("day", (NOW.date(), datetime(2020, 1, 1)))])}, NOW),
        ("day", {"fields": dump_fields([("day", "soon")])}, None),
        ("day", {"fields": dump_fields([("day", 2026)])}, None),
        ("day", {"fields": dump_fields([("other", NOW)]), "metadata": []}, None),
        ("day", {"fields": None, "metadata": [{"key": "day", "value": "2026-11-30"}]}, NOW),
        ("day", {"fields": None, "metadata": [{"key": "day", "value": "x"}]}, None),
        ("day", {"fields": None, "metadata": None}, None),
    ],
)
def test_the_date_of_a_chunk_is_read_from_its_column_or_its_metadata(
    field: str, row: dict, moment: datetime | None
):
    assert moment_of(row, field) == moment


def test_the_rules_of_a_chunk_are_those_that_hold_for_it():
    boosts = [
        BoostSettings(where="source=a", factor=2, query="rate"),
        BoostSettings(where="source=b", factor=3),
    ]
    row = {"boost0": True, "boost1": None, "source_modified_at": NOW}
    decay = DecaySettings(half_life_days=1)
    assert adjustments_of(row, boosts, decay, NOW) == [
        Adjustment("source=a (rate in the query)", 2.0),
        Adjustment("source_modified_at: 2026-11-30", 1.0),
    ]
    # A condition that is unknown, because the chunk has no such value, does not hold.
    assert adjustments_of({"boost0": None}, boosts[1:], None, NOW) == []


@given(RELEVANCE, FACTORS)
def test_no_relevance_is_above_the_best_before(relevance, factors):
    after = adjusted(relevance, rules(factors))
    assert after.keys() == relevance.keys()
    assert max(after.values()) <= max(relevance.values()) * (1 + 1e-12)
    first, *_ = sorted(relevance, key=lambda key: -relevance[key] * factors.get(key, 1.0))
    assert after[first] == max(after.values())


@given(RELEVANCE, st.sampled_from(["precise", "balanced", "broad", "all"]))
def test_factors_of_one_change_nothing(relevance, breadth):
    options = SearchOptions(5, breadth=breadth)
    assert chosen(relevance, options, rules(dict.fromkeys("abcdefgh", 1.0))) == chosen(
        relevance, options, {}
    )


@given(RELEVANCE, FACTORS, st.sampled_from(["precise", "balanced", "broad", "all"]))
def test_whatever_is_found_without_a_boost_is_found_with_it(relevance, factors, breadth):
    options = SearchOptions(8, breadth=breadth)
    before = {key for key, _ in chosen(relevance, options, {})}
    after = {key for key, _ in chosen(relevance, options, rules(factors))}
    assert before <= after
    # What joins has been lifted by a boost.
    assert all(factors.get(key, 1.0) > 1 for key in after - before)
    assert lifted(relevance, rules(factors)).keys() <= factors.keys()


@given(RELEVANCE, FACTORS)
def test_a_whole_identifier_comes_first_whatever_the_boosts(relevance, factors):
    holder = min(relevance)
    order = chosen(relevance, SearchOptions(8), rules(factors), {holder: 1.0})
    assert order[0][0] == holder


def test_a_boost_changes_the_order_by_its_factor():
    relevance = {"a": 1.0, "b": 0.6, "c": 0.5}
    order = chosen(relevance, SearchOptions(3), rules({"b": 2.0}))
    assert order == [("b", 1.0), ("a", pytest.approx(1 / 1.2)), ("c", pytest.approx(0.5 / 1.2))]
