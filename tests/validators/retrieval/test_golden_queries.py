"""Golden queries: which hits are relevant, and how answers that are not indexed count."""

from dataclasses import dataclass
from statistics import fmean

import pytest

from vouch.schemas.errors import SettingsError
from vouch.validators.retrieval.golden_queries import GoldenQuery, load_golden, locate
from vouch.validators.retrieval.scoring import Scores, metric_names, score

TEXT = "Alpha beta gamma.\n\nThe rent is due\non the first day of the month.\n\nOmega."


@dataclass(frozen=True)
class Hit:
    source: str
    uri: str
    char_start: int
    char_end: int
    language: str | None = None
    text: str = ""


def means(scores: Scores) -> dict[str, float]:
    """Return the mean of each metric."""
    names = metric_names(scores.k)
    return {name: fmean(scores.value(key, name) for key in scores.by_query) for name in names}


def query(identity: str = "q1", answer: str = "The rent is due on the first day") -> GoldenQuery:
    return GoldenQuery(id=identity, query="when?", source="docs", uri="a.md", answer=answer)


((START, END),) = locate("The rent is due on the first day", TEXT)
RIGHT = Hit("docs", "a.md", START, END)
WRONG = Hit("docs", "b.md", START, END)


@pytest.mark.parametrize(
    ("hits", "recall", "mrr", "span"),
    [
        ([RIGHT], 1.0, 1.0, 1.0),
        ([WRONG, RIGHT], 1.0, 0.5, 1.0),
        ([WRONG] * 5 + [RIGHT], 0.0, 1 / 6, 0.0),
        ([WRONG] * 3, 0.0, 0.0, 0.0),
        ([], 0.0, 0.0, 0.0),
        ([Hit("docs", "a.md", 0, START + (END - START) // 4)], 0.0, 0.0, 0.25),
    ],
)
def test_the_metrics_of_a_query(hits: list[Hit], recall: float, mrr: float, span: float):
    scores = score([query()], {("docs", "a.md"): TEXT}, lambda _: hits)
    assert means(scores)["recall@5"] == recall
    assert means(scores)["MRR"] == pytest.approx(mrr)
    assert means(scores)["span recall@5"] == pytest.approx(span, abs=0.02)
    assert scores.misses == (() if recall else ("q1",))


def test_an_answer_that_is_not_indexed_is_listed_and_not_found():
    scores = score([query(), query("q2", "not there")], {("docs", "a.md"): TEXT}, lambda _: [RIGHT])
    assert means(scores)["recall@5"] == 0.5
    assert scores.unlocated == ("q2",)


def test_answers_are_located_whatever_the_white_space():
    assert TEXT[START:END] == "The rent is due\non the first day"
    assert locate("(not (a regex", "x (not (a regex y") == [(2, 15)]
    assert locate("  ", TEXT) == []


def test_a_repeated_answer_may_be_found_at_any_place():
    text = f"{TEXT}\n\n{TEXT}"
    again = locate("The rent is due on the first day", text)[1]
    scores = score([query()], {("docs", "a.md"): text}, lambda _: [Hit("docs", "a.md", *again)])
    assert means(scores)["recall@5"] == means(scores)["span recall@5"] == 1.0


def test_a_query_without_hits_lowers_the_mean():
    hits = {"when?": [RIGHT], "who?": []}
    unanswered = query("q2").model_copy(update={"query": "who?"})
    scores = score(
        [query(), unanswered], {("docs", "a.md"): TEXT}, lambda golden: hits[golden.query]
    )
    expected = {**dict.fromkeys(metric_names(5), 0.5), "precision@5": 0.1}
    assert means(scores) == pytest.approx(expected)
    assert scores.misses == ("q2",)


def test_only_newlines_end_a_line():
    (read,) = load_golden(query(answer="one\u2028two\u0085three").model_dump_json() + "\r\n")
    assert read.answer == "one\u2028two\u0085three"


@pytest.mark.parametrize(
    "line",
    [
        query().model_dump_json(),
        "{",
        '{"id": "q"}',
        '{"id": "q", "query": "q", "source": "s", "uri": "u", "answer": "a", "x": 1}',
    ],
)
def test_an_invalid_line_is_named(line: str):
    good = query().model_dump_json()
    with pytest.raises(SettingsError, match="golden queries, line 3"):
        load_golden(f"{good}\n\n{line}\n")
