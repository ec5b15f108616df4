"""Requests to an embedding service are counted before they are sent, and again once answered."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from vouch.embedders.base import Vectors
from vouch.pipeline.context.budget import TokenMeter
from vouch.pipeline.context.request_meter import ServiceMeter, shares
from vouch.pipeline.context.spending_ledger import SpendingLedger
from vouch.schemas.errors import BudgetExceeded
from vouch.schemas.runs.cost import Requests, Spending
from vouch.schemas.settings.vouch_yaml import Settings
from vouch.storage.places import location_of

TEXTS = [("wiki", 30), ("mail", 10), ("wiki", 20)]


@pytest.fixture
def ledger(tmp_path: Path) -> SpendingLedger:
    return SpendingLedger(location_of(tmp_path))


def tokens_of(ledger: SpendingLedger, max_tokens: int | None = None, **budget: float) -> TokenMeter:
    """Return the meter of a run. A million tokens cost a million: each costs one."""
    settings = Settings.model_validate(
        {
            "sources": ({"name": "docs", "path": "documents"},),
            "embedding": {"price_per_million_tokens": 1_000_000},
            "budget": budget,
        }
    )
    return TokenMeter(settings, ledger, "run", max_tokens)


def vectors(count: int) -> Vectors:
    return np.zeros((count, 2), dtype=np.float32)


def spent(ledger: SpendingLedger) -> tuple[dict[str, int], Requests]:
    spending = ledger.of_run("run")
    return {part.source: part.tokens for part in spending.by_source()}, spending.requests


def test_an_estimate_counts_until_the_service_has_counted(ledger: SpendingLedger):
    kept: list[tuple[list[int], int]] = []
    meter = ServiceMeter(
        tokens_of(ledger), TEXTS, lambda places, vectors: kept.append((list(places), len(vectors)))
    )
    meter.sent([0, 1])
    meter.sent([2])
    assert spent(ledger) == ({"wiki": 50, "mail": 10}, Requests(sent=2))
    meter.answered([0, 1], 80, vectors(2))
    assert spent(ledger) == ({"wiki": 80, "mail": 20}, Requests(sent=2, answered=1))
    meter.answered([2], None, vectors(1))  # which does not say what it used
    assert spent(ledger) == ({"wiki": 80, "mail": 20}, Requests(sent=2, answered=2))
    assert kept == [([0, 1], 2), ([2], 1)]


def test_a_lost_answer_counts_as_spent_and_a_refused_request_does_not(ledger: SpendingLedger):
    meter = ServiceMeter(tokens_of(ledger), TEXTS)
    meter.sent([0, 1, 2])  # lost
    meter.sent([0, 1, 2])
    meter.refused([0, 1, 2])
    meter.sent([0])
    meter.answered([0], 30, vectors(1))
    tokens, requests = spent(ledger)
    assert tokens == {"wiki": 80, "mail": 10}
    assert requests == Requests(sent=3, repeated=2, answered=1, refused=1)
    assert requests.lost == 1


def test_a_request_beyond_a_cap_is_not_sent(ledger: SpendingLedger):
    meter = ServiceMeter(tokens_of(ledger, run=45), TEXTS)
    meter.sent([0, 1])
    with pytest.raises(BudgetExceeded, match="budget.run is 45.00 EUR, of which 40.00"):
        meter.sent([2])
    assert spent(ledger) == ({"wiki": 30, "mail": 10}, Requests(sent=1))


def test_max_tokens_stops_before_a_request(ledger: SpendingLedger):
    meter = ServiceMeter(tokens_of(ledger, max_tokens=45), TEXTS)
    meter.sent([0, 1])
    with pytest.raises(BudgetExceeded, match="60 tokens so far"):
        meter.sent([2])


def test_probes_and_queries_count_to_no_source_and_stop_no_run(ledger: SpendingLedger):
    """Once all texts are embedded, the last probe must not make the run fail."""
    tokens = tokens_of(ledger, max_tokens=60, run=60)
    documents, probes = ServiceMeter(tokens, TEXTS), ServiceMeter(tokens)
    documents.sent([0, 1, 2])
    documents.answered([0, 1, 2], 90, vectors(3))
    probes.sent([])
    probes.answered([], 7, vectors(8))
    assert spent(ledger)[0] == {"wiki": 75, "mail": 15, "": 7}


def test_a_request_that_ends_after_midnight_counts_once(
    ledger: SpendingLedger, monkeypatch: pytest.MonkeyPatch
):
    clock = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)
    monkeypatch.setattr("vouch.pipeline.context.budget.now", lambda: clock)
    meter = ServiceMeter(tokens_of(ledger), TEXTS)
    meter.sent([0])
    clock = datetime(2027, 1, 1, tzinfo=UTC)
    meter.sent([1])
    meter.answered([0], 20, vectors(1))
    meter.answered([1], 12, vectors(1))
    assert spent(ledger) == ({"wiki": 20, "mail": 12}, Requests(sent=2, answered=2))
    (january,) = ledger.of_month(clock.date())
    assert (january.tokens, january.requests) == (12, Requests(sent=1, answered=1))


@given(
    st.integers(0, 10**9),
    st.dictionaries(st.sampled_from("abcd"), st.integers(0, 10**6), max_size=4),
)
@hypothesis_settings(max_examples=50)
def test_shares_add_up(tokens: int, parts: dict[str, int]):
    divided = shares(tokens, parts)
    assert sum(divided.values()) == tokens
    assert min(divided.values()) >= 0


def test_spending_of_0_11_has_no_requests():
    then = '{"currency":"EUR","price_per_million_tokens":"2","rows":[]}'
    assert Spending.model_validate_json(then).requests == Requests()
