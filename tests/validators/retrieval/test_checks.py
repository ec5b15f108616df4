"""Checks beside the comparison: minimum scores, negative queries, results in other languages."""

from dataclasses import replace
from datetime import date

import pytest

from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import Check, Outcome, Severity
from vouch.schemas.settings.gates import RetrievalSettings
from vouch.validators.retrieval.checks import retrieval_checks
from vouch.validators.retrieval.comparison import Sides, compare
from vouch.validators.retrieval.golden_queries import GoldenQuery
from vouch.validators.retrieval.scoring import Scores, metric_names

NAMES = metric_names(5)
GOLDEN = tuple(
    GoldenQuery(
        id=f"q{n}", query=f"question {n}?", source="docs", uri="a.md", answer="x", tags=("even",)
    )
    if n % 2 == 0
    else GoldenQuery(id=f"q{n}", query=f"question {n}?", source="docs", uri="a.md", answer="x")
    for n in range(20)
)
DATED = {
    "at_least": 0.4,
    "owner": "ada",
    "why": "release 7",
    "until": date(2026, 12, 15),
    "then": 0.6,
}


def scores(answered: int, **fields: object) -> Scores:
    """Return scores of which the first `answered` queries have their answer."""
    values = {query.id: dict.fromkeys(NAMES, float(n < answered)) for n, query in enumerate(GOLDEN)}
    places = {query.id: "hit 7 only, in b.md" for query in GOLDEN[answered:]}
    return Scores(5, values, places=places, searched=frozenset(values), **fields)


def checks(
    sides: Sides, check_id: CheckId, today: date = date(2026, 11, 30), **settings: object
) -> list[Check]:
    chosen = RetrievalSettings.model_validate(settings)
    every_check = retrieval_checks(sides, compare(sides, chosen), chosen, today)
    return [check for check in every_check if check.id is check_id]


@pytest.mark.parametrize(
    ("required", "today", "outcome", "threshold"),
    [
        (0.5, date(2026, 11, 30), Outcome.PASSED, 0.5),
        (0.51, date(2026, 11, 30), Outcome.FAILED, 0.51),
        (DATED, date(2026, 12, 15), Outcome.PASSED, 0.4),
        (DATED, date(2026, 12, 16), Outcome.FAILED, 0.6),
        ({"at_least": 0.51, "metric": "MRR"}, date(2026, 12, 16), Outcome.FAILED, 0.51),
        ({"at_least": 0.5, "metric": "nDCG"}, date(2026, 12, 16), Outcome.PASSED, 0.5),
    ],
)
def test_a_minimum_holds_until_its_day_and_the_next_one_by_itself(
    required: object, today: date, outcome: Outcome, threshold: float
):
    require = {"overall": required}
    (check,) = checks(Sides(GOLDEN, scores(10)), CheckId.GOLDEN_MINIMUM, today, require=require)
    assert (check.outcome, check.threshold, check.figure) == (outcome, threshold, 0.5)
    assert (check.severity, check.subject) == (Severity.REJECT, "overall")
    if required is DATED:
        assert "2026-12-15" in check.message
        assert "agreed by ada: release 7" in check.message


def test_a_minimum_of_a_group_names_the_queries_that_are_not_found():
    sides = Sides(GOLDEN, scores(10))
    (check,) = checks(sides, CheckId.GOLDEN_MINIMUM, require={"tag:Even": 0.9})
    assert (check.subject, check.concerned) == ("tag:even", 5)
    assert check.examples[0].uri == "q10"
    assert check.examples[0].message == "question 10?: hit 7 only, in b.md"
    assert "95 % interval 0.24 to 0.76" in check.message


def test_a_group_that_a_given_file_lacks_is_not_checked():
    sides = Sides(GOLDEN, scores(10))
    assert not checks(sides, CheckId.GOLDEN_MINIMUM, require={"tag:finance": 0.9})


NEGATIVE = GoldenQuery(id="n", query="who is paid what?", not_from=("salaries/",))


@pytest.mark.parametrize(
    ("breaches", "negatives", "expected"),
    [
        ({}, "reject", (Severity.REJECT, Outcome.PASSED)),
        ({"n": "hit 1 is from salaries/a.md"}, "reject", (Severity.REJECT, Outcome.FAILED)),
        ({"n": "hit 1 is from salaries/a.md"}, "warn", (Severity.WARN, Outcome.FAILED)),
    ],
)
def test_a_negative_query_that_is_answered_rejects_unless_the_settings_say_otherwise(
    breaches: dict[str, str], negatives: str, expected: tuple[Severity, Outcome]
):
    candidate = scores(20, breaches=breaches)
    sides = Sides((*GOLDEN, NEGATIVE), candidate, scores(20))
    (check,) = checks(sides, CheckId.GOLDEN_NEGATIVE, negatives=negatives)
    assert (check.severity, check.outcome) == expected
    assert [example.message for example in check.examples] == [
        f"who is paid what?: {message}" for message in breaches.values()
    ]
    assert not checks(sides, CheckId.GOLDEN_NEGATIVE, negatives="off")


def test_what_was_added_on_a_page_is_seen_and_stops_nothing_by_itself():
    judged = NEGATIVE.model_copy(update={"id": "judged", "tags": ("feedback",)})
    message = "hit 1 is from salaries/a.md"
    for breaches, severity in (
        ({"judged": message}, Severity.WARN),
        ({"judged": message, "n": message}, Severity.REJECT),
        ({}, Severity.REJECT),
    ):
        sides = Sides((*GOLDEN, NEGATIVE, judged), scores(20, breaches=breaches), scores(20))
        (check,) = checks(sides, CheckId.GOLDEN_NEGATIVE)
        assert (check.severity, check.concerned) == (severity, len(breaches) or None)


def leaking(share: float) -> Scores:
    ids = [query.id for query in GOLDEN]
    return scores(20, leaks=dict.fromkeys(ids, share), languages=dict.fromkeys(ids, "en"))


@pytest.mark.parametrize(
    ("before", "after", "largest", "expected"),
    [
        (0.0, 0.0, None, (Severity.WARN, Outcome.PASSED)),
        (0.3, 0.3, None, (Severity.WARN, Outcome.PASSED)),
        (0.0, 0.02, None, (Severity.WARN, Outcome.PASSED)),
        (0.0, 0.2, None, (Severity.WARN, Outcome.FAILED)),
        (0.3, 0.3, 0.2, (Severity.REJECT, Outcome.FAILED)),
        (0.3, 0.1, 0.2, (Severity.WARN, Outcome.PASSED)),
        (None, 0.3, 0.2, (Severity.REJECT, Outcome.FAILED)),
    ],
)
def test_more_results_in_another_language_warn_and_too_many_reject(
    before: float | None,
    after: float,
    largest: float | None,
    expected: tuple[Severity, Outcome],
):
    sides = Sides(GOLDEN, leaking(after))
    if before is not None:
        sides = replace(sides, published=leaking(before))
    (check,) = checks(sides, CheckId.LANGUAGE_LEAK, max_language_leak=largest)
    assert (check.severity, check.outcome) == expected
    assert check.figure == after
    assert check.concerned == (20 if expected[1] is Outcome.FAILED else None)


def test_a_record_has_leaks_by_language_and_breaches_of_both_sides():
    candidate = replace(leaking(0.2), breaches={"n": "hit 1 is from salaries/a.md"})
    candidate.languages["q0"] = "de"
    published = replace(leaking(0.0), searched=frozenset([*candidate.by_query, "n"]))
    retrieval = compare(Sides((*GOLDEN, NEGATIVE), candidate, published), RetrievalSettings())
    assert [(leak.language, leak.queries) for leak in retrieval.leaks] == [
        ("overall", 20),
        ("de", 1),
        ("en", 19),
    ]
    assert (retrieval.leaks[0].published, retrieval.leaks[0].candidate) == (0, 0.2)
    (breach,) = retrieval.breaches
    assert (breach.id, breach.published) == ("n", False)
