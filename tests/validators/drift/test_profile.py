"""Profiles: the figures of a state, also as a point of a series."""

import pytest

from tests.validators.drift.profiles import chunks, documents, halved, state
from vouch.validators.drift.profile import build_profile, to_series


def test_the_series_has_the_figures_of_the_profile():
    point = to_series(
        state({"title": halved(["T"] * 100, None)}, {"language": halved(["en"] * 400, "es")})
    )
    assert (point["documents"], point["untitled"], point["language es"]) == (100, 0.5, 0.5)
    assert (point["median chunk_tokens"], point["median heading_depth"]) == (139.5, 2.0)


def test_the_share_of_what_is_left_out_is_that_of_the_characters_that_were_counted():
    counted = {"read_chars": [900, 100, None, 0], "left_out_chars": [0, 100, None, 0]}
    profile = build_profile(documents(4, **counted), chunks(4), frozenset())
    assert (profile.left_out_share, to_series(profile)["left_out"]) == (0.1, 0.1)


def test_filtered_documents_do_not_count_and_quarantined_ones_are_a_share():
    status = ["filtered"] * 50 + ["quarantined"] * 10 + ["published"] * 40
    profile = state({"status": status})
    assert (profile.documents, profile.share("quarantined")) == (40, 0.2)


def test_what_a_contract_stopped_is_in_quarantine_but_nothing_that_failed():
    status = ["quarantined"] * 20 + ["published"] * 80
    reason = ["contract"] * 10 + ["policy"] * 5 + ["malformed"] * 5 + [None] * 80
    point = to_series(state({"status": status, "reason": reason}))
    assert point["quarantined"] == 0.2
    assert point["unprocessed"] == pytest.approx(5 / 85, abs=1e-6)


def test_flags_of_a_chunk_count_once_and_garbled_text_apart():
    flags = [["garbled"], ["injection", "secrets"], ["garbled", "secrets"], []]
    profile = build_profile(documents(1), chunks(4, flags=flags), frozenset())
    assert profile.shares["garbled"] == (2, 4)
    assert profile.shares["flagged"] == (2, 4)


def test_missing_metadata_is_counted_by_key_and_not_by_entry():
    metadata = [[{"key": "team", "value": "a"}, {"key": "team", "value": "b"}], [], []]
    profile = build_profile(documents(3, metadata=metadata), chunks(4), frozenset())
    assert profile.missing == {"team": (2, 3)}


def test_an_empty_state_has_a_profile():
    profile = build_profile(documents().clear(), chunks().clear(), frozenset())
    assert (profile.documents, profile.share("untitled"), profile.missing) == (0, 0.0, {})
    assert to_series(profile)["chunks"] == 0
    assert "left_out" not in to_series(profile)
