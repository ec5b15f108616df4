"""Approvals: the candidate that was rejected is published as it was audited, or not at all."""

import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.faults import Killed, at
from tests.pipeline.local_runs import backfill
from tests.pipeline.steps import configure, failed, outcome, run, tables, write
from vouch.index.publishing.publish import finish
from vouch.index.publishing.versions import published_state
from vouch.index.store.run_log import list_runs, read_run, write_run
from vouch.index.store.tables import rows
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.approval import approve
from vouch.pipeline.operations.approval_log import active_approvals, end_approval, list_approvals
from vouch.pipeline.operations.doctor import diagnose
from vouch.pipeline.operations.rollback import rollback
from vouch.schemas.boundary import Boundary, Side
from vouch.schemas.errors import IndexError_, NotFound, PublishingHeld, SettingsError, VouchError
from vouch.schemas.runs.approval import NEVER_APPROVED
from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import Decision, RunRecord, Status

ROOT = Path(__file__).parents[3]
STRICT = {"batch": {"min_documents": 50, "warn_quarantine_share": 0.0}}
BROKEN = "published_documents@published"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    """A project in which a second run, with two new documents and an edit, was rejected."""
    folder = tmp_path_factory.mktemp("rejected") / "project"
    settings = configure(folder_with(folder), tiny_model)
    for name in ("a", "b", "c"):
        write(settings, f"{name}.md", f"# {name}\n\nThe text of document {name}.")
    run(settings)
    configure(folder, tiny_model, contracts=STRICT)
    write(settings, "new.md", "# New\n\nA document that was not there.")
    write(settings, "a.md", "# a\n\nEdited, and longer than it was before.")
    write(settings, "broken.json", "{")
    (folder / "documents" / "c.md").unlink()
    assert failed(outcome(settings, allow_mass_delete=True))["published_documents"] == "reject"
    shutil.copytree(folder, folder.parent / "kept")
    return folder


def folder_with(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def settings(project: Path) -> Path:
    """The project as the rejected run has left it, in the same place: its record names shards."""
    restore(project)
    return project / "vouch.yaml"


def restore(project: Path) -> None:
    shutil.rmtree(project)
    shutil.copytree(project.parent / "kept", project)


def agree(settings: Path, **options: Any) -> RunRecord:
    return approve(read_settings(settings), "latest", "it is meant to be so", "Ada", **options)


def visible(settings: Path) -> dict[str, str]:
    """Return the first text of each document that readers find."""
    chunks = published_state(tables(settings)).chunks
    return {row["uri"]: row["text"] for row in rows(chunks, ("uri", "text")).to_pylist()}


BEFORE, AFTER = {"a.md", "b.md", "c.md"}, {"a.md", "b.md", "new.md"}


def rejected_run(settings: Path) -> RunRecord:
    return next(each for each in list_runs(tables(settings)) if each.kind == "ingest")


def test_the_candidate_is_published_as_it_was_audited(settings: Path):
    audited = rejected_run(settings)
    # What the folder holds by now is not what was looked at.
    write(settings, "later.md", "# Later\n\nNobody has audited this.")
    record = agree(settings)
    assert (record.run_id, record.status) == (audited.run_id, Status.PUBLISHED)
    assert record.accounting == audited.accounting
    assert record.accounting.problems() == []
    assert set(visible(settings)) == AFTER
    assert "Edited" in visible(settings)["a.md"]
    assert record.verdict is not None
    assert record.verdict.decision is Decision.WARN
    assert failed(record)["published_documents"] == "warn"
    (check,) = (check for check, _ in record.agreed_checks)
    assert check.reference == BROKEN
    assert check.message.endswith("it is meant to be so")
    assert record.approval is not None
    assert (record.approval.who, record.approval.checks) == ("Ada", (BROKEN,))
    assert read_run(tables(settings), record.run_id) == record

    approval = list_runs(tables(settings))[0]
    assert (approval.kind, approval.status, approval.approval) == (
        "approve",
        Status.UNCHANGED,
        record.approval,
    )
    assert "Ada agreed" in Path(record.report or "").read_text("utf-8")
    assert list((settings.parent / "data/work/shards").iterdir()) == []
    assert diagnose(read_settings(settings)).findings == ()
    # The agreement was about that run only.
    with pytest.raises(NotFound, match="published already: Ada agreed on"):
        approve(read_settings(settings), record.run_id, "again", "Ada")
    assert failed(outcome(settings))["published_documents"] == "reject"


STEPS = (
    Boundary.RECORD_INTENT, Boundary.COMMIT_CHUNKS, Boundary.COMMIT_DOCUMENTS,
    Boundary.COMMIT_QUARANTINE, Boundary.REFRESH_INDEXES, Boundary.TAG, Boundary.WRITE_RUN,
    Boundary.RETAIN, Boundary.REPORT,
)  # fmt: skip


def test_cut_short_at_any_step_it_is_published_as_a_whole_or_can_be_approved_again(project: Path):
    settings = project / "vouch.yaml"
    for step in STEPS:
        restore(project)
        with at(step, Side.BEFORE), pytest.raises(Killed):
            agree(settings)
        assert set(visible(settings)) in (BEFORE, AFTER), step
        finish(tables(settings), read_settings(settings).settings)
        record = rejected_run(settings)
        if record.status is Status.REJECTED:
            assert step is Boundary.RECORD_INTENT
            record = agree(settings)
        assert record.status is Status.PUBLISHED, step
        assert record.approval is not None
        assert set(visible(settings)) == AFTER, step
        assert "Edited" in visible(settings)["a.md"]
        statuses = {each.status for each in list_runs(tables(settings))}
        assert not {Status.RUNNING, Status.PUBLISHING} & statuses


KILL_APPROVE = """
import sys
from pathlib import Path
from tests.pipeline.faults import at, kill_process
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.approval import approve
from vouch.schemas.boundary import Boundary, Side
with at(Boundary.COMMIT_DOCUMENTS, Side.BEFORE, kill_process):
    approve(read_settings(Path(sys.argv[1])), "latest", "so it is", "Ada")
"""


def test_a_killed_approval_is_finished_by_the_next_run(settings: Path, tiny_model: Path):
    command = [sys.executable, "-c", KILL_APPROVE, str(settings)]
    with (settings.parent / "stderr").open("w") as log:
        child = subprocess.run(command, cwd=ROOT, stderr=log)
    assert child.returncode == -signal.SIGKILL, (settings.parent / "stderr").read_text()
    assert set(visible(settings)) == BEFORE
    configure(settings.parent, tiny_model)
    assert run(settings).status is Status.UNCHANGED
    assert set(visible(settings)) == AFTER
    assert rejected_run(settings).kind == "ingest"
    assert list((settings.parent / "data/work/shards").iterdir()) == []
    assert diagnose(read_settings(settings)).findings == ()


def test_of_two_approvals_at_once_one_publishes(settings: Path):
    results: list[RunRecord | VouchError] = []

    def try_to_agree() -> None:
        try:
            results.append(agree(settings))
        except VouchError as error:
            results.append(error)

    threads = [threading.Thread(target=try_to_agree) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    published, refused = sorted(results, key=lambda each: isinstance(each, VouchError))
    assert isinstance(published, RunRecord)
    assert isinstance(refused, NotFound)
    assert set(visible(settings)) == AFTER


def test_an_approver_who_wakes_after_another_has_published_changes_nothing(settings: Path):
    """The lock should keep them apart; where it does not, the record's status does."""
    first = agree_beside(settings)
    with at(Boundary.RECORD_INTENT, Side.BEFORE, first, once=True), pytest.raises(IndexError_):
        agree(settings)
    record = rejected_run(settings)
    assert record.status is Status.PUBLISHED
    assert record.approval is not None
    assert record.approval.who == "Bob"
    assert set(visible(settings)) == AFTER
    assert [each.approval.who for each in list_approvals(tables(settings), datetime.now(UTC))] == [
        "Bob"
    ]


def agree_beside(settings: Path) -> Callable[[], None]:
    """Let another process, which has the lock too, approve the same run."""
    file = read_settings(settings)

    def action() -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("vouch.pipeline.context.locks.Locks.publisher", no_lock)
            approve(file, "latest", "first", "Bob")

    return action


def no_lock(self: object, wait_s: float | None = None) -> AbstractContextManager[None]:
    return nullcontext()


def test_after_another_publication_the_candidate_is_stale(settings: Path, tiny_model: Path):
    rejected = rejected_run(settings)
    configure(settings.parent, tiny_model)
    backfill(config=str(settings), path="new.md")
    assert set(visible(settings)) == BEFORE | {"new.md"}
    with pytest.raises(IndexError_, match=r"changed since run .* run `vouch ingest` again"):
        approve(read_settings(settings), rejected.run_id, "late", "Ada")
    assert set(visible(settings)) == BEFORE | {"new.md"}
    assert rejected_run(settings).status in (Status.REJECTED, Status.PUBLISHED)


def test_a_later_rejected_run_leaves_the_first_candidate_as_it_was(settings: Path):
    first = rejected_run(settings)
    write(settings, "later.md", "# Later\n\nNobody has agreed to this.")
    write(settings, "broken2.json", "{")
    later = outcome(settings, allow_mass_delete=True)
    assert later.status is Status.REJECTED
    record = approve(read_settings(settings), first.run_id, "the first one", "Ada")
    assert record.status is Status.PUBLISHED
    assert set(visible(settings)) == AFTER
    with pytest.raises(IndexError_, match="changed since"):
        approve(read_settings(settings), later.run_id, "and this", "Ada")


def test_a_run_in_progress_plans_again_after_an_approval(settings: Path, tiny_model: Path):
    configure(settings.parent, tiny_model)
    write(settings, "later.md", "# Later\n\nAnother one.")
    with at(Boundary.STAGE, Side.AFTER, lambda: agree(settings), once=True):
        record = run(settings, allow_mass_delete=True)
    assert record.status is Status.PUBLISHED
    assert record.accounting.published == 1
    assert set(visible(settings)) == AFTER | {"later.md"}


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda settings: shutil.rmtree(settings.parent / "data/work"), "are gone or damaged"),
        (lambda settings: make_old(settings), "rejected by an earlier version of Vouch"),
        (lambda settings: hold(settings), "holds the index"),
    ],
)
def test_what_can_no_longer_be_published_is_refused_with_what_to_do(
    settings: Path, spoil: Callable[[Path], None], problem: str
):
    spoil(settings)
    with pytest.raises((IndexError_, PublishingHeld), match=problem) as caught:
        approve(read_settings(settings), rejected_run(settings).run_id, "so it is", "Ada")
    assert "vouch" in str(caught.value)
    assert set(visible(settings)) == BEFORE
    assert rejected_run(settings).status is Status.REJECTED


def make_old(settings: Path) -> None:
    """Leave the record as 0.10.0 did: without what the run would have published."""
    write_run(tables(settings), rejected_run(settings))


def hold(settings: Path) -> None:
    first = list_runs(tables(settings))[-1]
    rollback(read_settings(settings), first.run_id)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"checks": ("published_documnts",)}, "did you mean published_documents"),
        ({"checks": ("drift_languages",)}, f"did not reject run .* what did: {BROKEN}"),
        ({"checks": (str(CheckId.ACCOUNTING),)}, "nobody can agree"),
        ({"until": date(2020, 1, 1)}, "within a year from now"),
        ({"until": datetime.now(UTC) + timedelta(days=400)}, "within a year from now"),
        ({"why": "  "}, "needs a reason"),
        ({"who": ""}, "needs a name"),
        ({"run": None}, "name the checks"),
        ({"run": None, "checks": ("drift_languages",)}, "name the checks"),
    ],
)
def test_what_cannot_be_agreed_to_is_an_error(settings: Path, options: dict, problem: str):
    options = {"run": "latest", "why": "so it is", "who": "Ada"} | options
    with pytest.raises(SettingsError, match=problem):
        approve(read_settings(settings), **options)
    assert rejected_run(settings).status is Status.REJECTED
    assert list_approvals(tables(settings), datetime.now(UTC)) == []


def test_a_check_that_is_not_named_still_rejects(settings: Path, tiny_model: Path):
    contract = {"contract": {"min_documents": 100}}
    configure(settings.parent, tiny_model, contract, contracts=STRICT)
    rejected = outcome(settings, allow_mass_delete=True)
    with pytest.raises(SettingsError, match="also rejected by source_documents@docs"):
        agree(settings, checks=("published_documents",))
    assert rejected_run(settings).run_id == rejected.run_id
    record = agree(settings, checks=("published_documents", "source_documents@docs"))
    assert record.status is Status.PUBLISHED


def test_until_its_date_later_runs_warn_and_then_they_reject_again(
    settings: Path, pass_time: Callable[[timedelta], None]
):
    until = datetime.now(UTC) + timedelta(days=2)
    record = agree(settings, until=until)
    assert record.approval is not None
    (listed,) = list_approvals(tables(settings), datetime.now(UTC))
    assert (listed.approval, listed.state) == (record.approval, "ends soon")
    write(settings, "b.md", "# b\n\nEdited within the time.")
    within = run(settings, allow_mass_delete=True)
    assert [by.id for _, by in within.agreed_checks] == [record.approval.id]
    assert f"until {until:%Y-%m-%d}" in within.agreed_checks[0][0].message
    pass_time(timedelta(days=3))
    write(settings, "b.md", "# b\n\nEdited after the time.")
    assert failed(outcome(settings))["published_documents"] == "reject"
    (listed,) = list_approvals(tables(settings), datetime.now(UTC) + timedelta(days=3))
    assert listed.state == "expired"


def test_without_a_run_checks_warn_until_the_approval_is_ended(settings: Path):
    file = read_settings(settings)
    approval = approve(
        file, None, "a small base", "Ada", ("published_documents",), date.today() + timedelta(9)
    )
    assert approval.approval is not None
    assert set(visible(settings)) == BEFORE
    assert run(settings, allow_mass_delete=True).status is Status.PUBLISHED
    with pytest.raises(NotFound, match=f"active are: {approval.run_id}"):
        end_approval(file, "nonsense", "no more", "Bob")
    end_approval(file, approval.run_id[:20], "it has grown", "Bob")
    (listed,) = list_approvals(tables(settings), datetime.now(UTC))
    assert listed.state == "ended"
    assert listed.ended_by is not None
    assert (listed.ended_by.who, listed.ended_by.why) == ("Bob", "it has grown")
    assert active_approvals(tables(settings), datetime.now(UTC)) == []


def test_a_run_without_a_blocking_check_reads_no_approval(
    settings: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
):
    configure(settings.parent, tiny_model)
    monkeypatch.setattr("vouch.pipeline.audit.verdict.active_approvals", None)
    assert run(settings, allow_mass_delete=True).status is Status.PUBLISHED


def test_nobody_agrees_to_a_broken_index():
    assert {
        CheckId.ACCOUNTING,
        CheckId.SINGLE_GENERATION,
        CheckId.CHUNK_ID_UNIQUE,
    } <= NEVER_APPROVED
