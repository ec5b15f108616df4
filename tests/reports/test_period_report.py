"""The report on the runs of a period."""

from datetime import timedelta

from lxml import html

from tests.reports.browser import AT, HOSTILE, PLAIN, full_record
from tests.reports.reading import active_elements, cells, check_of, words
from vouch.reports.period_report import render_period
from vouch.schemas.runs.record import Check, Decision, Outcome, RunRecord, Status, Verdict

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


def test_hostile_text_is_escaped():
    page = render_period([full_record(HOSTILE)], AT, AT)
    assert active_elements(html.document_fromstring(page)) == []
