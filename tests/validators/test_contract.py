"""Contracts of sources: each rule has one owner, and data broken against it fails it."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from vouch.schemas.arrow import DOCUMENTS
from vouch.schemas.contract import FieldContract, SourceContract
from vouch.schemas.run import Outcome, Severity
from vouch.validators.batch.source_suite import run_source_suite
from vouch.validators.rows.source_contract import check_fields, severities, unknown_values

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def documents(*rows: dict) -> pl.DataFrame:
    """Documents rows of source `docs`: what is not given is as it should be; `metadata` as a dictionary."""
    fine = {
        "source": "docs",
        "status": "published",
        "reason": None,
        "title": "A title",
        "author": None,
        "language": "en",
        "media_type": "text/plain",
        "size": 1000,
        "char_count": 500,
        "source_modified_at": NOW - timedelta(hours=1),
    }
    made = []
    for number, row in enumerate(rows):
        pairs = [{"key": key, "value": value} for key, value in row.get("metadata", {}).items()]
        made.append(fine | {"uri": f"{number}.md"} | row | {"metadata": pairs})
    schema = pl.DataFrame(pl.from_arrow(DOCUMENTS.empty_table())).schema
    return pl.DataFrame(made, schema={name: schema[name] for name in [*fine, "uri", "metadata"]})


def contract(**values) -> SourceContract:
    return SourceContract.model_validate(values)


# The rule's setting, a document that holds it, one that breaks it, and the rule's name.
ROW_RULES = [
    ({"languages": ["en", "de"]}, {}, {"language": "es"}, "language is one of en, de"),
    ({"min_chars": 100}, {}, {"char_count": 99}, "text has at least 100 characters"),
    ({"max_chars": 500}, {}, {"char_count": 501}, "text has at most 500 characters"),
    ({"max_mb": 0.001}, {}, {"size": 1001}, "file has at most 0.001 MB"),
    ({"fields": {"title": {"required": True}}}, {}, {"title": None}, "title is there"),
    ({"fields": {"fare": {"required": True}}}, {"metadata": {"fare": "1"}}, {}, "fare is there"),
    (
        {"fields": {"fare": {"type": "number"}}},
        {"metadata": {"fare": " 1.5e3 "}},
        {"metadata": {"fare": "1,5"}},
        "fare is of type number",
    ),
    (
        {"fields": {"fare": {"type": "number"}}},
        {"metadata": {"fare": "-1"}},
        {"metadata": {"fare": "nan"}},
        "fare is of type number",
    ),
    (
        {"fields": {"n": {"type": "integer"}}},
        {"metadata": {"n": "12"}},
        {"metadata": {"n": "1.5"}},
        "n is of type integer",
    ),
    (
        {"fields": {"on": {"type": "boolean"}}},
        {"metadata": {"on": "True"}},
        {"metadata": {"on": "maybe"}},
        "on is of type boolean",
    ),
    (
        {"fields": {"day": {"type": "date"}}},
        {"metadata": {"day": "2026-02-28T10:00:00"}},
        {"metadata": {"day": "2026-02-30"}},
        "day is of type date",
    ),
    (
        {"fields": {"n": {"type": "integer", "min": 3}}},
        {"metadata": {"n": "3"}},
        {"metadata": {"n": "2"}},
        "n is at least 3",
    ),
    (
        {"fields": {"n": {"type": "number", "max": 3}}},
        {"metadata": {"n": "3"}},
        {"metadata": {"n": "3.1"}},
        "n is at most 3",
    ),
    (
        {"fields": {"day": {"type": "date", "min": "2026-01-01"}}},
        {"metadata": {"day": "2026-01-01"}},
        {"metadata": {"day": "2025-12-31"}},
        "day is at least 2026-01-01",
    ),
    (
        {"fields": {"code": {"pattern": "[A-Z]{2}"}}},
        {"metadata": {"code": "AB"}},
        {"metadata": {"code": "ABC"}},
        "code matches [A-Z]{2}",
    ),
    (
        {"fields": {"pay": {"allowed": ["1", "2"]}}},
        {"metadata": {"pay": "2"}},
        {"metadata": {"pay": "3"}},
        "pay is one of 1, 2",
    ),
]


@pytest.mark.parametrize(
    ("setting", "good", "bad", "rule"),
    ROW_RULES,
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_rule_of_one_document_is_held_by_pandera_alone(
    setting: dict, good: dict, bad: dict, rule: str
):
    made = contract(**setting)
    (broken,) = check_fields(documents(good, bad), made)
    assert (broken.index, broken.rule) == (1, rule)
    assert broken.message.startswith(rule)
    assert run_source_suite(documents(good, bad), "docs", made, NOW).checks == ()


SET_RULES = [
    (
        {"fields": {"fare": {"max_missing": 0.4}}},
        [{"metadata": {"fare": "1"}}, {}],
        "docs: share without fare",
        0.5,
    ),
    (
        {"fields": {"fare": {"unique": True}}},
        [{"metadata": {"fare": "1"}}] * 2,
        "docs: fare is unique",
        2,
    ),
    ({"min_documents": 3}, [{}, {}], "docs: published documents", 2),
    ({"max_documents": 1}, [{}, {}], "docs: published documents", 2),
    (
        {"max_age_h": 24},
        [{"source_modified_at": NOW - timedelta(hours=25)}],
        "docs: hours since its newest document",
        25,
    ),
    (
        {"max_quarantine_share": 0.4},
        [{}, {"status": "quarantined", "reason": "malformed"}],
        "docs: quarantined share",
        0.5,
    ),
]


@pytest.mark.parametrize(
    ("setting", "bad", "name", "figure"),
    SET_RULES,
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_rule_of_the_data_set_is_held_by_great_expectations_alone(
    setting: dict, bad: list, name: str, figure: float
):
    made = contract(**setting)
    fine = (
        [{"metadata": {"fare": str(number)}} for number in range(2)]
        if "fields" in setting
        else [{}] * 3
    )
    fine = fine[:1] if "max_documents" in setting else fine
    (passed,) = run_source_suite(documents(*fine), "docs", made, NOW).checks
    assert passed.outcome is Outcome.PASSED, passed
    (failed,) = run_source_suite(documents(*bad), "docs", made, NOW).checks
    assert (failed.name, failed.outcome, failed.figure) == (
        name,
        Outcome.FAILED,
        pytest.approx(figure),
    )
    assert failed.severity is Severity.REJECT
    assert failed.owner == "great_expectations"
    assert severities(made) == {}
    assert check_fields(documents(*bad), made) == []


def test_a_rule_that_only_warns_does_not_reject():
    made = contract(
        max_age_h=1, severity="warn", fields={"title": {"max_missing": 0.0, "severity": "warn"}}
    )
    checks = run_source_suite(
        documents({"title": None, "source_modified_at": NOW - timedelta(days=9)}), "docs", made, NOW
    ).checks
    assert [(check.outcome, check.severity) for check in checks] == [
        (Outcome.FAILED, Severity.WARN)
    ] * 2


def test_what_is_not_there_breaks_only_the_rule_that_it_must_be_there():
    fields = {"n": {"type": "integer", "min": 3, "pattern": "[0-9]", "allowed": ["4"]}}
    assert (
        check_fields(documents({}, {"language": None}), contract(fields=fields, languages=["en"]))
        == []
    )


def test_a_field_may_be_called_anything():
    fields = {
        "a b": {"allowed": ["1"]},
        "age_h": {"max_missing": 0.0},
        "(language)": {"allowed": ["x"]},
    }
    made = contract(fields=fields, max_age_h=2)
    frame = documents({"metadata": {"a b": "1", "age_h": "9", "(language)": "x"}})
    assert check_fields(frame, made) == []
    assert {check.outcome for check in run_source_suite(frame, "docs", made, NOW).checks} == {
        Outcome.PASSED
    }


@pytest.mark.parametrize("mode", ["freeze", "discard_row", "discard_value"])
def test_fields_that_are_not_named_are_told_unless_the_contract_evolves(mode: str):
    fields = {"fare": {"type": "number"}}
    rows = [{"fare": "cheap", "tip": "1"}, {"fare": "1"}, {}, {"tip": "2"}]
    told = unknown_values(rows, contract(fields=fields, on_change=mode))
    assert told == [
        {"tip": "the contract does not name it", "fare": "'cheap' is not of type number"},
        {},
        {},
        {"tip": "the contract does not name it"},
    ]
    assert unknown_values(rows, contract(fields=fields)) == [{}] * 4
    assert unknown_values(rows, contract(on_change=mode)) == [{}] * 4
    assert unknown_values([], contract(fields=fields, on_change=mode)) == []


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ({"pattern": "("}, "no regular expression"),
        ({"pattern": "(?=x)"}, "look-around"),
        ({"min": 3}, "need the type"),
        ({"type": "date", "min": 3}, "are dates"),
        ({"type": "number", "min": "2026-01-01"}, "where the type is date"),
        ({"severity": "ignore"}, "warn"),
    ],
)
def test_a_contract_that_cannot_be_held_is_refused(setting: dict, told: str):
    with pytest.raises(ValidationError, match=told):
        FieldContract.model_validate(setting)


@given(st.text(max_size=40))
def test_any_value_is_checked_and_none_raises(value: str):
    fields = {"v": {"type": "date", "pattern": "[a-z]+", "allowed": ["a"]}}
    try:
        value.encode()
    except UnicodeEncodeError:
        return
    broken = check_fields(documents({"metadata": {"v": value}}), contract(fields=fields))
    assert {one.rule for one in broken} >= {"v is of type date"} or value[:4].strip().isdigit()


def test_an_age_that_nothing_tells_of_says_what_to_set():
    (check,) = run_source_suite(
        documents(*[{"source_modified_at": None}] * 3), "docs", contract(max_age_h=24), NOW
    ).checks
    assert (check.outcome, check.severity, check.figure) == (Outcome.FAILED, Severity.REJECT, None)
    assert "none of its 3 published documents has a source time" in check.message
    assert "set `modified:`" in check.message
    (check,) = run_source_suite(
        documents({"status": "quarantined"}), "docs", contract(max_age_h=24), NOW
    ).checks
    assert (check.outcome, check.message) == (Outcome.FAILED, "no document of it is published")
