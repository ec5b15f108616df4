"""The report that compares two runs."""

from lxml import html

from tests.reports.browser import HOSTILE, PLAIN, full_record
from tests.reports.reading import active_elements, cells, check_of, words
from vouch.reports.comparison_report import render_comparison
from vouch.schemas.runs.history import Diff, Difference
from vouch.schemas.runs.record import Check, Decision, Outcome, RunRecord, Verdict

PASSED, FAILED = Outcome.PASSED, Outcome.FAILED


def record_with(*checks: Check) -> RunRecord:
    return full_record(PLAIN, verdict=Verdict(decision=Decision.WARN, checks=checks))


def difference(text: str, count: int) -> Diff:
    documents = [Difference("changed", "docs", f"{text} {n}", text) for n in range(count)]
    return Diff("a", "b", tuple(documents), 3, 2, 9)


def test_it_shows_changed_checks_and_differing_documents():
    before = record_with(check_of("drift: languages", PASSED), check_of("same", FAILED))
    after = record_with(
        check_of("drift: languages", FAILED),
        check_of("same", FAILED),
        check_of("new and passed", PASSED),
    )
    page = render_comparison(before, after, difference("a.md", 50))
    assert (
        "50 documents differ; 3 chunks added, 2 removed, 9 kept. "
        "1 check that passed or did not exist before fails now."
    ) in words(page)
    ((name, earlier, later, finding),) = cells(page, "changed-checks")
    assert (name, earlier, later) == ("drift: languages", "passed", "✗ failed")
    assert finding.endswith("Questions in one language may be answered in another.")
    assert "… and 10 more" in words(page)


def test_changed_figures_come_first():
    before = full_record(PLAIN, metrics={"documents": 10.0, "untitled": 0.2, "gone": 1.0})
    after = full_record(PLAIN, metrics={"documents": 10.0, "untitled": 0.25, "new": 2.0})
    assert cells(render_comparison(before, after, None), "figures") == [
        ["untitled", "0.200", "0.250", "+0.050"],
        ["documents", "10", "10", ""],
        ["gone", "1", "–", ""],
        ["new", "–", "2", ""],
    ]


def test_it_says_that_a_state_is_no_longer_kept():
    page = words(render_comparison(full_record(PLAIN), full_record(PLAIN), None))
    assert "One of the two states is no longer kept" in page


def test_hostile_text_is_escaped():
    record = full_record(HOSTILE)
    page = render_comparison(record, record, difference(HOSTILE, 1))
    assert active_elements(html.document_fromstring(page)) == []
