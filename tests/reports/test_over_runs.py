"""Reports of two runs and of a period."""

from datetime import timedelta

from lxml import html

from tests.reports.browser import AT, HOSTILE, PLAIN, full_record, history
from vouch.reports.charts import lines
from vouch.reports.comparison_report import render_comparison
from vouch.reports.period_report import render_period
from vouch.schemas.history import Diff, Difference
from vouch.schemas.run import Check, Decision, Outcome, Severity, Status, Verdict


def check(name: str, outcome: Outcome) -> Check:
    return Check(
        name=name,
        scope="chunks",
        owner="drift",
        severity=Severity.WARN,
        outcome=outcome,
        message="found so",
    )


def judged(*checks: Check):
    return full_record(PLAIN, verdict=Verdict(decision=Decision.WARN, checks=checks))


def cells(page: str, section: str) -> list[list[str]]:
    rows = html.document_fromstring(page).xpath(f"//section[@id='{section}']//tbody/tr")
    return [[" ".join(cell.text_content().split()) for cell in row] for row in rows]


def words(page: str) -> str:
    return " ".join(html.document_fromstring(page).text_content().split())


DIFFERENCE = Diff(
    "a",
    "b",
    tuple(Difference("changed", "docs", f"{n}.md", "its content is another") for n in range(50)),
    3,
    2,
    9,
)


def test_two_runs_say_which_checks_turned_and_what_differs():
    before = judged(check("drift: languages", Outcome.PASSED), check("same", Outcome.FAILED))
    after = judged(
        check("drift: languages", Outcome.FAILED),
        check("same", Outcome.FAILED),
        check("new", Outcome.PASSED),
    )
    page = render_comparison(before, after, DIFFERENCE)
    told = "50 documents differ; 3 chunks came, 2 went, 9 stayed. 1 check that passed or was not made fails now."
    assert told in words(page)
    ((name, earlier, later, found),) = cells(page, "turned")
    assert (name, earlier, later) == ("drift: languages", "passed", "✗ failed")
    assert found.endswith("Questions in one language may be answered in another.")
    assert "… and 10 more" in words(page)


def test_figures_that_moved_come_first():
    before = full_record(PLAIN, metrics={"documents": 10.0, "untitled": 0.2, "gone": 1.0})
    after = full_record(PLAIN, metrics={"documents": 10.0, "untitled": 0.25, "new": 2.0})
    assert cells(render_comparison(before, after, None), "figures") == [
        ["untitled", "0.200", "0.250", "+0.050"],
        ["documents", "10", "10", ""],
        ["gone", "1", "–", ""],
        ["new", "–", "2", ""],
    ]


def test_states_that_are_not_kept_are_told():
    assert "is not kept any more" in words(
        render_comparison(full_record(PLAIN), full_record(PLAIN), None)
    )


def test_a_period_says_what_still_fails_and_links_its_runs():
    runs = [
        judged(check("drift: chunks", Outcome.FAILED)),
        judged(check("drift: chunks", Outcome.PASSED), check("x", Outcome.FAILED)),
    ]
    runs = [run.model_copy(update={"report": "somewhere"}) for run in runs]
    page = render_period(runs, AT, AT + timedelta(days=7))
    told = [row[:3] for row in cells(page, "troubles")]
    assert told == [["✗ failed", "x", "1 of 1"], ["✓ passed", "drift: chunks", "1 of 2"]]
    assert (
        html.document_fromstring(page).xpath("//section[@id='runs']//a/@href")
        == [f"{runs[0].run_id}.html"] * 2
    )


def test_a_period_without_runs_asks_whether_the_schedule_is_on():
    page = words(render_period([], AT, AT + timedelta(days=7)))
    assert "No run" in page
    assert "is the schedule on?" in page


def test_a_period_that_ends_badly_is_bad():
    runs = [full_record(PLAIN), full_record(PLAIN, status=Status.REJECTED)]
    page = render_period(runs, AT, AT + timedelta(days=7))
    assert 'class="verdict bad"' in page
    assert (
        "1 run published nothing because something was wrong. The last run was rejected."
        in words(page)
    )


def test_nothing_hostile_runs_in_either():
    hostile = full_record(HOSTILE)
    difference = Diff("a", "b", (Difference("changed", "docs", HOSTILE, HOSTILE),), 1, 1, 1)
    for page in (render_comparison(hostile, hostile, difference), render_period([hostile], AT, AT)):
        tree = html.document_fromstring(page)
        assert (
            tree.xpath(
                "//script | //img | //iframe | //link | //*[@onload or @onerror or @onfocus]"
            )
            == []
        )


def test_lines_need_two_points_and_say_what_they_show():
    assert lines([full_record(PLAIN)]) == []
    found = lines(history(PLAIN))
    assert [line.name for line in found][:2] == ["documents", "chunks"]
    assert (
        'aria-label="documents: from 600 to 604 over 5 runs, between 600 and 604"' in found[0].svg
    )
    assert (found[0].last, found[0].change, found[0].told) == (604, 1, "+1")
