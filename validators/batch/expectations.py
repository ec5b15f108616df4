"""Run Great Expectations: rules with their checks, and its own results for Data Docs."""

import json
import logging
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import polars as pl

from vouch.schemas.runs.check_ids import CheckId, Measure
from vouch.schemas.runs.record import Check, Outcome, Severity
from vouch.validators.batch.result_sums import add_up

if TYPE_CHECKING:
    from great_expectations.core.expectation_validation_result import ExpectationValidationResult
    from great_expectations.expectations.expectation import Expectation

OWNER = "great_expectations"


@dataclass(frozen=True, slots=True)
class Rule:
    """An expectation of one frame: `documents`, `published`, `chunks`, or a source's documents.

    `expectation` is a class of `great_expectations.expectations` without its `Expect`, and
    `arguments` are its own: a name and not the class, because the library takes seconds to import,
    and a run with nothing to publish must not pay for it. `threshold` is what the figure is
    compared with; `requirement` says so in words where "at least" would be wrong. `no_figure` is
    the message where Great Expectations measures nothing.
    """

    id: CheckId
    name: str
    scope: str
    severity: Severity
    threshold: float | None
    expectation: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    subject: str = ""
    requirement: str = ""
    no_figure: str = ""

    @property
    def keywords(self) -> dict[str, Any]:
        """The expectation's arguments; of a share, `mostly` follows from the threshold."""
        if self.id.measure is Measure.SHARE and self.threshold is not None:
            return {**self.arguments, "mostly": 1 - self.threshold}
        return dict(self.arguments)

    @property
    def key(self) -> str | None:
        """The column of which the rule compares the rows with each other; None: it needs none."""
        return (
            str(self.arguments["column"]) if self.expectation == "ColumnValuesToBeUnique" else None
        )

    def build(self) -> "Expectation":
        """Return the expectation."""
        import great_expectations.expectations as gxe

        expectation: Expectation = getattr(gxe, f"Expect{self.expectation}")(**self.keywords)
        return expectation


@dataclass(frozen=True, slots=True)
class SuiteResult:
    """The checks, and Great Expectations' results as `to_json_dict` gives them, of JSON types only.

    A result's `suite_name` is its scope; a broken expectation has up to 20 of the values that
    broke it.
    """

    checks: tuple[Check, ...]
    results: tuple[dict[str, Any], ...]

    @classmethod
    def concat(cls, parts: Iterable["SuiteResult"]) -> "SuiteResult":
        """Return the checks and results of several suites, in order."""
        parts = list(parts)
        checks = tuple(check for part in parts for check in part.checks)
        return cls(checks, tuple(result for part in parts for result in part.results))


class Suite:
    """Validates rules over the rows of one scope, which come in one part or in several.

    Every row of a part is checked, and the results of the parts are added up: a figure is what it
    would be over all rows at once. Of the values that broke a rule the first ones are kept, in the
    order of the parts.
    """

    def __init__(self, scope: str, rules: Sequence[Rule]) -> None:
        self._scope = scope
        self.rules = tuple(rules)
        self._results: dict[int, list[ExpectationValidationResult]] = {}

    def validate(self, frame: pl.DataFrame, rules: Iterable[Rule]) -> None:
        """Check a part of the rows by some of the rules; each rule is to see every row once."""
        import great_expectations as gx

        logging.getLogger("great_expectations").setLevel(logging.ERROR)
        with warnings.catch_warnings():
            # The library's own deprecation warnings are of no use to the user.
            warnings.simplefilter("ignore")
            context = gx.get_context(mode="ephemeral")
            context.variables.progress_bars = {"globally": False}
            asset = context.data_sources.add_pandas(self._scope).add_dataframe_asset(self._scope)
            whole = asset.add_batch_definition_whole_dataframe(self._scope)
            for rule in rules:
                # Only the rule's columns, because Great Expectations copies the frame that it
                # reads; all where it names none.
                keys = ("column", "column_A", "column_B")
                columns = [name for name in map(rule.arguments.get, keys) if name in frame.columns]
                rows = frame.select(columns or frame.columns)
                batch = whole.get_batch({"dataframe": rows.to_pandas()})
                result = batch.validate(rule.build(), result_format="SUMMARY")
                self._results.setdefault(self.rules.index(rule), []).append(result)

    @property
    def result(self) -> SuiteResult:
        """Each rule's check, in the order of the rules."""
        if not self.rules:
            return SuiteResult((), ())
        results = [
            add_up(self._results[number], rule.expectation, rule.keywords)
            for number, rule in enumerate(self.rules)
        ]
        checks = tuple(
            _check(rule, result) for rule, result in zip(self.rules, results, strict=True)
        )
        return SuiteResult(checks, (_suite_result(self._scope, results),))


def run_rules(scope: str, frame: pl.DataFrame, rules: Sequence[Rule]) -> SuiteResult:
    """Validate rows that are one part, and return each rule's check, in the order of the rules."""
    suite = Suite(scope, rules)
    suite.validate(frame, rules)
    return suite.result


def _suite_result(scope: str, results: Sequence["ExpectationValidationResult"]) -> dict[str, Any]:
    import great_expectations as gx
    from great_expectations.core import ExpectationSuiteValidationResult
    from great_expectations.validator.validation_statistics import calc_validation_statistics

    statistics = calc_validation_statistics(list(results))._asdict()
    result = ExpectationSuiteValidationResult(
        success=bool(statistics.pop("success")),
        results=list(results),
        suite_name=scope,
        statistics=statistics,
        meta={"great_expectations_version": gx.__version__},
    )
    # `default` turns numpy's numbers into Python's.
    text = json.dumps(result.to_json_dict(), default=lambda number: number.item())
    plain: dict[str, Any] = json.loads(text)
    return plain


def _check(rule: Rule, result: "ExpectationValidationResult") -> Check:
    # An exception inside an expectation comes as a result, not as an exception: "could not check"
    # must not be read as "failed". There is one entry, or one for each metric.
    info = result.exception_info or {}
    entries = [info] if "raised_exception" in info else info.values()
    errors = [
        entry for entry in entries if isinstance(entry, dict) and entry.get("raised_exception")
    ]
    if errors:
        outcome, figure = Outcome.NOT_CHECKED, None
        message = f"could not be checked: {errors[0].get('exception_message')}"
    else:
        outcome = Outcome.PASSED if result.success else Outcome.FAILED
        figure = _figure(rule, result.result)
        message = _message(rule, result.result, figure)
    return Check(
        id=rule.id,
        name=rule.name,
        scope=rule.scope,
        subject=rule.subject,
        owner=OWNER,
        severity=rule.severity,
        outcome=outcome,
        figure=figure,
        threshold=rule.threshold,
        message=message,
    )


def _figure(rule: Rule, result: dict[str, Any]) -> float | None:
    if "observed_value" in result:
        value = result["observed_value"]
        return None if value is None else float(value)
    count = float(result.get("unexpected_count") or 0)
    rows = float(result.get("element_count") or 0)
    if rule.id.measure is Measure.SHARE:
        return count / rows if rows else 0.0
    return count


def _message(rule: Rule, result: dict[str, Any], figure: float | None) -> str:
    if figure is None or rule.threshold is None:
        return rule.no_figure if figure is None else ""
    if "observed_value" in result:
        requirement = rule.requirement or f"at least {rule.threshold:,.0f}"
        return f"{figure:,.0f}; required: {requirement}"
    rows = f"{result.get('element_count', 0):,} {rule.scope}"
    if rule.id.measure is Measure.SHARE:
        return f"{figure:.1%} of {rows}; required: at most {rule.threshold:.1%}"
    if not figure:
        return f"all {rows} pass"
    examples = ", ".join(str(value) for value in result.get("partial_unexpected_list", [])[:3])
    return f"{figure:,.0f} of {rows} fail" + (f", such as {examples}" if examples else "")
