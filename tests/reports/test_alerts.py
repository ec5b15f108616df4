"""What people are told of runs: once while the same is wrong, again after a while, and when it is over."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from vouch.reports.alerts import alert, due
from vouch.schemas.choices import AlertEvent
from vouch.schemas.run import (
    Accounting,
    Check,
    Decision,
    Outcome,
    RejectGroup,
    RunRecord,
    Severity,
    SourceSummary,
    Status,
    Verdict,
)
from vouch.schemas.settings import AlertSettings

AT = datetime(2026, 1, 31, tzinfo=UTC)
ALL = AlertSettings(to=("json://localhost",))
FAILED, REJECTED, UNCHANGED = Status.FAILED, Status.REJECTED, Status.UNCHANGED


def check(
    name: str, severity: Severity = Severity.WARN, outcome: Outcome = Outcome.FAILED
) -> Check:
    return Check(
        name=name,
        scope="docs",
        owner="drift",
        severity=severity,
        outcome=outcome,
        message=f"{name} is so",
    )


def record(hour: float, status: Status = Status.PUBLISHED, *checks: Check, **fields) -> RunRecord:
    at = AT + timedelta(hours=hour)
    told = {"verdict": Verdict(decision=Decision.ACCEPT, checks=checks)} if checks else {}
    made = RunRecord(
        run_id=f"{at:%Y%m%dT%H%M%S}-abc",
        status=status,
        started_at=at,
        settings_sha256="",
        code_version="1",
        **told,
    )
    return made.model_copy(update=fields)


def failed(hour: float, error: str = "SourceRefused: no folder") -> RunRecord:
    return record(hour, FAILED, error=error)


def told(*runs: RunRecord, settings: AlertSettings = ALL) -> list[list[str]]:
    """What each run in turn is told of."""
    return [
        [str(one.event) for one in due(list(reversed(runs[: n + 1])), settings)]
        for n in range(len(runs))
    ]


STRICT = Severity.REJECT


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        pytest.param([record(0), record(1, UNCHANGED)], [[], []], id="all well"),
        pytest.param([failed(0), failed(1), failed(2)], [["failed"], [], []], id="the same each hour"),
        pytest.param([failed(h) for h in (0, 23, 24, 47, 48)], [["failed"], [], ["failed"], [], ["failed"]], id="once a day"),
        pytest.param([failed(0), failed(1, "IndexError_: gone")], [["failed"], ["failed"]], id="another error"),
        pytest.param([failed(0, "cut short (killed)"), failed(1, "cut short (out of disk)")], [["failed"], []], id="cut short twice"),
        pytest.param([failed(0), record(1), failed(2)], [["failed"], ["recovered"], ["failed"]], id="over and again"),
        pytest.param([failed(0), record(1, UNCHANGED), record(2)], [["failed"], ["recovered"], []], id="over is told once"),
        pytest.param([record(0, REJECTED, check("a", STRICT)), record(1)], [["rejected"], ["recovered"]], id="rejected, mended"),
        pytest.param([failed(0), record(1, REJECTED, check("a", STRICT)), record(2)], [["failed"], ["rejected"], ["recovered"]], id="both over"),
        pytest.param([record(0, Status.PUBLISHED, check("a")), record(1)], [["warning"], []], id="a warning that is gone"),
        pytest.param([record(0, Status.PUBLISHED, check("a")), record(1, UNCHANGED), record(2, Status.PUBLISHED, check("a"))], [["warning"], [], []], id="nothing to do says nothing of a warning"),
        pytest.param([record(0, Status.PUBLISHED, check("a")), record(1), record(2, Status.PUBLISHED, check("a"))], [["warning"], [], ["warning"]], id="a warning that comes back"),
        pytest.param([record(0, Status.PUBLISHED, check("a")), record(1, Status.PUBLISHED, check("a"), check("b"))], [["warning"], ["warning", "warning"]], id="one more warning"),
        pytest.param([record(0, Status.PUBLISHED, check("a", outcome=Outcome.NOT_CHECKED))], [["warning"]], id="could not be checked"),
        pytest.param([record(0, Status.PUBLISHED, check("a", outcome=Outcome.PASSED))], [[]], id="passed"),
        pytest.param([record(0, UNCHANGED, check("docs: hours since its newest document"))], [["stale"]], id="stale"),
        pytest.param([record(0, REJECTED, check("docs: hours since its newest document", STRICT)), record(1, UNCHANGED)], [["stale"], ["recovered"]], id="fresh again"),
    ],
)  # fmt: skip
def test_when_it_is_told(runs: list[RunRecord], expected: list[list[str]]):
    assert told(*runs) == expected


def test_only_what_was_asked_for_is_told():
    only = AlertSettings(to=("json://localhost",), on=(AlertEvent.REJECTED,))
    assert told(failed(0), record(1, REJECTED, check("a", STRICT)), record(2), settings=only) == [
        [],
        ["rejected"],
        [],
    ]


@pytest.mark.parametrize(
    ("published", "rejected", "expected"),
    [(9, 1, []), (8, 2, ["quarantine"]), (0, 1, ["quarantine"]), (0, 0, [])],
)
def test_much_in_quarantine_is_told(published: int, rejected: int, expected: list[str]):
    """Of what the run brought: what was there before says nothing of it."""
    sums = Accounting(
        listed=100, unchanged=50, quarantined=40 + rejected, published=published, rejected=rejected
    )
    assert told(record(0, accounting=sums)) == [expected]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (SourceSummary(name="docs", path="x", listed=1, filtered=0, complete=True), []),
        (
            SourceSummary(
                name="docs",
                path="x",
                listed=1,
                filtered=0,
                complete=False,
                problems=("no permission",),
            ),
            ["warning"],
        ),
        (SourceSummary(name="docs", path="x", listed=1, filtered=0, complete=False, since="5"), []),
    ],
)
def test_an_incomplete_listing_is_told(source: SourceSummary, expected: list[str]):
    assert told(record(0, sources=(source,))) == [expected]


def test_the_message_says_what_why_what_to_do_and_where():
    groups = (RejectGroup(stage="parse", reason="encrypted", count=3, examples=()),)
    sums = Accounting(published=5, rejected=3, chunks_published=7, quarantined=3)
    source = SourceSummary(name="docs", path="x", listed=8, filtered=0, complete=True)
    now = record(
        2,
        Status.PUBLISHED,
        check("drift: languages"),
        accounting=sums,
        rejects=groups,
        sources=(source,),
    )
    text = alert(now, [now, record(1, kind="backfill"), record(0)], ALL, "http://here/report.html")
    assert text is not None
    message = json.loads(text)
    assert message["title"] == "Vouch: ingest docs: Published, with 1 warning"
    assert message["notify_type"] == "warning"
    assert message["body"].splitlines() == [
        "5 documents and 7 chunks were published, 0 documents removed, 3 documents in quarantine.",
        "",
        "- drift: languages: drift: languages is so",
        "- of 8 documents 3 went to quarantine: encrypted (3)",
        "",
        "What to do (docs/runbook.md):",
        "- warning: look at the report; if answers are worse, go back: vouch rollback 20260131T010000-abc",
        "- quarantine: see what is in quarantine, and why: vouch quarantine list",
        "",
        "Run 20260131T020000-abc, report: http://here/report.html",
    ]


def test_of_what_was_not_published_there_is_nothing_to_go_back_from():
    text = alert(record(0, REJECTED, check("a", STRICT), check("b")), [], ALL, None)
    assert text is not None
    assert json.loads(text)["notify_type"] == "failure"
    assert "rollback" not in text


def test_runs_of_other_kinds_and_later_ones_say_nothing_of_it():
    now = failed(1)
    others = [failed(2), now, failed(0).model_copy(update={"kind": "backfill"})]
    assert alert(now, others, ALL, None) is not None
    assert alert(failed(3), [failed(3), *others], ALL, None) is None


def test_it_is_over_in_green():
    text = alert(record(1), [record(1), failed(0)], ALL, None)
    assert text is not None
    assert json.loads(text)["notify_type"] == "success"
