"""Rules of a source as a whole: Great Expectations reports each, with its figure and severity."""

from datetime import timedelta

import pytest

from tests.validators.source_documents import NOW, contract, documents
from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import Outcome, Severity
from vouch.validators.batch.source_suite import run_source_suite
from vouch.validators.rows.source_contract import check_fields, severities

FARE = {"metadata": {"fare": "1"}}
# The contract, documents that keep the rule, some that break it, and the broken check.
SET_RULES = [
    ({"fields": {"fare": {"max_missing": 0.4}}}, [FARE, FARE], [FARE, {}],
     CheckId.FIELD_MISSING_SHARE, "docs: share without fare", 0.5),
    ({"fields": {"fare": {"unique": True}}}, [FARE, {"metadata": {"fare": "2"}}], [FARE, FARE],
     CheckId.FIELD_UNIQUE, "docs: fare is unique", 2),
    ({"min_documents": 3}, [{}] * 3, [{}] * 2,
     CheckId.SOURCE_DOCUMENTS, "docs: published documents", 2),
    ({"max_documents": 1}, [{}], [{}] * 2,
     CheckId.SOURCE_DOCUMENTS, "docs: published documents", 2),
    ({"max_age_h": 24}, [{}], [{"source_modified_at": NOW - timedelta(hours=25)}],
     CheckId.SOURCE_AGE, "docs: hours since its newest document", 25),
    ({"max_quarantine_share": 0.4}, [{}], [{}, {"status": "quarantined", "reason": "malformed"}],
     CheckId.SOURCE_QUARANTINE_SHARE, "docs: quarantine share", 0.5),
]  # fmt: skip


@pytest.mark.parametrize(
    ("setting", "good", "bad", "check_id", "name", "figure"),
    SET_RULES,
    ids=[f"{next(iter(setting))} {name}" for setting, _, _, _, name, _ in SET_RULES],
)
def test_a_rule_of_the_whole_source_is_checked_here_and_not_by_row(
    setting: dict, good: list, bad: list, check_id: CheckId, name: str, figure: float
):
    rules = contract(**setting)
    (passed,) = run_source_suite(documents(*good), "docs", rules, NOW).checks
    assert passed.outcome is Outcome.PASSED, passed
    (check,) = run_source_suite(documents(*bad), "docs", rules, NOW).checks
    assert (check.id, check.name, check.scope, check.outcome) == (
        check_id, name, "docs", Outcome.FAILED,
    )  # fmt: skip
    assert check.figure == pytest.approx(figure)
    assert (check.severity, check.owner) == (Severity.REJECT, "great_expectations")
    assert check.subject == ("fare" if "fields" in setting else "")
    assert severities(rules) == {}
    assert check_fields(documents(*bad), rules) == []


def test_a_source_that_limits_its_quarantine_counts_what_its_contract_stops():
    stopped = {"status": "quarantined", "reason": "contract"}
    (check,) = run_source_suite(
        documents({}, stopped), "docs", contract(max_quarantine_share=0.4), NOW
    ).checks
    assert (check.outcome, check.figure) == (Outcome.FAILED, 0.5)


def test_rules_that_warn_do_not_reject_and_fields_may_be_called_anything():
    fields = {
        "title": {"max_missing": 0.0, "severity": "warn"},
        "age_h": {"max_missing": 0.0},  # also the name of a column that the suite computes
    }
    rules = contract(max_age_h=1, severity="warn", fields=fields)
    old = {
        "title": None,
        "source_modified_at": NOW - timedelta(days=9),
        "metadata": {"age_h": "0"},
    }
    checks = run_source_suite(documents(old), "docs", rules, NOW).checks
    assert [(check.subject, check.outcome, check.severity) for check in checks] == [
        ("title", Outcome.FAILED, Severity.WARN),
        ("age_h", Outcome.PASSED, Severity.REJECT),
        ("", Outcome.FAILED, Severity.WARN),
    ]


def test_a_source_without_any_time_says_which_setting_gives_it_one():
    rules = contract(max_age_h=24)
    ageless = documents(*[{"source_modified_at": None}] * 3)
    (check,) = run_source_suite(ageless, "docs", rules, NOW).checks
    assert (check.outcome, check.severity, check.figure) == (Outcome.FAILED, Severity.REJECT, None)
    assert "none of its 3 published documents has a source time" in check.message
    assert "set `modified:`" in check.message
    (check,) = run_source_suite(documents({"status": "quarantined"}), "docs", rules, NOW).checks
    assert (check.outcome, check.message) == (
        Outcome.FAILED, "the source has no published document",
    )  # fmt: skip
