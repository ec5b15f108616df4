"""A rejected run is kept rejected by somebody, or there is nothing left to decide."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.pipeline.local_runs import ingest
from tests.pipeline.steps import configure, outcome, tables, write
from vouch.index.store.run_log import read_run
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.decision import keep_rejected, no_longer_decidable
from vouch.reports.summary import agreements
from vouch.schemas.errors import NotFound
from vouch.schemas.runs.approval import Refusal
from vouch.schemas.runs.record import Status


def test_a_run_is_decided_on_until_somebody_publishes(tmp_path: Path, tiny_model: Path):
    settings = configure(tmp_path, tiny_model, contracts={"batch": {"min_documents": 2}})
    write(settings, "a.md", "# A\n\nThe text of a.")
    file = read_settings(settings)
    with pytest.raises(NotFound):
        no_longer_decidable(file, "20260101T000000-abcdef")
    rejected = outcome(settings)
    assert rejected.status is Status.REJECTED
    assert no_longer_decidable(file, rejected.run_id) is None

    refusal = Refusal(who="Ann", why="a document is missing", at=datetime(2026, 12, 1, tzinfo=UTC))
    keep_rejected(file, rejected.run_id, refusal)
    kept = read_run(tables(settings), rejected.run_id)
    assert (kept.status, kept.refusal) == (Status.REJECTED, refusal)
    line = "Ann decided on 2026-12-01 that it stays rejected: a document is missing"
    assert agreements(kept) == [line]

    write(settings, "b.md", "# B\n\nThe text of b.")
    published = ingest(settings)
    why = no_longer_decidable(file, rejected.run_id)
    assert why is not None
    assert published.run_id in why
    with pytest.raises(NotFound, match="nothing left to decide"):
        keep_rejected(file, published.run_id, refusal)
