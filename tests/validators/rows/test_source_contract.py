"""Row rules of a source's contract: Pandera reports each broken rule, and only that rule."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.validators.source_documents import NOW, contract, documents
from vouch.schemas.runs.check_ids import CheckId, id_of_old_rule
from vouch.schemas.settings.source_contract import FieldContract, OnBreak
from vouch.validators.batch.source_suite import run_source_suite
from vouch.validators.rows.source_contract import check_fields, severities, unknown_values


def field(name: str, value: str) -> dict:
    return {"metadata": {name: value}}


# The contract, a document that keeps the rule, one that breaks it, and the rule's name.
ROW_RULES = [
    ({"languages": ["en", "de"]}, {}, {"language": "es"}, "language is one of en, de"),
    ({"min_chars": 100}, {}, {"char_count": 99}, "text has at least 100 characters"),
    ({"max_chars": 500}, {}, {"char_count": 501}, "text has at most 500 characters"),
    ({"max_mb": 0.001}, {}, {"size": 1001}, "file has at most 0.001 MB"),
    ({"fields": {"title": {"required": True}}}, {}, {"title": None}, "title is there"),
    ({"fields": {"fare": {"required": True}}}, field("fare", "1"), {}, "fare is there"),
    ({"fields": {"fare": {"type": "number"}}},
     field("fare", " 1.5e3 "), field("fare", "1,5"), "fare is of type number"),
    ({"fields": {"fare": {"type": "number"}}},
     field("fare", "-1"), field("fare", "nan"), "fare is of type number"),
    ({"fields": {"n": {"type": "integer"}}},
     field("n", "12"), field("n", "1.5"), "n is of type integer"),
    ({"fields": {"on": {"type": "boolean"}}},
     field("on", "True"), field("on", "maybe"), "on is of type boolean"),
    ({"fields": {"day": {"type": "date"}}},
     field("day", "2026-02-28T10:00:00"), field("day", "2026-02-30"), "day is of type date"),
    ({"fields": {"n": {"type": "integer", "min": 3}}},
     field("n", "3"), field("n", "2"), "n is at least 3"),
    ({"fields": {"n": {"type": "number", "max": 3}}},
     field("n", "3"), field("n", "3.1"), "n is at most 3"),
    ({"fields": {"day": {"type": "date", "min": "2026-01-01"}}},
     field("day", "2026-01-01"), field("day", "2025-12-31"), "day is at least 2026-01-01"),
    ({"fields": {"code": {"pattern": "[A-Z]{2}"}}},
     field("code", "AB"), field("code", "ABC"), "code matches [A-Z]{2}"),
    ({"fields": {"pay": {"allowed": ["1", "2"]}}},
     field("pay", "2"), field("pay", "3"), "pay is one of 1, 2"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("setting", "good", "bad", "rule"), ROW_RULES, ids=[rule for _, _, _, rule in ROW_RULES]
)
def test_a_broken_row_rule_is_reported_alone_and_is_no_rule_of_the_data_set(
    setting: dict, good: dict, bad: dict, rule: str
):
    rules = contract(**setting)
    (broken,) = check_fields(documents(good, bad), rules)
    assert (broken.index, broken.rule) == (1, rule)
    assert broken.message.startswith(rule)
    # The same id and subject as a record of 0.5.0 gets from its rule's name.
    assert (broken.id, broken.subject) == id_of_old_rule(rule)
    assert broken.id is not CheckId.UNKNOWN
    assert run_source_suite(documents(good, bad), "docs", rules, NOW).checks == ()


def test_each_rule_has_the_severity_of_its_field_or_contract():
    rules = contract(min_chars=5, severity="warn", fields={"title": {"required": True}})
    assert severities(rules) == {
        "text has at least 5 characters": OnBreak.WARN,
        "title is there": contract().fields.get("title", FieldContract()).severity,
    }


def test_a_missing_value_breaks_only_the_rule_that_it_must_be_there():
    fields = {"n": {"type": "integer", "min": 3, "pattern": "[0-9]", "allowed": ["4"]}}
    rules = contract(fields=fields, languages=["en"])
    assert check_fields(documents({}, {"language": None}), rules) == []


def test_a_field_may_be_called_like_a_column_of_the_frame():
    fields = {"a b": {"allowed": ["1"]}, "(language)": {"allowed": ["x"]}}
    rows = documents({"metadata": {"a b": "1", "(language)": "x"}})
    assert check_fields(rows, contract(fields=fields, languages=["en"])) == []


@pytest.mark.parametrize("mode", ["freeze", "discard_row", "discard_value"])
def test_fields_that_a_contract_does_not_allow_are_reported_unless_it_evolves(mode: str):
    fields = {"fare": {"type": "number"}}
    rows = [{"fare": ["cheap"], "tip": ["1"]}, {"fare": ["1"]}, {}, {"tip": ["2"]}]
    assert unknown_values(rows, contract(fields=fields, on_change=mode)) == [
        {"tip": "the contract does not name it", "fare": "'cheap' is not of type number"},
        {},
        {},
        {"tip": "the contract does not name it"},
    ]
    assert unknown_values(rows, contract(fields=fields)) == [{}] * 4
    assert unknown_values(rows, contract(on_change=mode)) == [{}] * 4
    assert unknown_values([], contract(fields=fields, on_change=mode)) == []


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"pattern": "("}, "no regular expression"),
        ({"pattern": "(?=x)"}, "look-around"),
        ({"min": 3}, "need the type"),
        ({"type": "date", "min": 3}, "are dates"),
        ({"type": "number", "min": "2026-01-01"}, "the type must be date"),
        ({"severity": "ignore"}, "warn"),
    ],
)
def test_a_contract_that_cannot_be_checked_is_refused(setting: dict, message: str):
    with pytest.raises(ValidationError, match=message):
        FieldContract.model_validate(setting)


# All values in one frame: Pandera takes some ten milliseconds for each, whatever its size.
@settings(max_examples=15)
@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=40), min_size=1, max_size=20))
def test_any_value_is_checked_and_none_raises(values: list[str]):
    fields = {"v": {"type": "date", "pattern": "[a-z]+", "allowed": ["a"]}}
    rows = documents(*({"metadata": {"v": value}} for value in values))
    broken = check_fields(rows, contract(fields=fields))
    no_dates = {entry.index for entry in broken if entry.rule == "v is of type date"}
    assert all(
        index in no_dates or value[:4].strip().isdigit() for index, value in enumerate(values)
    )
