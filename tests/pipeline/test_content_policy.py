"""The content policy in a whole run: what it masks is stored nowhere, and what it rejects is
not published.
"""

import json
from pathlib import Path

import pytest

from tests.pipeline.steps import configure, run, tables, write
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.trace import trace_chunk
from vouch.schemas.runs.record import RunRecord, Status

POLICY = {"personal_data": "redact", "secrets": "quarantine"}
MAIL = "maria.schmidt@kontor-hansen.de"
LETTER = (
    f"# Letter to Maria\n\nWrite to {MAIL} or call before Friday about the contract for the house "
    "on the hill.\n"
)
KEY = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
GUIDE = (
    f"# Deploy\n\n{'How to deploy the service. ' * 40}\n\n# Keys\n\nThe token is {KEY} for now.\n"
)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> tuple[Path, RunRecord]:
    folder = tmp_path_factory.mktemp("policy")
    settings = configure(folder, tiny_model, policy=POLICY)
    write(settings, "letter.md", LETTER)
    write(settings, "guide.md", GUIDE)
    return settings, run(settings)


def stored(settings: Path, *names: str) -> str:
    """Return the rows of these tables as a text."""
    index = tables(settings)
    rows = [row for name in names for row in getattr(index, name).to_arrow().to_pylist()]
    return json.dumps(rows, default=str)


def test_what_is_masked_or_rejected_is_not_published_or_reported(
    published: tuple[Path, RunRecord],
):
    settings, record = published
    assert MAIL not in stored(settings, "chunks", "documents", "quarantine")
    assert KEY not in stored(settings, "chunks", "quarantine")
    report = Path(record.report or "").read_text("utf-8")
    assert MAIL not in report
    assert KEY not in report


def test_a_rejected_chunk_loses_none_of_its_document(published: tuple[Path, RunRecord]):
    settings, record = published
    assert (record.accounting.published, record.accounting.chunks_quarantined) == (2, 1)
    (reject,) = tables(settings).quarantine.to_arrow().to_pylist()
    assert (reject["uri"], reject["reason"]) == ("guide.md", "policy")


def test_masked_text_is_flagged_and_counted_and_its_spans_still_prove(
    published: tuple[Path, RunRecord],
):
    settings, record = published
    counts = {(finding.what, finding.action, finding.count) for finding in record.policy}
    assert ("email_address", "redact", 1) in counts
    rows = tables(settings).chunks.to_arrow().to_pylist()
    assert {row["uri"] for row in rows if "redacted" in row["flags"]} == {"letter.md"}
    file = read_settings(settings)
    assert all(trace_chunk(file, row["chunk_id"]).proved for row in rows)


def test_a_changed_policy_processes_the_documents_again(
    published: tuple[Path, RunRecord], tiny_model: Path
):
    settings, _ = published
    assert run(settings).status is Status.UNCHANGED
    record = run(configure(settings.parent, tiny_model))
    assert record.change_counts == {"reprocess": 2}
    assert MAIL in stored(settings, "chunks")
