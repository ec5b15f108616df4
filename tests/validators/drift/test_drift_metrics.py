"""Drift of figures: every change is compared, and chance or growth is not taken for one."""

from functools import cache

import numpy as np
import polars as pl
import pytest

from tests.validators.drift.profiles import chunks, documents, halved, state
from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import Drift
from vouch.schemas.settings.drift import DriftSettings
from vouch.validators.drift.drift_checks import drift_checks
from vouch.validators.drift.drift_metrics import compare_profiles
from vouch.validators.drift.profile import SHARES, Profile, build_profile

SETTINGS = DriftSettings()
N, M = 100, 400
CHANGES = [
    ("documents", {"count": 40}, {}),
    ("chunks", {}, {"count": 100}),
    ("chunk_tokens", {}, {"token_count": [20] * M}),
    ("document_chars", {"char_count": [9] * N}, {}),
    ("languages", {}, {"language": halved(["en"] * M, "es")}),
    ("formats", {"media_type": halved(["text/markdown"] * N, "text/html")}, {}),
    ("sources", {"source": halved(["docs"] * N, "wiki")}, {}),
    ("untitled", {"title": halved(["T"] * N, None)}, {}),
    ("without_heading", {}, {"heading_depth": halved([2] * M, 0)}),
    ("heading_depth", {}, {"heading_depth": halved([2] * M, 1)}),
    ("unknown_language", {}, {"language": halved(["en"] * M, None)}),
    ("missing", {"metadata": halved([[{"key": "team", "value": "a"}]] * N, [])}, {}),
    ("repeated", {}, {"text_sha256": [f"t{n // 2}" for n in range(M)]}),
    ("quarantined", {"status": halved(["published"] * N, "quarantined")}, {}),
    ("garbled", {}, {"flags": halved([[]] * M, ["garbled"])}),
    ("flagged", {}, {"flags": halved([[]] * M, ["injection"])}),
    ("left_out", {"left_out_chars": halved([10] * N, 500)}, {}),
]


def drifts(before: Profile, after: Profile, part: str = "index") -> dict[str, Drift]:
    compared = compare_profiles(before, after, SETTINGS, "docs", part)
    return {drift.figure: drift for drift in compared}


def levels(before: Profile, after: Profile) -> dict[str, str]:
    return {figure: drift.level for figure, drift in drifts(before, after).items()}


def test_a_state_does_not_drift_from_itself():
    same = drifts(state(), state()).values()
    assert {(drift.level, drift.distance) for drift in same} == {("none", 0.0)}


@pytest.mark.parametrize(
    ("figure", "document_changes", "chunk_changes"), CHANGES, ids=[name for name, _, _ in CHANGES]
)
def test_each_figure_detects_its_own_change(
    figure: str, document_changes: dict, chunk_changes: dict
):
    drift = drifts(state(), state(document_changes, chunk_changes))[figure]
    assert drift.level in ("warn", "block"), drift


def test_every_figure_has_the_id_of_a_check():
    every_figure = {*drifts(state(), state()), *SHARES, "vocabulary", "vectors"}
    template = drifts(state(), state())["chunks"]
    compared = [template.model_copy(update={"figure": figure}) for figure in every_figure]
    ids = {check.id for check in drift_checks(compared)}
    assert ids == {key for key in CheckId if key.startswith("drift_")} - {CheckId.DRIFT_USUAL_RANGE}


def test_slightly_longer_texts_are_no_drift():
    longer = state(
        {"char_count": [1100 + 11 * (n % 50) for n in range(N)]},
        {"token_count": [104 + n % 90 for n in range(M)]},
    )
    compared = levels(state(), longer)
    assert (compared["document_chars"], compared["chunk_tokens"]) == ("none", "none")


def test_boilerplate_is_the_share_of_the_given_hashes():
    with_boilerplate = state(boilerplate=frozenset({"t1", "t2"}))
    assert drifts(state(), with_boilerplate)["boilerplate"].after == "0.5%"


def test_what_is_left_out_is_compared_where_it_was_counted():
    unknown = state({"read_chars": [None] * N, "left_out_chars": [None] * N})
    assert "left_out" not in drifts(unknown, state())
    one_in_ten = state({"left_out_chars": [10 * (n % 20) for n in range(90)] + [990] * 10})
    assert levels(state(), one_in_ten)["left_out"] == "none"  # chance, over a hundred documents
    assert drifts(state(), state({"left_out_chars": [300] * N}))["left_out"].after == "30.0%"


def test_few_documents_are_not_compared():
    few = build_profile(documents(5), chunks(20, language=["es"] * 20), frozenset())
    assert drifts(state(), few, "arrivals") == {}
    assert drifts(few, state()) == {}


def test_a_field_that_a_contract_limits_does_not_drift():
    lost = state({"metadata": halved([[{"key": "team", "value": "a"}]] * N, [])})
    compared = compare_profiles(state(), lost, SETTINGS, "docs", "index", ["team"])
    assert "missing" not in {drift.figure for drift in compared}


@cache
def corpus() -> tuple[pl.DataFrame, pl.DataFrame]:
    languages, depths = ["en"] * 3900 + ["de"] * 100, [2] * 3000 + [0] * 1000
    return documents(1000), chunks(4000, language=languages, heading_depth=depths)


@pytest.mark.parametrize("seed", range(8))
def test_two_samples_of_one_corpus_do_not_block(seed: int):
    generator = np.random.default_rng(seed)
    all_documents, all_chunks = corpus()

    def sample() -> Profile:
        kept = all_documents[sorted(generator.choice(1000, 300, replace=False))]
        is_kept = pl.col("document_id").is_in(kept["document_id"].implode())
        return build_profile(kept, all_chunks.filter(is_kept), frozenset())

    compared = list(levels(sample(), sample()).values())
    assert set(compared) <= {"none", "warn"}
    assert compared.count("warn") <= 1


def test_growth_alone_warns_however_large_and_shrinking_blocks():
    small, large = state({"count": 20}, {"count": 80}), state({"count": 100}, {"count": 400})
    grown = levels(small, large)
    assert (grown["documents"], grown["chunks"]) == ("warn", "warn")
    assert set(grown.values()) == {"none", "warn"}
    shrunk = levels(large, small)
    assert (shrunk["documents"], shrunk["chunks"]) == ("block", "block")


def in_quarantine(reason: str) -> dict:
    return {
        "status": halved(["published"] * N, "quarantined"),
        "reason": halved([None] * N, reason),
    }


@pytest.mark.parametrize(
    ("reason", "level"),
    [
        ("malformed", "block"),
        ("invalid_vector", "block"),
        ("unsupported_type", "warn"),
        ("needs_ocr", "warn"),
        ("contract", "none"),
        ("policy", "none"),
    ],
)
def test_only_what_should_have_been_read_blocks_where_it_is_in_quarantine(reason: str, level: str):
    assert levels(state(), state(in_quarantine(reason)))["quarantined"] == level


def test_the_names_whose_shares_changed_are_named_those_that_rose_first():
    after = state({}, {"language": ["es"] * 200 + ["fr"] * 20 + ["en"] * 180})
    drift = drifts(state(), after)["languages"]
    assert drift.before == "es 0.0%, fr 0.0%, en 100.0%"
    assert drift.after == "es 50.0%, fr 5.0%, en 45.0%"


def test_more_chunks_of_the_same_documents_are_no_growth():
    """An export that has each text twice, also where documents are added at the same time."""
    twice = {"document_id": [f"d{n // 8}" for n in range(800)], "count": 800}
    assert levels(state(), state({}, twice))["chunks"] == "block"
    assert levels(state({"count": 90}, {"count": 360}), state({}, twice))["chunks"] == "block"


def test_a_new_source_warns_and_a_source_that_shrinks_beside_it_blocks():
    docs = {"source": ["docs"] * N, "count": N}
    both = {"source": ["docs"] * N + ["wiki"] * 2 * N, "count": 3 * N}
    assert levels(state(docs), state(both))["sources"] == "warn"
    assert levels(state(both), state(docs))["sources"] == "block"
    replaced = {"source": ["docs"] * (N // 4) + ["wiki"] * 2 * N, "count": N // 4 + 2 * N}
    assert levels(state(docs), state(replaced))["sources"] == "block"
