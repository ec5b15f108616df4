"""Approvals: the candidate that was rejected is published as it was audited, or not at all."""

from pathlib import Path

import pytest

from tests.pipeline.steps import configure, failed, outcome, run, tables, texts, write
from vouch.index.store.run_log import list_runs, read_run
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.approval import approve
from vouch.schemas.errors import NotFound
from vouch.schemas.runs.record import Decision, Status


@pytest.fixture
def rejected(published: Path, tiny_model: Path) -> Path:
    """The settings of a published project, whose second run was rejected for too few documents."""
    configure(published.parent, tiny_model, contracts={"batch": {"min_documents": 1000}})
    write(published, "new.md", "# New\n\nA document that was not there.")
    assert failed(outcome(published))["published_documents"] == "reject"
    return published


def test_the_candidate_of_a_rejected_run_is_published_as_it_was_audited(rejected: Path):
    file = read_settings(rejected)
    before = texts(rejected)
    record = approve(file, "latest", "the contract is wrong", "Ada")
    assert record.status is Status.PUBLISHED
    assert record.verdict is not None
    assert record.verdict.decision is Decision.WARN
    assert texts(rejected).keys() - before.keys() == {"new.md"}
    approval = list_runs(tables(rejected))[0]
    assert (approval.kind, approval.status) == ("approve", Status.UNCHANGED)
    assert approval.approval == record.approval
    assert read_run(tables(rejected), record.run_id) == record
    with pytest.raises(NotFound, match="published already: Ada agreed"):
        approve(file, record.run_id, "again", "Ada")
    assert run(rejected).status is Status.UNCHANGED
