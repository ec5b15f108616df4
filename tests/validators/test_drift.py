"""Drift: what has not changed is none, what has is found, and chance is not taken for it."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vouch.schemas.drift import DriftSettings
from vouch.schemas.run import Drift, Outcome, Severity
from vouch.validators.drift.drift_checks import drift_checks, window_check
from vouch.validators.drift.drift_metrics import drift
from vouch.validators.drift.profile import Profile, figures, profile
from vouch.validators.drift.two_sample_tests import new_words, separation

SETTINGS = DriftSettings()


def documents(count: int = 100, **changes) -> pl.DataFrame:
    columns = {
        "document_id": [f"d{n}" for n in range(count)],
        "source": ["docs"] * count,
        "status": ["published"] * count,
        "title": ["T"] * count,
        "media_type": ["text/markdown"] * count,
        "char_count": [1000 + 10 * (n % 50) for n in range(count)],
        "metadata": [[{"key": "team", "value": "a"}]] * count,
    }
    pairs = pl.List(pl.Struct({"key": pl.String, "value": pl.String}))
    return pl.DataFrame(columns | changes, schema_overrides={"title": pl.String, "metadata": pairs})


def chunks(count: int = 400, **changes) -> pl.DataFrame:
    columns = {
        "document_id": [f"d{n // 4}" for n in range(count)],
        "source": ["docs"] * count,
        "language": ["en"] * count,
        "token_count": [100 + n % 90 for n in range(count)],
        "text_sha256": [f"t{n}" for n in range(count)],
        "heading_depth": [2] * count,
        "flags": [[]] * count,
    }
    return pl.DataFrame(
        columns | changes, schema_overrides={"language": pl.String, "flags": pl.List(pl.String)}
    )


def state(
    docs: dict | None = None, parts: dict | None = None, boilerplate: frozenset[str] = frozenset()
) -> Profile:
    return profile(documents(**(docs or {})), chunks(**(parts or {})), boilerplate)


def half(values: list, value: object) -> list:
    return [value if n % 2 else one for n, one in enumerate(values)]


N, M = 100, 400
CHANGES = [
    ("documents", {"count": 40}, {}),
    ("chunks", {}, {"count": 100}),
    ("chunk_tokens", {}, {"token_count": [20] * M}),
    ("document_chars", {"char_count": [9] * N}, {}),
    ("languages", {}, {"language": half(["en"] * M, "es")}),
    ("formats", {"media_type": half(["text/markdown"] * N, "text/html")}, {}),
    ("sources", {"source": half(["docs"] * N, "wiki")}, {}),
    ("untitled", {"title": half(["T"] * N, None)}, {}),
    ("without_heading", {}, {"heading_depth": half([2] * M, 0)}),
    ("heading_depth", {}, {"heading_depth": half([2] * M, 1)}),
    ("unknown_language", {}, {"language": half(["en"] * M, None)}),
    ("missing", {"metadata": half([[{"key": "team", "value": "a"}]] * N, [])}, {}),
    ("repeated", {}, {"text_sha256": [f"t{n // 2}" for n in range(M)]}),
    ("quarantined", {"status": half(["published"] * N, "quarantined")}, {}),
    ("garbled", {}, {"flags": half([[]] * M, ["garbled"])}),
    ("flagged", {}, {"flags": half([[]] * M, ["injection"])}),
]


def test_a_state_does_not_drift_from_itself():
    found = drift(state(), state(), SETTINGS, "docs", "index")
    assert {one.level for one in found} == {"none"}
    assert {one.distance for one in found} == {0.0}


@pytest.mark.parametrize(
    ("figure", "docs", "parts"), CHANGES, ids=[figure for figure, _, _ in CHANGES]
)
def test_each_figure_finds_its_own_change(figure: str, docs: dict, parts: dict):
    found = {
        one.figure: one for one in drift(state(), state(docs, parts), SETTINGS, "docs", "index")
    }
    assert found[figure].level in ("warn", "block"), found[figure]
    (check,) = [
        one
        for one in drift_checks(list(found.values()))
        if one.name == f"drift: {figure.replace('_', ' ')}"
    ]
    assert check.outcome is Outcome.FAILED
    assert check.severity is (Severity.REJECT if found[figure].level == "block" else Severity.WARN)


def test_every_length_a_little_greater_is_no_drift():
    longer = state(
        {"char_count": [1100 + 11 * (n % 50) for n in range(N)]},
        {"token_count": [104 + n % 90 for n in range(M)]},
    )
    found = {one.figure: one.level for one in drift(state(), longer, SETTINGS, "docs", "index")}
    assert (found["document_chars"], found["chunk_tokens"]) == ("none", "none")


def test_boilerplate_is_what_stands_in_many_documents():
    found = {
        one.figure: one
        for one in drift(
            state(), state(boilerplate=frozenset({"t1", "t2"})), SETTINGS, "docs", "index"
        )
    }
    assert found["boilerplate"].after == "0.5%"


def test_figures_are_those_of_the_profile():
    found = figures(state({"title": half(["T"] * N, None)}, {"language": half(["en"] * M, "es")}))
    assert (found["documents"], found["untitled"], found["language es"]) == (100, 0.5, 0.5)


def test_few_documents_are_not_held_against_many():
    few = profile(documents(5), chunks(20, language=["es"] * 20), frozenset())
    assert drift(state(), few, SETTINGS, "docs", "arrivals") == []
    assert drift(few, state(), SETTINGS, "docs", "index") == []


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_two_samples_of_one_corpus_do_not_block(seed: int):
    generator = np.random.default_rng(seed)
    every = chunks(
        4000, language=["en"] * 3900 + ["de"] * 100, heading_depth=[2] * 3000 + [0] * 1000
    )
    docs = documents(1000)

    def sample() -> Profile:
        picked = generator.choice(1000, 300, replace=False)
        kept = docs[sorted(picked)]
        return profile(
            kept,
            every.filter(pl.col("document_id").is_in(kept["document_id"].implode())),
            frozenset(),
        )

    found = drift(sample(), sample(), SETTINGS, "docs", "index")
    assert {one.level for one in found} <= {"none", "warn"}
    assert sum(one.level == "warn" for one in found) <= 1


def test_vectors_that_are_turned_are_found_and_samples_of_one_corpus_are_not():
    generator = np.random.default_rng(1)
    centre = generator.normal(size=32)
    points = (centre + 0.5 * generator.normal(size=(300, 32))).astype(np.float32)
    turned = points @ np.linalg.qr(generator.normal(size=(32, 32)))[0].astype(np.float32)
    assert separation(points[:150], turned[150:]).p == 0.001
    assert separation(points[:150], turned[150:]).coefficient > 0.5
    assert separation(points[:150], points[150:]).coefficient < 0.02


def test_the_false_alarm_rate_is_what_is_said():
    """Of 200 pairs of samples of one corpus, about one in twenty has p <= 0.05: between 2 and 22 with near certainty."""
    generator = np.random.default_rng(2)
    alarms = 0
    for _ in range(200):
        points = generator.normal(size=(40, 8)).astype(np.float32)
        alarms += separation(points[:20], points[20:]).p <= 0.05
    assert 2 <= alarms <= 22


def test_new_words():
    old = [f"the contract of number {n % 7} is about rent and houses" for n in range(40)]
    assert new_words(old, old) == 0.0
    assert new_words(old, ["der vertrag handelt von miete"] * 5) > 0.9
    assert new_words([], []) == 0.0


def test_a_figure_that_leaves_its_range_warns_and_one_within_does_not():
    window = [{"documents": 1000.0 + n, "untitled": 0.1, "docs: untitled": 0.1} for n in range(10)]
    fine = window_check({"documents": 1011.0, "untitled": 0.12}, window, SETTINGS)
    assert fine.outcome is Outcome.PASSED
    bad = window_check(
        {"documents": 1010.0, "untitled": 0.3, "docs: untitled": 0.1}, window, SETTINGS
    )
    assert (bad.outcome, bad.severity, bad.figure) == (Outcome.FAILED, Severity.WARN, 1)
    assert bad.message.startswith("untitled 0.3, usually 0.1")
    assert (
        window_check({"untitled": 0.3}, window[:7], SETTINGS).message
        == "7 published runs are too few to say"
    )


def levels(before: Profile, after: Profile) -> dict[str, str]:
    return {one.figure: one.level for one in drift(before, after, SETTINGS, "docs", "index")}


def test_growth_alone_warns_however_great_and_shrinking_blocks():
    small, large = state({"count": 20}, {"count": 80}), state({"count": 100}, {"count": 400})
    grown = levels(small, large)
    assert (grown["documents"], grown["chunks"]) == ("warn", "warn")
    assert set(grown.values()) == {"none", "warn"}
    shrunk = levels(large, small)
    assert (shrunk["documents"], shrunk["chunks"]) == ("block", "block")


def test_more_chunks_of_the_documents_that_were_there_are_no_growth():
    """As of an export that holds each text twice, though others are new beside it."""
    twice = {"document_id": [f"d{n // 8}" for n in range(800)], "count": 800}
    assert levels(state(), state({}, twice))["chunks"] == "block"
    assert levels(state({"count": 90}, {"count": 360}), state({}, twice))["chunks"] == "block"


def test_a_source_that_comes_warns_and_one_that_others_lose_to_blocks():
    one, two = (
        {"source": ["docs"] * N, "count": N},
        {"source": ["docs"] * N + ["wiki"] * 2 * N, "count": 3 * N},
    )
    assert levels(state(one), state(two))["sources"] == "warn"
    assert levels(state(two), state(one))["sources"] == "block"
    other = {"source": ["docs"] * (N // 4) + ["wiki"] * 2 * N, "count": N // 4 + 2 * N}
    assert levels(state(one), state(other))["sources"] == "block"


def test_the_worst_of_a_figure_decides():
    def one(distance: float, block: float | None) -> Drift:
        return Drift(
            figure="languages",
            scope="docs",
            part="index",
            before="en",
            after="es",
            distance=distance,
            warn=0.1,
            block=block,
        )

    (check,) = drift_checks([one(0.2, None), one(0.6, 0.5), one(0.0, 0.5)])
    assert (check.severity, check.figure, check.threshold) == (Severity.REJECT, 0.6, 0.5)
    (check,) = drift_checks([one(0.9, None), one(0.2, 0.5)])
    assert (check.severity, check.outcome, check.figure) == (Severity.WARN, Outcome.FAILED, 0.9)
