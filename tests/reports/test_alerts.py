"""What is reported of runs: once, again after a while as long as it persists, and when it is over."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from vouch.reports.alerts import alert, due
from vouch.schemas.runs.approval import Approval
from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import (
    Accounting,
    Check,
    Decision,
    Example,
    Outcome,
    RejectGroup,
    RunRecord,
    Severity,
    SourceSummary,
    Status,
    Verdict,
)
from vouch.schemas.settings.choices import AlertEvent
from vouch.schemas.settings.vouch_yaml import AlertSettings

AT = datetime(2026, 1, 31, tzinfo=UTC)
EVERYTHING = AlertSettings(to=("json://localhost",))
REJECT = Severity.REJECT


def check(
    name: str,
    severity: Severity = Severity.WARN,
    outcome: Outcome = Outcome.FAILED,
    check_id: CheckId = CheckId.FIELD_UNIQUE,
) -> Check:
    return Check(
        id=check_id,
        name=name,
        scope="docs",
        subject=name,
        owner="drift",
        severity=severity,
        outcome=outcome,
        message=f"the finding of {name}",
    )


def run(hour: float, status: Status, *checks: Check, **fields) -> RunRecord:
    at = AT + timedelta(hours=hour)
    record = RunRecord(
        run_id=f"{at:%Y%m%dT%H%M%S}-abc",
        status=status,
        started_at=at,
        settings_sha256="",
        code_version="1",
        verdict=Verdict(decision=Decision.ACCEPT, checks=checks) if checks else None,
    )
    return record.model_copy(update=fields)


def published(hour: float, *checks: Check, **fields) -> RunRecord:
    return run(hour, Status.PUBLISHED, *checks, **fields)


def unchanged(hour: float, *checks: Check) -> RunRecord:
    return run(hour, Status.UNCHANGED, *checks)


def rejected(hour: float, *checks: Check) -> RunRecord:
    return run(hour, Status.REJECTED, *checks)


def failed(hour: float, error: str = "SourceRefused: no folder") -> RunRecord:
    kind, _, message = error.rpartition(": ")
    return run(hour, Status.FAILED, error=message, error_kind=kind)


def events(*runs: RunRecord, settings: AlertSettings = EVERYTHING) -> list[list[str]]:
    """Return what is reported of each run in turn."""
    return [
        [str(reason.event) for reason in due(list(reversed(runs[: number + 1])), settings)]
        for number in range(len(runs))
    ]


WARNS, BLOCKS = check("a"), check("a", REJECT)
STALE = check("age", check_id=CheckId.SOURCE_AGE)
STALE_BLOCKS = check("age", REJECT, check_id=CheckId.SOURCE_AGE)
HISTORIES = {
    "all is well": ([published(0), unchanged(1)], [[], []]),
    "the same error every hour": ([failed(0), failed(1), failed(2)], [["failed"], [], []]),
    "the same error, reported once a day": (
        [failed(hour) for hour in (0, 23, 24, 47, 48)],
        [["failed"], [], ["failed"], [], ["failed"]],
    ),
    "another error": ([failed(0), failed(1, "IndexError_: gone")], [["failed"], ["failed"]]),
    "cut short twice": (
        [failed(0, "cut short (killed)"), failed(1, "cut short (out of disk)")],
        [["failed"], []],
    ),
    "crashed in a deployment: the server has reported it": (
        [run(0, Status.FAILED, error="cut short (killed)", deployment="ingest")],
        [[]],
    ),
    "rejected again, with a form to fill in each time": (
        [rejected(0, BLOCKS), rejected(1, BLOCKS).model_copy(update={"waits_until": AT})],
        [["rejected"], ["rejected"]],
    ),
    "recovered and failed again": (
        [failed(0), published(1), failed(2)],
        [["failed"], ["recovered"], ["failed"]],
    ),
    "recovery is reported once": (
        [failed(0), unchanged(1), published(2)],
        [["failed"], ["recovered"], []],
    ),
    "rejected, then published": (
        [rejected(0, BLOCKS), published(1)],
        [["rejected"], ["recovered"]],
    ),
    "failed, then rejected, then published": (
        [failed(0), rejected(1, BLOCKS), published(2)],
        [["failed"], ["rejected"], ["recovered"]],
    ),
    "a warning that is over": ([published(0, WARNS), published(1)], [["warning"], []]),
    "a run without changes does not end a warning": (
        [published(0, WARNS), unchanged(1), published(2, WARNS)],
        [["warning"], [], []],
    ),
    "a warning that comes back": (
        [published(0, WARNS), published(1), published(2, WARNS)],
        [["warning"], [], ["warning"]],
    ),
    "one more warning": (
        [published(0, WARNS), published(1, WARNS, check("b"))],
        [["warning"], ["warning", "warning"]],
    ),
    "a check under a new name is the same check": (
        [published(0, WARNS), published(1, WARNS.model_copy(update={"name": "reworded"}))],
        [["warning"], []],
    ),
    "a check that could not be made": (
        [published(0, check("a", outcome=Outcome.NOT_CHECKED))],
        [["warning"]],
    ),
    "a check that passed": ([published(0, check("a", outcome=Outcome.PASSED))], [[]]),
    "a source without new documents": ([unchanged(0, STALE)], [["stale"]]),
    "a source with new documents again": (
        [rejected(0, STALE_BLOCKS), unchanged(1)],
        [["stale"], ["recovered"]],
    ),
}


@pytest.mark.parametrize("history", HISTORIES)
def test_problems_are_reported_when_they_begin_persist_and_end(history: str):
    runs, expected = HISTORIES[history]
    assert events(*runs) == expected


def test_only_the_events_in_the_settings_are_reported():
    only = AlertSettings(to=("json://localhost",), on=(AlertEvent.REJECTED,))
    runs = failed(0), rejected(1, BLOCKS), published(2)
    assert events(*runs, settings=only) == [[], ["rejected"], []]


@pytest.mark.parametrize(
    ("published_now", "rejected_now", "expected"),
    [(9, 1, []), (8, 2, ["quarantine"]), (0, 1, ["quarantine"]), (0, 0, [])],
)
def test_a_large_share_in_quarantine_is_reported(
    published_now: int, rejected_now: int, expected: list[str]
):
    """The share is that of the documents of this run, not of all that are in quarantine."""
    sums = Accounting(
        listed=100,
        unchanged=50,
        quarantined=40 + rejected_now,
        published=published_now,
        rejected=rejected_now,
    )
    assert events(published(0, accounting=sums)) == [expected]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"complete": True}, []),
        ({"complete": False, "problems": ("no permission",)}, ["warning"]),
        # Rows since a cursor are all that was asked for.
        ({"complete": False, "since": "5"}, []),
    ],
)
def test_an_incomplete_listing_is_reported(changes: dict, expected: list[str]):
    source = SourceSummary(name="docs", path="x", listed=1, filtered=0, **changes)
    assert events(published(0, sources=(source,))) == [expected]


def test_the_message_says_what_happened_and_what_to_do():
    groups = (RejectGroup(stage="parse", reason="encrypted", count=3, examples=()),)
    source = SourceSummary(name="docs", path="x", listed=8, filtered=0, complete=True)
    now = published(
        2,
        check("drift: languages"),
        accounting=Accounting(published=5, rejected=3, chunks_published=7, quarantined=3),
        rejects=groups,
        sources=(source,),
    )
    runs = [now, published(1, kind="backfill"), published(0)]
    message = json.loads(alert(now, runs, EVERYTHING, "http://here/report.html"))
    assert message["title"] == "Vouch: ingest docs: Published, with 1 warning"
    assert message["notify_type"] == "warning"
    assert message["body"].splitlines() == [
        "5 documents and 7 chunks were published, 0 documents removed, 3 documents in quarantine.",
        "",
        "- drift: languages: the finding of drift: languages",
        "  Two documents have the same value of a field that identifies them.",
        "- of 8 documents 3 went to quarantine: encrypted (3)",
        "",
        "What to do (docs/runbook.md):",
        "- warning: see what it means: vouch explain 20260131T020000-abc; if answers are worse, "
        "go back: vouch rollback 20260131T010000-abc",
        "- quarantine: see what is in quarantine, and why: vouch quarantine list",
        "",
        "Run 20260131T020000-abc, report: http://here/report.html",
    ]


def test_a_rejection_says_first_what_rejects_and_what_to_do_on_one_screen():
    names = [f"es/contrato {number}.md" for number in range(3)]
    behind = {
        "examples": tuple(Example(uri=uri, message="es") for uri in names),
        "concerned": 48,
        "figure": 0.49,
        "threshold": 0.25,
    }
    languages = check("drift: languages", REJECT, check_id=CheckId.DRIFT_LANGUAGES)
    warns = [check(f"w{number}") for number in range(9)]
    now = rejected(0, *warns, languages.model_copy(update=behind))
    lines = json.loads(alert(now, [now], EVERYTHING, None))["body"].splitlines()
    assert lines[:6] == [
        "1 check rejects it: drift: languages. Readers see what they saw before.",
        "",
        "- rejects the run: drift: languages: the finding of drift: languages; distance 0.49, "
        "where 0.25 rejects",
        "  Questions in one language may be answered in another.",
        f"  Behind it: {', '.join(names)} and 45 more",
        "- w0: the finding of w0",
    ]
    assert "- and 4 more: w5, w6, w7, w8" in lines
    run_id = now.run_id
    assert lines[-6:-1] == [
        "What to do (docs/runbook.md):",
        f"- rejected: why, what is behind it, and what would allow it: vouch explain {run_id}",
        "- fixed: run it again: vouch ingest",
        f'- meant to be so: agree to it with your name: vouch approve {run_id} --why "…"',
        "",
    ]
    assert len(lines) <= 25


def test_an_alert_names_how_to_look_at_what_was_rejected():
    now = rejected(0, check("drift: chunks", REJECT)).model_copy(update={"staged": ("shard",)})
    lines = json.loads(alert(now, [now], EVERYTHING, None))["body"].splitlines()
    assert (
        "- search what it would publish, before anybody decides: "
        f'vouch search "…" --candidate {now.run_id}'
    ) in lines


def test_a_failure_says_what_it_means_without_the_class_of_its_error():
    now = failed(0, "SourceRefused: there is no folder x")
    body = json.loads(alert(now, [now], EVERYTHING, None))["body"]
    assert body.startswith(
        "- there is no folder x\n  A source could not be read, so nothing of it was changed"
    )
    assert "vouch plan" in body
    assert "SourceRefused" not in body


def test_who_agreed_is_part_of_the_message():
    agreed = Approval(id="a", who="Ana", why="the archive came", at=AT)
    blocks = BLOCKS.model_copy(update={"severity": Severity.WARN, "approval": agreed})
    now = published(0, blocks, approval=agreed)
    message = json.loads(alert(now, [now], EVERYTHING, None))
    assert message["title"].endswith("Published, because a person agreed")
    assert "Published because Ana agreed on 2026-01-31: the archive came" in message["body"]


def test_a_run_that_published_nothing_does_not_advise_a_rollback():
    text = alert(rejected(0, BLOCKS, check("b")), [], EVERYTHING, None)
    assert json.loads(text)["notify_type"] == "failure"
    assert "rollback" not in text


def test_runs_of_other_kinds_and_later_runs_do_not_count():
    now = failed(1)
    runs = [failed(2), now, failed(0).model_copy(update={"kind": "backfill"})]
    assert alert(now, runs, EVERYTHING, None) is not None
    assert alert(failed(3), [failed(3), *runs], EVERYTHING, None) is None


def test_a_recovery_names_the_problems_that_are_over():
    message = json.loads(alert(published(1), [published(1), rejected(0, BLOCKS)], EVERYTHING, None))
    assert message["notify_type"] == "success"
    assert "- over: a" in message["body"].splitlines()
