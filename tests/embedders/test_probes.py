"""Probe texts: that they stay, which of them fit a service, and what a difference says."""

import pickle
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vouch.embedders.base import PROBE
from vouch.embedders.local.local_model_card import LocalModelCard
from vouch.embedders.models import find_model
from vouch.embedders.probes import PROBES, ProbeSet, required_cosine
from vouch.schemas.documents.ids import sha256_bytes
from vouch.schemas.errors import EmbeddingError, ModelChanged
from vouch.schemas.settings.embedding import EmbeddingSettings

SINCE = datetime(2026, 11, 29, tzinfo=UTC)
UNIT = np.eye(len(PROBES), dtype=np.float32)


def probe_set(least: float = 0.99) -> ProbeSet:
    return ProbeSet(PROBES, UNIT, least, "a service changed", "Have it put back")


def service(limit: int = 8192) -> EmbeddingSettings:
    address = {"url": "https://vectors.example:8443/v1", "max_input_tokens": limit}
    return EmbeddingSettings.model_validate(
        {"model": "m-3", "dimensions": len(PROBES), "service": address}
    )


def test_no_text_ever_changes():
    # Kept vectors are compared with those of the same texts, by whatever version kept them.
    assert PROBES[0] == PROBE
    assert [sha256_bytes(text.encode())[:8] for text in PROBES] == [
        "a85385f0",
        "3e3cc0f7",
        "c7d1d185",
        "e16f7649",
        "3a9f6d25",
        "baf645dc",
        "3b81680b",
        "586b6590",
    ]


@pytest.mark.parametrize(("limit", "texts"), [(8192, 8), (512, 7), (256, 6), (16, 2)])
def test_texts_that_a_service_may_refuse_are_left_out(limit: int, texts: int):
    assert find_model(service(limit), Path()).probe_texts == PROBES[:texts]


def test_a_model_here_has_one():
    card = find_model(EmbeddingSettings(), Path())
    assert isinstance(card, LocalModelCard)
    assert card.probe_texts == (PROBE,)
    expected = card.probe_set(UNIT[:1], SINCE)
    expected.check_all(UNIT[:1])
    with pytest.raises(
        ModelChanged, match=r"all-MiniLM-L6-v2 gives other vectors.*a changed torch"
    ):
        expected.check_all(UNIT[1:2])


@settings(max_examples=50)
@given(
    changed=st.sets(st.integers(0, len(PROBES) - 1)),
    near=st.floats(-1, 1).filter(lambda cosine: abs(cosine - 0.99) > 1e-4),
)
def test_exactly_those_beyond_tolerance_are_refused(changed: set[int], near: float):
    vectors = UNIT.copy()
    for place in changed:
        vectors[place] *= near
        vectors[place, (place + 1) % len(PROBES)] = np.sqrt(1 - near**2)
    if not changed or near > 0.99:
        probe_set().check_all(vectors)
        return
    with pytest.raises(ModelChanged) as refused:
        probe_set().check_all(vectors)
    assert str(refused.value).count("…” ") == min(len(changed), 3)
    for place in range(len(PROBES)):
        if place in changed:
            with pytest.raises(ModelChanged):
                probe_set().check(place, vectors[place])
        else:
            probe_set().check(place, vectors[place])


def test_what_is_no_vector_is_refused():
    for vector in (np.full(len(PROBES), np.nan, np.float32), np.ones(3, np.float32)):
        with pytest.raises(ModelChanged):
            probe_set().check(0, vector)


def test_the_texts_are_compared_that_both_have():
    probe_set().check_all(UNIT[:3])
    ProbeSet(PROBES[:3], UNIT[:3], 0.99, "", "").check_all(UNIT)


@pytest.mark.parametrize(
    ("setting", "unrelated", "required"),
    [
        (0.99, 0.0, 0.99),
        (0.99, 0.8, 0.998),
        (0.99, 0.995, 0.999),
        (0.9999, 0.8, 0.9999),
        (0.5, 0.0, 0.5),
    ],
)
def test_a_model_that_puts_all_texts_near_one_another_has_less_room(
    setting: float, unrelated: float, required: float
):
    # Unit vectors with this cosine between each two of them.
    common = np.full((4, 5), [np.sqrt(unrelated), 0, 0, 0, 0], dtype=np.float32)
    vectors = common + np.eye(4, 5, k=1, dtype=np.float32) * np.sqrt(np.float32(1 - unrelated))
    assert required_cosine(setting, vectors) == pytest.approx(required, abs=2e-4)


def test_the_message_says_what_changed_what_it_means_and_what_to_do():
    expected = find_model(service(), Path()).probe_set(UNIT, SINCE)
    with pytest.raises(EmbeddingError) as refused:
        expected.check_all(np.roll(UNIT, 1, axis=0))
    message = str(refused.value)
    assert "the service at vectors.example gives other vectors for m-3" in message
    assert "2026-11-29" in message
    assert "0.0000 and 5 more; required: at least 0.99." in message
    assert "embedding.revision" in message
    assert "`vouch plan`" in message
    assert "`vouch reindex --switch`" in message
    assert str(pickle.loads(pickle.dumps(refused.value))) == message
