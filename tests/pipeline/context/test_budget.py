"""The meter of what a run embeds, and the caps on what embedding may cost."""

import threading
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from vouch.pipeline.context.budget import TokenMeter, caps_of
from vouch.pipeline.context.spending_ledger import SpendingLedger
from vouch.schemas.errors import BudgetExceeded, StorageError
from vouch.schemas.runs.cost import Spending
from vouch.schemas.runs.record import RunRecord
from vouch.schemas.settings.vouch_yaml import Settings
from vouch.storage.places import location_of

TODAY = datetime(2026, 12, 31, 22, 30, tzinfo=UTC)
MILLION = 1_000_000


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The time, as a list of one, so that a test can change it."""
    time = [TODAY]
    monkeypatch.setattr("vouch.pipeline.context.budget.now", lambda: time[0])
    return time


@pytest.fixture
def ledger(tmp_path: Path) -> SpendingLedger:
    return SpendingLedger(location_of(tmp_path))


def settings(currency: str = "EUR", **budget: Any) -> Settings:
    """A million tokens cost 2."""
    return Settings.model_validate(
        {
            "sources": ({"name": "docs", "path": "documents"},),
            "embedding": {"price_per_million_tokens": 2, "currency": currency},
            "budget": budget,
        }
    )


def meter(ledger: SpendingLedger, run_id: str, **budget: Any) -> TokenMeter:
    return TokenMeter(settings(**budget), ledger, run_id, None)


def test_tokens_beyond_the_limit_are_refused_and_not_counted(ledger: SpendingLedger):
    """An estimate may have been too low; finished shards are reused by the next run."""
    limited = TokenMeter(settings(), ledger, "run", 10)
    limited.spend({"docs": 10})
    with pytest.raises(
        BudgetExceeded, match=r"11 tokens so far, more than run\.max_tokens \(10\) .*are reused"
    ):
        limited.spend({"docs": 1})
    assert limited.spent == ledger.of_run("run").tokens == 10
    with pytest.raises(BudgetExceeded, match=r"12 tokens so far"):
        limited.note_spent_elsewhere(2)
    without_limit = TokenMeter(settings(), ledger, "another", None)
    without_limit.spend({"docs": 10**12})
    assert without_limit.spent == 10**12


@pytest.mark.parametrize(
    ("budget", "message"),
    [
        (
            {"run": 3},
            r"budget\.run is 3\.00 EUR, of which 2\.00 EUR are spent and 1\.00 EUR are left; the "
            r"next 1,000,000 tokens would cost 2\.00 EUR, so the run stopped before them\. The "
            r"next run reuses its finished shards; raise budget\.run in vouch\.yaml$",
        ),
        ({"day": 3}, r"run again from 2027-01-01 00:00 UTC on, when the next day begins"),
        ({"month": 3}, r"budget\.month is .* from 2027-01-01 00:00 UTC on, when the next month"),
        ({"run": 100, "month": 3}, r"budget\.month is"),
    ],
)
def test_a_cap_stops_the_run_before_it_spends_more(
    ledger: SpendingLedger, budget: dict[str, int], message: str
):
    spending = meter(ledger, "run", **budget)
    spending.spend({"docs": MILLION})
    with pytest.raises(BudgetExceeded, match=message):
        spending.spend({"docs": MILLION})
    spending.spend({"docs": MILLION // 2})  # what is left of it may still be spent
    assert ledger.of_run("run").amount == Decimal(3)


def test_all_runs_of_a_day_and_month_count_and_the_next_ones_begin_with_nothing(
    ledger: SpendingLedger, clock: list[datetime]
):
    meter(ledger, "failed").spend({"docs": MILLION})
    meter(ledger, "another currency", currency="USD").spend({"docs": MILLION})
    run = meter(ledger, "run", day=5, month=6, run=100)
    run.spend({"docs": MILLION})
    caps = caps_of(settings(day=5, month=6, run=100), ledger, "run")
    assert [(cap.period, cap.spent) for cap in caps] == [
        ("run", Decimal(2)), ("day", Decimal(4)), ("month", Decimal(4)),
    ]  # fmt: skip
    with pytest.raises(BudgetExceeded, match=r"budget\.day is 5\.00 EUR, of which 4\.00"):
        run.spend({"docs": MILLION})
    clock[0] = datetime(2027, 1, 1, 0, 5, tzinfo=UTC)
    run.spend({"docs": MILLION})
    day, month = caps_of(settings(day=5, month=6), ledger, "run")
    assert (day.spent, month.spent) == (Decimal(2), Decimal(2))
    assert day.free_at == datetime(2027, 1, 2, tzinfo=UTC)
    assert month.free_at == datetime(2027, 2, 1, tzinfo=UTC)
    # Of the run itself, both days count.
    assert [row.day for row in ledger.of_run("run").rows] == [TODAY.date(), date(2027, 1, 1)]


def test_runs_and_workers_at_once_never_spend_more_than_the_cap(
    ledger: SpendingLedger, tmp_path: Path
):
    processes = [SpendingLedger(location_of(tmp_path)) for _ in range(4)]
    meters = [meter(own, f"run-{number % 2}", day=10) for number, own in enumerate(processes)]
    refused: list[BudgetExceeded] = []

    def spend(own: TokenMeter) -> None:
        for _ in range(5):
            try:
                own.spend({"docs": MILLION // 2})
            except BudgetExceeded as error:
                refused.append(error)

    threads = [threading.Thread(target=spend, args=(own,)) for own in meters]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (cap,) = caps_of(settings(day=10), ledger, None)
    assert cap.spent <= cap.limit
    assert refused


@hypothesis_settings(max_examples=25)
@given(token_counts=st.lists(st.integers(1, 4 * MILLION), max_size=12), cap=st.integers(0, 20))
def test_what_is_spent_is_exact_and_within_the_cap(
    tmp_path_factory: pytest.TempPathFactory, token_counts: list[int], cap: int
):
    ledger = SpendingLedger(location_of(tmp_path_factory.mktemp("ledger")))
    run, allowed = meter(ledger, "run", month=cap), 0
    for tokens in token_counts:
        try:
            run.spend({"docs": tokens})
        except BudgetExceeded:
            assert (allowed + tokens) * 2 > cap * MILLION
        else:
            allowed += tokens
    assert run.spent == allowed
    assert (ledger.of_run("run").amount or 0) * MILLION == allowed * 2 <= cap * MILLION


def record(run_id: str, day: date, tokens: int) -> RunRecord:
    return RunRecord(
        run_id=run_id,
        started_at=TODAY,
        settings_sha256="s",
        code_version="v",
        spending=Spending.of({(day, "docs"): tokens}, Decimal(2), "EUR"),
    )


def test_an_emptied_work_folder_does_not_give_the_money_back(ledger: SpendingLedger):
    """The records of runs have it too."""
    ledger.write("old", "writer", date(2026, 10, 3), record("old", date(2026, 10, 3), 1).spending)
    ledger.write("last", "writer", date(2026, 11, 3), record("last", date(2026, 11, 3), 1).spending)
    assert not ledger.has_month(TODAY.date())
    records = [record("a", TODAY.date(), MILLION), record("b", date(2026, 11, 30), MILLION)]
    ledger.begin_month(TODAY.date(), records)
    ledger.begin_month(TODAY.date(), records)
    (month,) = caps_of(settings(month=3), ledger, None)
    assert month.spent == Decimal(2)
    assert ledger.of_run("old").tokens == 0
    assert ledger.of_run("last").tokens == 1


def test_a_damaged_file_is_named(ledger: SpendingLedger, tmp_path: Path):
    meter(ledger, "run").spend({"docs": 1})
    (file,) = (tmp_path / "spending/2026-12/run").iterdir()
    file.write_text("{")
    with pytest.raises(StorageError, match=f"{file} should say what a run has spent"):
        ledger.of_run("run")


def test_nothing_is_read_where_there_is_no_cap(
    ledger: SpendingLedger, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(SpendingLedger, "_read", None)
    meter(ledger, "run").spend({"docs": MILLION})
