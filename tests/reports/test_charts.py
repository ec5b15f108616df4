"""Line charts of the runs' figures."""

from tests.reports.browser import PLAIN, full_record, history
from vouch.reports.charts import grouped_lines, lines


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


def test_the_report_on_a_period_has_every_figure_grouped_also_those_that_are_flat():
    figures = {
        "golden recall@5": 0.9,
        "golden MRR": 0.7,
        "golden recall@5 tag:finance and tax": 0.5,
        "golden span recall@5 language:en": 0.5,
        "documents": 3.0,
        "left_out": 0.0,
        "language en": 1.0,
        "docs: untitled": 0.25,
        "a: b": 1.0,
    }
    runs = [full_record(PLAIN, metrics=figures), full_record(PLAIN, metrics=figures | {"new": 1.0})]
    groups = {
        group.title: [line.name for line in group.lines] for group in grouped_lines(runs, ["docs"])
    }
    assert groups == {
        "Golden queries": ["recall@5", "MRR"],
        "Golden queries by language": ["en: span recall@5"],
        "Golden queries by tag": ["finance and tax: recall@5"],
        "Size": ["documents"],
        "Shares": ["left out", "a: b", "new"],
        "Languages, as shares of chunks": ["en"],
        "Time": ["seconds"],
        "Source docs": ["untitled"],
    }
    shown = sum(len(lines) for lines in groups.values())
    assert shown == len(figures) + 2
    (new,) = [
        line
        for group in grouped_lines(runs, ["docs"])
        for line in group.lines
        if line.name == "new"
    ]
    assert (new.last, new.shown, new.change) == (1.0, "100.0%", 0.0)
    assert "over 1 run," in new.svg


def test_groups_of_golden_queries_do_not_crowd_out_the_figures_of_a_run():
    figures = {"documents": 3.0, "golden recall@5": 0.5, "golden recall@5 tag:finance": 0.5}
    drawn = lines([full_record(PLAIN, metrics=figures)] * 2)
    assert {line.name for line in drawn} == {"documents", "golden recall@5", "seconds"}


def test_runs_without_figures_have_no_trends():
    assert grouped_lines([full_record(PLAIN, metrics={})], []) == []
