"""Line charts of the runs' figures."""

from tests.reports.browser import PLAIN, full_record, history
from vouch.reports.charts import lines


def test_one_run_has_no_lines():
    assert lines([full_record(PLAIN)]) == []


def test_a_line_shows_the_last_change_and_describes_itself_in_words():
    drawn = lines(history(PLAIN))
    assert [line.name for line in drawn][:2] == ["documents", "chunks"]
    description = "documents: from 600 to 604 over 5 runs, between 600 and 604"
    assert f'aria-label="{description}"' in drawn[0].svg
    assert (drawn[0].last, drawn[0].change, drawn[0].label) == (604, 1, "+1")


def test_figures_that_did_not_change_come_last():
    runs = [
        full_record(PLAIN, metrics={"documents": 7.0, "untitled": share, "zero": 0.0})
        for share in (0.1, 0.2)
    ]
    assert [line.name for line in lines(runs)][:1] == ["untitled"]
    assert "zero" not in [line.name for line in lines(runs)]
