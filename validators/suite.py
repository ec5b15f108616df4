"""The audit of a candidate as a whole: Great Expectations owns what is true of the data set, once a run."""

import json
import logging
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from schemas.records import Reason
from schemas.run import Check, Outcome, Severity
from schemas.settings import BatchContract

if TYPE_CHECKING:
    from great_expectations.core.expectation_validation_result import ExpectationValidationResult
    from great_expectations.expectations.expectation import Expectation

OWNER = "great_expectations"

# Not a fault of the documents' quality: nobody can read these here, and each says what is missing.
_NOT_READABLE = (Reason.UNSUPPORTED_TYPE, Reason.NEEDS_LIBREOFFICE, Reason.NEEDS_OCR)


@dataclass(frozen=True, slots=True)
class Rule:
    """An expectation of one of the two frames. `threshold` is the share or number that the figure is held against."""

    name: str
    scope: Literal["documents", "published", "chunks"]
    severity: Severity
    threshold: float | None
    expectation: "Expectation"


def run_suite(
    documents: pl.DataFrame, chunks: pl.DataFrame, contract: BatchContract, embedding_fingerprint: str
) -> tuple[Check, ...]:
    """Each rule's check over all candidate documents and chunks (`index.candidate.Candidate`)."""
    return run_suite_with_results(documents, chunks, contract, embedding_fingerprint)[0]


def run_suite_with_results(
    documents: pl.DataFrame, chunks: pl.DataFrame, contract: BatchContract, embedding_fingerprint: str
) -> tuple[tuple[Check, ...], tuple[dict[str, Any], ...]]:
    """The checks, and Great Expectations' own validation result of each scope (documents, published, chunks).

    A result is what its `to_json_dict` gives, in types of JSON alone; its `suite_name` is the scope. For each expectation
    that was broken it holds up to 20 of the values that broke it.
    """
    every = rules(contract, embedding_fingerprint)
    scopes = {scope: _validated(scope, frame, every) for scope, frame in _frames(documents, chunks).items()}
    checks = tuple(_check(rule, result) for pairs in scopes.values() for rule, result in pairs)
    return checks, tuple(_suite_result(scope, [result for _, result in pairs]) for scope, pairs in scopes.items())


def rules(contract: BatchContract, embedding_fingerprint: str) -> tuple[Rule, ...]:
    """What must be true of the data set."""
    import great_expectations.expectations as gxe

    reject, warn = Severity.REJECT, Severity.WARN
    most, some = contract.max_quarantine_share, contract.warn_quarantine_share
    untitled, unknown = contract.warn_untitled_share, contract.warn_unknown_language_share
    repeated = contract.warn_duplicate_share
    generation = [embedding_fingerprint]
    return (
        Rule("document ids are unique", "documents", reject, 0, gxe.ExpectColumnValuesToBeUnique(column="document_id")),
        Rule("quarantined share", "documents", reject, most, _share(gxe, "outcome", ["quarantined"], most)),
        Rule("quarantined share to look at", "documents", warn, some, _share(gxe, "outcome", ["quarantined"], some)),
        Rule(
            "published documents",
            "published",
            reject,
            contract.min_documents,
            gxe.ExpectTableRowCountToBeBetween(min_value=contract.min_documents),
        ),
        Rule(
            "every document has the chunks that it counts",
            "published",
            reject,
            0,
            gxe.ExpectColumnPairValuesToBeEqual(column_A="chunk_count", column_B="chunks_held"),
        ),
        Rule(
            "untitled share",
            "published",
            warn,
            untitled,
            gxe.ExpectColumnValuesToNotBeNull(column="title", mostly=1 - untitled),
        ),
        Rule("chunk ids are unique", "chunks", reject, 0, gxe.ExpectColumnValuesToBeUnique(column="chunk_id")),
        Rule(
            "every chunk belongs to a published document",
            "chunks",
            reject,
            0,
            gxe.ExpectColumnValuesToBeInSet(column="document_status", value_set=["published"]),
        ),
        Rule(
            "all chunks are of one generation",
            "chunks",
            reject,
            0,
            gxe.ExpectColumnValuesToBeInSet(column="embedding_fingerprint", value_set=generation),
        ),
        Rule(
            "share of repeated texts",
            "chunks",
            warn,
            repeated,
            gxe.ExpectColumnValuesToBeUnique(column="text_sha256", mostly=1 - repeated),
        ),
        Rule(
            "share of unknown language",
            "chunks",
            warn,
            unknown,
            gxe.ExpectColumnValuesToNotBeNull(column="language", mostly=1 - unknown),
        ),
    )


def _share(gxe: Any, column: str, unwanted: Sequence[str], most: float) -> "Expectation":  # noqa: ANN401 - a module
    expectation: Expectation = gxe.ExpectColumnValuesToNotBeInSet(column=column, value_set=list(unwanted), mostly=1 - most)
    return expectation


def _frames(documents: pl.DataFrame, chunks: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """What the rules look at: the candidate's columns, and those that join the two tables."""
    readable = ~pl.col("reason").is_in([str(reason) for reason in _NOT_READABLE]).fill_null(value=False)
    outcome = pl.when(readable).then(pl.col("status")).otherwise(pl.lit("not readable")).alias("outcome")
    held = chunks.group_by("document_id").agg(pl.len().cast(pl.Int32).alias("chunks_held"))
    published = documents.filter(pl.col("status") == "published")
    status = documents.select("document_id", pl.col("status").alias("document_status")).unique("document_id")
    return {
        "documents": documents.filter(pl.col("status") != "filtered").select("document_id", outcome),
        "published": published.join(held, on="document_id", how="left")
        .with_columns(pl.col("chunks_held").fill_null(0))
        .select("title", "chunk_count", "chunks_held"),
        "chunks": chunks.select("chunk_id", "document_id", "embedding_fingerprint", "text_sha256", "language")
        .join(status, on="document_id", how="left")
        .with_columns(pl.col("document_status").fill_null("missing"))
        .drop("document_id"),
    }


def _validated(scope: str, frame: pl.DataFrame, every: Sequence[Rule]) -> list[tuple[Rule, "ExpectationValidationResult"]]:
    import great_expectations as gx

    wanted = [rule for rule in every if rule.scope == scope]
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own deprecations are not the person's business
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        asset = context.data_sources.add_pandas(scope).add_dataframe_asset(scope)
        batch = asset.add_batch_definition_whole_dataframe(scope).get_batch({"dataframe": frame.to_pandas()})
        return [(rule, batch.validate(rule.expectation, result_format="SUMMARY")) for rule in wanted]


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
    plain: dict[str, Any] = json.loads(json.dumps(result.to_json_dict(), default=lambda number: number.item()))  # numpy's
    return plain


def _check(rule: Rule, result: "ExpectationValidationResult") -> Check:
    raised = [info for info in _exceptions(result) if info.get("raised_exception")]
    outcome = Outcome.NOT_CHECKED if raised else Outcome.PASSED if result.success else Outcome.FAILED
    figure = None if raised else _figure(rule, result.result)
    message = f"could not be checked: {raised[0].get('exception_message')}" if raised else _message(rule, result.result, figure)
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
    return [info] if "raised_exception" in info else [one for one in info.values() if isinstance(one, dict)]


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
        return ""
    if "observed_value" in result:
        return f"{figure:,.0f}, at least {rule.threshold:,.0f} wanted"
    if "share" in rule.name:
        return f"{figure:.1%} of {result.get('element_count', 0):,} {rule.scope}, at most {rule.threshold:.1%} wanted"
    examples = ", ".join(str(one) for one in (result.get("partial_unexpected_list") or [])[:3])
    rows = f"{result.get('element_count', 0):,} {rule.scope}"
    if not figure:
        return f"all {rows} hold it"
    return f"{figure:,.0f} of {rows} break it" + (f", such as {examples}" if examples else "")
