"""All documents behind a failed check: of a rejected run from its shards, of a published one from
the state of the index; and the message where they are gone.
"""

import shutil
from pathlib import Path

import pytest

from tests.pipeline.audit.corruptions import each, without_headings
from tests.pipeline.steps import configure, outcome, run, tables
from vouch.index.store.run_log import write_run
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.concerned import documents_of_check
from vouch.schemas.errors import NotFound
from vouch.schemas.runs.record import Status

NAMES = [f"{n:02}.md" for n in range(12)]
HEADINGS = "drift_without_heading@drift"


@pytest.fixture(scope="module")
def rejected(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    """The settings of a project whose second run was rejected: every document lost its headings."""
    folder = tmp_path_factory.mktemp("rejected")
    (folder / "documents").mkdir()
    for number, name in enumerate(NAMES):
        text = f"# Part {number}\n\nThe bolt of part {number} is tightened by hand.\n"
        (folder / "documents" / name).write_text(text)
    settings = configure(folder, tiny_model)
    run(settings)
    each(without_headings)(folder / "documents")
    assert outcome(settings).status is Status.REJECTED
    return settings


@pytest.fixture
def project(rejected: Path, tmp_path: Path) -> Path:
    return shutil.copytree(rejected.parent, tmp_path / "project") / "vouch.yaml"


def uris(settings: Path, run_id: str, reference: str) -> list[str]:
    return [each.uri for each in documents_of_check(read_settings(settings), run_id, reference)]


def test_all_documents_of_a_rejected_run_are_listed_after_another_run_has_published(
    project: Path, tiny_model: Path
):
    record = outcome(project)
    assert uris(project, record.run_id, HEADINGS) == NAMES
    assert uris(project, "latest", "drift_without_heading") == NAMES
    limits = {
        figure: {"warn": 0.1}
        for figure in (
            "without_heading", "heading_depth", "document_chars", "chunk_tokens", "untitled",
            "vectors", "vocabulary",
        )
    }  # fmt: skip
    configure(project.parent, tiny_model, drift={"index": limits})
    published = outcome(project)
    assert published.status is Status.PUBLISHED
    assert uris(project, published.run_id, HEADINGS) == NAMES
    # Its shards were those of the rejected run, and are published.
    with pytest.raises(NotFound, match="staged shards of run .* are gone.*vouch ingest"):
        uris(project, record.run_id, HEADINGS)


def test_every_failed_check_of_a_run_can_be_listed(project: Path):
    record = outcome(project)
    assert len(record.failed_checks) >= 3
    for check in record.failed_checks:
        listed = documents_of_check(read_settings(project), record.run_id, check.reference)
        assert listed[: len(check.examples)] == list(check.examples)
        assert len(listed) == check.concerned


def test_what_cannot_be_listed_says_why(project: Path):
    record = outcome(project)
    with pytest.raises(NotFound, match="no failed check 'drift_formats'.*drift_without_heading@"):
        uris(project, record.run_id, "drift_formats")
    with pytest.raises(NotFound, match="there is no run 'x'"):
        uris(project, "x", HEADINGS)
    # As an earlier version recorded it, which did not keep what it would have published.
    write_run(tables(project), record)
    with pytest.raises(NotFound, match="kept nothing of what it would have published"):
        uris(project, record.run_id, HEADINGS)
