"""Great Expectations as a library: what its results become."""

import polars as pl

from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import Outcome, Severity
from vouch.validators.batch.expectations import Rule, SuiteResult, run_rules

FRAME = pl.DataFrame({"key": ["a", "a", "b"]})


def unique(column: str) -> Rule:
    return Rule(
        CheckId.CHUNK_ID_UNIQUE, "unique", "chunks", Severity.REJECT, 0,
        "ColumnValuesToBeUnique", {"column": column}, subject=column,
    )  # fmt: skip


def test_an_error_inside_an_expectation_is_not_called_a_failure():
    good, broken = run_rules("chunks", FRAME, [unique("key"), unique("nowhere")]).checks
    assert (good.outcome, good.figure, good.subject) == (Outcome.FAILED, 2, "key")
    assert (broken.outcome, broken.figure) == (Outcome.NOT_CHECKED, None)
    assert '"nowhere" in BatchData does not exist' in broken.message


def test_the_results_for_data_docs_have_the_breaking_values():
    (result,) = run_rules("chunks", FRAME, [unique("key")]).results
    assert (result["suite_name"], result["success"]) == ("chunks", False)
    assert result["results"][0]["result"]["partial_unexpected_list"] == ["a", "a"]


def test_a_figure_of_a_field_called_share_is_still_a_count():
    rule = Rule(
        CheckId.FIELD_UNIQUE, "docs: share is unique", "docs", Severity.REJECT, 0,
        "ColumnValuesToBeUnique", {"column": "key"},
    )  # fmt: skip
    (check,) = run_rules("docs", FRAME, [rule]).checks
    assert (check.figure, check.message) == (2, "2 of 3 docs fail, such as a, a")


def test_no_rules_start_no_library():
    assert run_rules("chunks", FRAME, []) == SuiteResult((), ())
