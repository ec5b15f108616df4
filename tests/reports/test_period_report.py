"""The report on the runs of a period."""

from datetime import timedelta

from lxml import html

from tests.reports.browser import AT, HOSTILE, PLAIN, full_record
from tests.reports.reading import active_elements, cells, check_of, words
from vouch.reports.period_report import render_period
from vouch.schemas.runs.approval import Approval
from vouch.schemas.runs.record import (
    Check,
    Decision,
    Example,
    Outcome,
    RunRecord,
    Severity,
    Status,
    Verdict,
)

WEEK = timedelta(days=7)


def record_with(*checks: Check) -> RunRecord:
    verdict = Verdict(decision=Decision.WARN, checks=checks)
    return full_record(PLAIN, verdict=verdict, report="somewhere")


def test_persisting_failures_come_first_and_runs_are_linked():
    runs = [
        record_with(check_of("drift: chunks", Outcome.FAILED)),
        record_with(check_of("drift: chunks", Outcome.PASSED), check_of("x", Outcome.FAILED)),
    ]
    page = render_period(runs, AT, AT + WEEK)
    assert [row[:3] for row in cells(page, "failed-checks")] == [
        ["✗ failed", "x", "1 of 1"],
        ["✓ passed", "drift: chunks", "1 of 2"],
    ]
    links = html.document_fromstring(page).xpath("//section[@id='runs']//a/@href")
    assert links == [f"{runs[0].run_id}.html"] * 2


def test_without_runs_it_asks_whether_the_schedule_is_active():
    page = words(render_period([], AT, AT + WEEK))
    assert "No run" in page
    assert "is the schedule active?" in page


def test_a_period_whose_last_run_was_rejected_is_bad():
    runs = [full_record(PLAIN), full_record(PLAIN, status=Status.REJECTED)]
    page = render_period(runs, AT, AT + WEEK)
    assert 'class="verdict bad"' in page
    assert (
        "1 run failed or was rejected and published nothing. The last run was rejected."
    ) in words(page)


def test_rejects_and_stages_are_summed_over_the_runs():
    page = render_period([full_record(PLAIN), full_record(PLAIN)], AT, AT + WEEK)
    assert ["parse", f"{PLAIN} 2", "4"] in cells(page, "rejects")
    assert cells(page, "time") == [
        ["parse", "25 s", "8 documents"],
        ["embed", "25 s", "8 documents"],
    ]


def test_rejected_runs_have_their_first_blocking_check_and_agreements_their_person():
    blocks = check_of("drift: languages", Outcome.FAILED).model_copy(
        update={
            "severity": Severity.REJECT,
            "concerned": 1_235,
            "examples": (Example(uri="es/a.md", message="es"),),
        }
    )
    agreed = Approval(
        id="x", who="Ana", why="bought", at=AT, run_id="r1", checks=("drift_languages@drift",),
        until=AT + WEEK,
    )  # fmt: skip
    warned = blocks.model_copy(update={"severity": Severity.WARN, "approval": agreed})
    runs = [
        record_with(check_of("drift: chunks", Outcome.FAILED), blocks).model_copy(
            update={"status": Status.REJECTED}
        ),
        record_with(warned).model_copy(update={"approval": agreed}),
        record_with(warned),
        full_record(PLAIN, kind="rollback", verdict=None),
    ]
    page = render_period(runs, AT, AT + WEEK)
    assert cells(page, "rejected") == [
        [runs[0].run_id, "drift: languages", "the finding", "es/a.md and 1,234 more", "1"]
    ]
    assert cells(page, "approvals") == [
        ["Ana", "drift_languages@drift", "bought", "r1", "09 January 2026, 03:04"]
    ]
    kinds = [row[1:3] for row in cells(page, "runs")]
    assert kinds == [
        ["↩ rollback", "✓ published"],
        ["ingest", "! published, with warnings"],
        ["ingest", "! published, as agreed"],
        ["ingest", "✗ rejected"],
    ]


def test_hostile_text_is_escaped():
    page = render_period([full_record(HOSTILE)], AT, AT)
    assert active_elements(html.document_fromstring(page)) == []
