"""What runs spend, and the caps that stop them: whole runs on the tiny model."""

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.steps import run, tables, texts, write
from vouch.index.store.publication_columns import now
from vouch.index.store.run_log import list_runs, write_run
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.context.spending_ledger import SpendingLedger
from vouch.pipeline.planning.dry_run import dry_run
from vouch.schemas.errors import BudgetExceeded
from vouch.schemas.runs.record import RunRecord, Status

PRICE = Decimal(1000)
"""Of a million tokens, so that a token costs a thousandth."""


def set_budget(settings: Path, **budget: Any) -> None:
    content = json.loads(settings.read_text("utf-8"))
    content["embedding"]["price_per_million_tokens"] = str(PRICE)
    settings.write_text(json.dumps(content | {"budget": budget}), "utf-8")


def words(count: int, first: str) -> str:
    return " ".join(f"{first}{number}" for number in range(count))


def newest(settings: Path) -> RunRecord:
    return list_runs(tables(settings), 1)[0]


def month_to_date(settings: Path) -> Decimal:
    ledger = SpendingLedger(read_settings(settings).work_location)
    amounts = (part.amount or Decimal(0) for part in ledger.of_month(newest(settings).started_at))
    return sum(amounts, Decimal(0))


def test_a_run_records_what_it_spent_and_reused_vectors_cost_nothing(published: Path):
    set_budget(published)
    write(published, "new.md", words(50, "first"))
    record = run(published)
    (source,) = record.spending.by_source()
    assert (source.source, source.tokens) == ("docs", record.tokens_embedded)
    assert source.amount == record.spending.amount == record.tokens_embedded * PRICE / 1_000_000
    assert {row.day for row in record.spending.rows} <= {
        record.started_at.date(), record.ended_at.date(),
    }  # fmt: skip
    write(published, "copy.md", words(50, "first"))
    copied = run(published)
    assert copied.accounting.vectors_reused > 0
    assert (copied.tokens_embedded, copied.spending.amount) == (0, None)
    assert month_to_date(published) == record.spending.amount


def test_a_plan_beyond_a_cap_spends_nothing(published: Path):
    set_budget(published, run="0.01")
    write(published, "new.md", words(200, "first"))
    with pytest.raises(BudgetExceeded, match=r"budget\.run is 0\.010 EUR.*nothing was spent"):
        run(published)
    assert (newest(published).status, newest(published).tokens_embedded) == (Status.FAILED, 0)
    preview = dry_run(read_settings(published))
    assert preview.estimate.cost > preview.caps[0].left == Decimal("0.01")


def test_a_run_that_a_cap_has_stopped_continues_the_next_day(
    published: Path, monkeypatch: pytest.MonkeyPatch
):
    """A document of many bytes and one chunk makes the estimate for the next ones too low."""
    write(published, "padded.html", f"<p>Few words.</p><!-- {'padding ' * 100_000} -->")
    content = json.loads(published.read_text("utf-8"))
    published.write_text(json.dumps(content | {"run": {"shard_documents": 1}}), "utf-8")
    run(published)
    set_budget(published, day=1)
    for number in range(3):
        write(published, f"long-{number}.md", words(140, f"long{number}"))
    before = texts(published)
    with pytest.raises(
        BudgetExceeded, match=r"budget\.day is 1\.00 EUR, of which .* next run reuses"
    ):
        run(published)
    assert texts(published) == before
    failed = newest(published)
    assert failed.status is Status.FAILED
    assert Decimal(0) < failed.spending.amount == month_to_date(published) <= Decimal(1)

    tomorrow = now() + timedelta(days=1)
    monkeypatch.setattr("vouch.pipeline.context.budget.now", lambda: tomorrow)
    # The other documents are staged: they are neither read nor paid again.
    record = run(published, max_documents=1)
    assert record.status is Status.PUBLISHED
    assert record.shards_resumed == 2
    assert {row.day for row in record.spending.rows} == {tomorrow.date()}
    assert record.spending.amount < failed.spending.amount


def test_a_killed_run_has_spent_what_it_has_spent(published: Path):
    """Its own record could not say it: the next run of its kind writes it there."""
    set_budget(published)
    write(published, "new.md", words(50, "first"))
    record = run(published)
    write_run(
        tables(published),
        record.model_copy(
            update={
                "status": Status.RUNNING,
                "spending": type(record.spending)(),
                "tokens_embedded": 0,
            }
        ),
    )
    run(published)
    marked = list_runs(tables(published), 2)[1]
    assert (marked.run_id, marked.status) == (record.run_id, Status.FAILED)
    assert (marked.spending, marked.tokens_embedded) == (record.spending, record.tokens_embedded)
