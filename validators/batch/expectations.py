"""What Great Expectations is asked, and what it answers: rules with their checks, and its own results for Data Docs."""

import json
import logging
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from vouch.schemas.run import Check, Outcome, Severity

if TYPE_CHECKING:
    from great_expectations.core.expectation_validation_result import ExpectationValidationResult
    from great_expectations.expectations.expectation import Expectation

OWNER = "great_expectations"


@dataclass(frozen=True, slots=True)
class Rule:
    """An expectation of one frame: documents, published, chunks, or a source's.

    `threshold` is what the figure is held against, `wanted` says it in words; `without` is said where there is no figure.
    """

    name: str
    scope: str
    severity: Severity
    threshold: float | None
    expectation: "Expectation"
    wanted: str = ""
    without: str = ""


@dataclass(frozen=True, slots=True)
class Audited:
    """The checks, and Great Expectations' validation results as its `to_json_dict` gives them, in types of JSON alone.

    A result's `suite_name` is its scope; for a broken expectation it holds up to 20 of the values that broke it.
    """

    checks: tuple[Check, ...]
    results: tuple[dict[str, Any], ...]

    @classmethod
    def all_of(cls, parts: Iterable["Audited"]) -> "Audited":
        """Several as one."""
        parts = list(parts)
        checks = tuple(check for part in parts for check in part.checks)
        return cls(checks, tuple(result for part in parts for result in part.results))


def run_rules(scope: str, frame: pl.DataFrame, rules: Sequence[Rule]) -> Audited:
    """Each rule's check over the frame."""
    if not rules:
        return Audited((), ())
    found = _validated(scope, frame, rules)
    checks = tuple(_check(rule, result) for rule, result in zip(rules, found, strict=True))
    return Audited(checks, (_suite_result(scope, found),))


def _validated(
    scope: str, frame: pl.DataFrame, rules: Sequence[Rule]
) -> list["ExpectationValidationResult"]:
    import great_expectations as gx

    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own deprecations are not the person's business
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        asset = context.data_sources.add_pandas(scope).add_dataframe_asset(scope)
        whole = asset.add_batch_definition_whole_dataframe(scope)

        def validated(rule: Rule) -> "ExpectationValidationResult":
            # With its own columns alone, because Great Expectations copies what it looks at.
            batch = whole.get_batch({"dataframe": frame.select(_columns(rule, frame)).to_pandas()})
            return batch.validate(rule.expectation, result_format="SUMMARY")

        return [validated(rule) for rule in rules]


def _columns(rule: Rule, frame: pl.DataFrame) -> list[str]:
    """The columns that its expectation names, of those that are there; all of them where there is none such."""
    named = [getattr(rule.expectation, name, None) for name in ("column", "column_A", "column_B")]
    return [name for name in named if name in frame.columns] or frame.columns


def _suite_result(scope: str, results: Sequence["ExpectationValidationResult"]) -> dict[str, Any]:
    import great_expectations as gx
    from great_expectations.core import ExpectationSuiteValidationResult
    from great_expectations.validator.validation_statistics import calc_validation_statistics

    figures = calc_validation_statistics(list(results))._asdict()
    result = ExpectationSuiteValidationResult(
        success=bool(figures.pop("success")),
        results=list(results),
        suite_name=scope,
        statistics=figures,
        meta={"great_expectations_version": gx.__version__},
    )
    plain: dict[str, Any] = json.loads(
        json.dumps(result.to_json_dict(), default=lambda number: number.item())
    )  # numpy's
    return plain


def _check(rule: Rule, result: "ExpectationValidationResult") -> Check:
    raised = [info for info in _exceptions(result) if info.get("raised_exception")]
    outcome = (
        Outcome.NOT_CHECKED if raised else Outcome.PASSED if result.success else Outcome.FAILED
    )
    figure = None if raised else _figure(rule, result.result)
    message = (
        f"could not be checked: {raised[0].get('exception_message')}"
        if raised
        else _message(rule, result.result, figure)
    )
    return Check(
        name=rule.name,
        scope=rule.scope,
        owner=OWNER,
        severity=rule.severity,
        outcome=outcome,
        figure=figure,
        threshold=rule.threshold,
        message=message,
    )


def _exceptions(result: "ExpectationValidationResult") -> list[dict[str, Any]]:
    """An exception inside an expectation comes as a result; with one entry, or with one for each metric."""
    info = result.exception_info or {}
    return (
        [info]
        if "raised_exception" in info
        else [one for one in info.values() if isinstance(one, dict)]
    )


def _figure(rule: Rule, result: dict[str, Any]) -> float | None:
    """A share of the rows where the rule is about one, else a number."""
    if "observed_value" in result:
        value = result["observed_value"]
        return None if value is None else float(value)
    count = float(result.get("unexpected_count") or 0)
    rows = float(result.get("element_count") or 0)
    return (count / rows if rows else 0.0) if "share" in rule.name else count


def _message(rule: Rule, result: dict[str, Any], figure: float | None) -> str:
    if figure is None or rule.threshold is None:
        return rule.without if figure is None else ""
    if "observed_value" in result:
        return (
            f"{figure:,.0f}; wanted: {rule.wanted}"
            if rule.wanted
            else f"{figure:,.0f}, at least {rule.threshold:,.0f} wanted"
        )
    if "share" in rule.name:
        return f"{figure:.1%} of {result.get('element_count', 0):,} {rule.scope}, at most {rule.threshold:.1%} wanted"
    examples = ", ".join(str(one) for one in (result.get("partial_unexpected_list") or [])[:3])
    rows = f"{result.get('element_count', 0):,} {rule.scope}"
    if not figure:
        return f"all {rows} hold it"
    return f"{figure:,.0f} of {rows} break it" + (f", such as {examples}" if examples else "")


def share_rule(column: str, unwanted: Sequence[str], most: float) -> "Expectation":
    """At most this share of the rows has one of the unwanted values."""
    import great_expectations.expectations as gxe

    expectation: Expectation = gxe.ExpectColumnValuesToNotBeInSet(
        column=column, value_set=list(unwanted), mostly=1 - most
    )
    return expectation
