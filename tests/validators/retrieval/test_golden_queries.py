"""Golden queries: which hits are relevant, and how answers that are not indexed count."""

import json
from dataclasses import dataclass
from statistics import fmean

import pytest

from vouch.schemas.errors import SettingsError
from vouch.validators.retrieval.golden_queries import (
    Forbidden,
    GoldenQuery,
    Relevant,
    load_golden,
    locate,
)
from vouch.validators.retrieval.negatives import shared_wording
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
    copies: tuple["Hit", ...] = ()

    @property
    def places(self) -> tuple["Hit", ...]:
        return (self, *self.copies)


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


def test_a_team_keeps_tags_owner_importance_and_several_answers():
    line = {
        "id": "q",
        "query": "when?",
        "tags": ["  Finance ", "safety"],
        "owner": "ada",
        "importance": 3,
        "relevant": [
            {"source": "docs", "uri": "a.md", "answer": "one", "grade": 2},
            {"source": "docs", "uri": "b.md"},
        ],
        "not_from": ["drafts/", {"source": "old", "answer": "two"}],
    }
    (read,) = load_golden(json.dumps(line))
    assert read.tags == ("finance", "safety")
    assert [(each.uri, each.answer, each.grade) for each in read.answers] == [
        ("a.md", "one", 2),
        ("b.md", None, 1),
    ]
    assert read.not_from == (Forbidden(uri="drafts/"), Forbidden(source="old", answer="two"))
    (again,) = load_golden(read.model_dump_json(exclude_defaults=True))
    assert again == read
    assert again.digest == read.digest


WHOLE = Hit("docs", "b.md", 0, 50)


@pytest.mark.parametrize(
    ("hits", "expected"),
    [
        ([RIGHT, WHOLE], {"recall@5": 1, "precision@5": 0.4, "MRR": 1, "nDCG@10": 1}),
        ([WHOLE, RIGHT], {"recall@5": 1, "MRR": 1, "nDCG@10": 0.86}),
        ([WHOLE, WHOLE], {"recall@5": 0.5, "success@5": 1, "span recall@5": 0.5}),
        ([RIGHT, RIGHT], {"recall@5": 0.5, "precision@5": 0.4}),
        ([], {"recall@5": 0, "success@5": 0}),
    ],
)
def test_several_answers_are_found_by_their_grades(hits: list[Hit], expected: dict[str, float]):
    several = query().model_copy(
        update={
            "source": "",
            "uri": "",
            "answer": "",
            "relevant": (
                Relevant(source="docs", uri="a.md", answer=query().answer, grade=2),
                Relevant(source="docs", uri="b.md"),
            ),
        }
    )
    texts = {("docs", "a.md"): TEXT, ("docs", "b.md"): "x" * 50}
    metrics = score([several], texts, lambda _: hits).by_query["q1"]
    assert metrics is not None
    assert {name: metrics[name] for name in expected} == pytest.approx(expected, abs=0.005)


def test_answers_that_one_hit_has_together_are_found_together():
    both = query().model_copy(
        update={"relevant": (Relevant(source="docs", uri="a.md", answer="first day"),)}
    )
    metrics = score([both], {("docs", "a.md"): TEXT}, lambda _: [WRONG, RIGHT]).by_query["q1"]
    assert metrics is not None
    assert (metrics["recall@5"], metrics["MRR"]) == (1, 0.5)
    assert metrics["nDCG@10"] == pytest.approx(0.631, abs=0.001)


SALARIES = "The board is paid a hundred thousand a year, and nobody else is."


@pytest.mark.parametrize(
    ("fields", "uri", "failure"),
    [
        ({"not_from": ["salaries/"]}, "hr/salaries/board.md", "hit 1 is from hr/salaries/board.md"),
        ({"not_from": ["/salaries/"]}, "hr/salaries/board.md", None),
        ({"not_from": ["*.md"]}, "hr/board.md", "hit 1 is from hr/board.md"),
        ({"not_from": [{"source": "docs"}]}, "a.md", "hit 1 is from a.md"),
        ({"not_from": [{"source": "other"}]}, "a.md", None),
        ({"not_from": [{"answer": "a  hundred thousand"}]}, "a.md", "hit 1 is from a.md"),
        ({"not_from": [{"answer": "two hundred"}]}, "a.md", None),
        ({"absent": True, "query": "where does the committee meet?"}, "a.md", None),
        (
            {"absent": True, "query": "is the board paid a hundred thousand?"},
            "a.md",
            "hit 1, from a.md, has 100% of the question's wording (at most 70%)",
        ),
        (
            {"absent": True, "query": "is the board paid well?", "max_wording": 0.2},
            "a.md",
            "hit 1, from a.md, has 75% of the question's wording (at most 20%)",
        ),
    ],
)
def test_negative_queries_fail_by_what_is_among_the_first_hits(
    fields: dict[str, object], uri: str, failure: str | None
):
    negative = GoldenQuery.model_validate({"id": "n", "query": "who?", **fields})
    hit = Hit("docs", uri, 0, len(SALARIES), "en", SALARIES)
    scores = score([negative], {}, lambda _: [hit])
    assert scores.breaches.get("n") == failure
    assert scores.by_query == {}
    # Beyond the first k nothing counts.
    filler = [Hit("notes", "filler.txt", 0, 9)] * 5
    assert not score([negative], {}, lambda _: [*filler, hit]).breaches


def test_chinese_questions_have_a_wording_too():
    assert shared_wording("谁批准了年度预算", "委员会星期二批准了年度预算。") > 0.7
    assert shared_wording("谁批准了年度预算", "他们去了海边。") == 0
    assert shared_wording("?", "?") == 0


def test_hits_in_another_language_are_counted_where_both_languages_are_known():
    hits = [Hit("docs", "a.md", 0, 9, language) for language in ("en", "de", None, "en", "de")]
    german = query("q1").model_copy(update={"language": "de-CH"})
    detected = query("q2").model_copy(update={"query": "When does the committee meet again?"})
    unknown = query("q3").model_copy(update={"query": "?"})
    scores = score([german, detected, unknown], {}, lambda _: hits)
    assert scores.languages == {"q1": "de", "q2": "en"}
    assert scores.leaks == {"q1": 0.5, "q2": 0.5}


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({}, "source, uri and answer are missing"),
        ({"uri": "a", "answer": "b"}, "source is missing"),
        ({"source": "docs", "uri": "a"}, "answer is missing"),
        ({"absent": True, "relevant": [{"source": "s", "uri": "u"}]}, "has no answer"),
        ({"not_from": ["a"], "max_wording": 0.5}, "max_wording is about"),
        ({"absent": True, "tags": ["a,b"]}, "tags.0: a tag is one to 60 characters"),
        ({"absent": True, "importance": 0}, "importance"),
        ({"relevant": [{"source": "s", "uri": "u", "grade": 0}]}, "relevant.0.grade"),
        ({"not_from": [{"url": "x"}]}, "not_from.0.url"),
    ],
)
def test_a_query_that_is_wrong_is_refused_with_line_and_key(
    fields: dict[str, object], problem: str
):
    with pytest.raises(SettingsError, match="golden queries, line 1: ") as caught:
        load_golden(json.dumps({"id": "q", "query": "when?", **fields}))
    assert problem in str(caught.value)


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
