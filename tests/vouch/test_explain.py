"""`vouch explain` at the command line, over records of runs."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.command_line import run_command
from vouch.index.store.run_log import write_run
from vouch.index.store.tables import Tables
from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import (
    Check,
    Decision,
    Drift,
    Example,
    Outcome,
    RunRecord,
    Severity,
    Status,
    Verdict,
)

AT = datetime(2026, 11, 30, 6, tzinfo=UTC)
HOSTILE = "es/[red]\x1b]0;owned\x07\u202efdp.md"
DRIFT = Drift(
    figure="languages", scope="docs", part="index", before="es 0%", after="es 49%",
    distance=0.49, warn=0.05, block=0.25,
)  # fmt: skip


def check(check_id: CheckId, severity: Severity) -> Check:
    return Check(
        id=check_id, name=f"the check {check_id}", scope="drift", owner="drift", severity=severity,
        outcome=Outcome.FAILED, figure=0.49, threshold=0.25, message="es 0% → 49%",
        examples=tuple(Example(uri=f"{HOSTILE}{n}", message="in es") for n in range(3)),
        concerned=48,
    )  # fmt: skip


def run(hour: int, status: Status, *checks: Check, **changes) -> RunRecord:
    record = RunRecord(
        run_id=f"20261130T0{hour}0000-abc",
        status=status,
        started_at=AT + timedelta(hours=hour),
        ended_at=AT + timedelta(hours=hour, minutes=1),
        settings_sha256="",
        code_version="",
        verdict=Verdict(decision=Decision.REJECT, checks=checks),
        drift=(DRIFT,),
    )
    return record.model_copy(update=changes)


REJECTED = run(
    1,
    Status.REJECTED,
    check(CheckId.DRIFT_FORMATS, Severity.WARN),
    check(CheckId.DRIFT_LANGUAGES, Severity.REJECT),
)
UNCHANGED = run(2, Status.UNCHANGED, verdict=None)


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str, str]]:
    """Runs a command of a project with a rejected run, and one after it with nothing to do."""
    monkeypatch.chdir(tmp_path)
    Path("documents").mkdir()
    Path("vouch.yaml").write_text("sources:\n  - {name: docs, path: documents}\n")
    tables = Tables.create(tmp_path / "data" / "index", 8)
    for record in (REJECTED, UNCHANGED):
        write_run(tables, record)

    def run(*arguments: str) -> tuple[int, str, str]:
        shown = run_command(*arguments)
        return shown.code, shown.output, shown.errors

    return run


def test_the_newest_run_with_a_problem_is_explained_what_rejects_it_first(command: Callable):
    code, shown, _ = command("explain")
    lines = shown.splitlines()
    assert code == 0
    assert lines[0].startswith(f"Rejected: nothing was published  run {REJECTED.run_id}")
    assert lines[3:6] == [
        "✗ rejects  the check drift_languages  drift_languages@drift",
        "  es 0% → 49%; distance 0.49, where 0.25 rejects",
        "  Questions in one language may be answered in another.",
    ]
    assert (
        f"    and 45 more:  vouch explain {REJECTED.run_id} --check drift_languages@drift --all"
        in lines
    )
    assert "        languages: {warn: 0.05, block: 0.5}" in lines
    assert "! warns  the check drift_formats  drift_formats@drift" in lines
    assert lines[-2:] == [
        "  Fix the cause, and run it again:  vouch ingest",
        "  Or agree to it with your name: it is published as it was audited:  "
        f'vouch approve {REJECTED.run_id} --why "…"',
    ]
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_a_run_without_a_problem_takes_one_line(command: Callable):
    code, shown, _ = command("explain", "latest")
    assert code == 0
    assert shown.splitlines()[1:] == [
        "No check failed. All 0 listed documents are up to date in the index. No new version was "
        "made."
    ]


def test_one_check_is_explained_and_programs_read_json(command: Callable):
    code, shown, _ = command("--json", "explain", "--check", "drift_formats")
    explained = json.loads(shown)
    assert (code, explained["run_id"], explained["status"]) == (0, REJECTED.run_id, "rejected")
    (only,) = explained["checks"]
    assert (only["reference"], only["blocks"], only["concerned"]) == (
        "drift_formats@drift", False, 48,
    )  # fmt: skip
    assert len(only["examples"]) == 3
    assert explained["next"][0]["command"] == f"vouch explain {REJECTED.run_id}"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--all",), 2, "name it by --check"),
        (("--check", "nope"), 5, "drift_languages@drift"),
        (("20270101",), 5, "vouch runs"),
    ],
)
def test_what_cannot_be_explained_is_an_error_in_one_sentence(
    command: Callable, arguments: tuple[str, ...], code: int, message: str
):
    ended, shown, errors = command("explain", *arguments)
    assert (ended, shown) == (code, "")
    assert message in errors
    assert len(errors.splitlines()) == 1
