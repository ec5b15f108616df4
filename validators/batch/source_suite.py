"""Check a source's contract as a whole.

Great Expectations owns what is true of all documents of a source together.
"""

from datetime import datetime

import polars as pl

from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import Severity
from vouch.schemas.settings.source_contract import OnBreak, SourceContract
from vouch.validators.batch.corpus_suite import QUARANTINED
from vouch.validators.batch.expectations import Rule, Suite, SuiteResult
from vouch.validators.quarantine import is_readable
from vouch.validators.row_parts import Rows, count, part_count, parts_by, parts_of
from vouch.validators.rows.source_contract import field_column, fields_of


def run_source_suite(
    documents: Rows,
    source: str,
    contract: SourceContract,
    now: datetime,
) -> SuiteResult:
    """Check one source's contract over the candidate's documents. Ages count from `now`."""
    own = documents.lazy().filter((pl.col("source") == source) & (pl.col("status") != "filtered"))
    published = own.filter(pl.col("status") == "published")
    age = (pl.lit(now) - pl.col("source_modified_at")).dt.total_seconds() / 3600
    fields = published.select(age.alias("age_h"), *fields_of(contract))
    outcomes = own.filter(is_readable()).select(outcome=pl.col("status"))
    return SuiteResult.concat(
        [
            _run(source, fields, _published_rules(source, contract, count(published))),
            _run(source, outcomes, _quarantine_rules(source, contract)),
        ]
    )


def _run(source: str, rows: pl.LazyFrame, rules: list[Rule]) -> SuiteResult:
    if not rules:
        return SuiteResult((), ())
    suite = Suite(source, rules)
    for part in parts_of(rows, rows.collect_schema().names()):
        suite.validate(part, [rule for rule in rules if not rule.key])
    for rule in rules:
        if rule.key:
            for part in parts_by(rows, rule.key, [rule.key], part_count(rows)):
                suite.validate(part, [rule])
    return suite.result


def severity(on_break: OnBreak) -> Severity:
    """Return the severity of a check: only a warning lets the run publish."""
    return Severity.WARN if on_break is OnBreak.WARN else Severity.REJECT


def _published_rules(source: str, contract: SourceContract, published: int) -> list[Rule]:
    """Return the rules about published documents: those of the fields, count and age."""
    rules = []
    for name, field in contract.fields.items():
        on_break, column = severity(field.severity), {"column": field_column(name)}
        if field.max_missing is not None:
            rules.append(
                Rule(CheckId.FIELD_MISSING_SHARE, f"{source}: share without {name}", source,
                     on_break, field.max_missing, "ColumnValuesToNotBeNull", column, subject=name)
            )  # fmt: skip
        if field.unique:
            rules.append(
                Rule(CheckId.FIELD_UNIQUE, f"{source}: {name} is unique", source, on_break, 0,
                     "ColumnValuesToBeUnique", column, subject=name)
            )  # fmt: skip
    least, most, oldest = contract.min_documents, contract.max_documents, contract.max_age_h
    on_break = severity(contract.severity)
    if least is not None or most is not None:
        rules.append(
            Rule(CheckId.SOURCE_DOCUMENTS, f"{source}: published documents", source, on_break,
                 most if least is None else least, "TableRowCountToBeBetween",
                 {"min_value": least, "max_value": most}, requirement=_between(least, most))
        )  # fmt: skip
    if oldest is not None:
        rules.append(
            Rule(CheckId.SOURCE_AGE, f"{source}: hours since its newest document", source, on_break,
                 oldest, "ColumnMinToBeBetween", {"column": "age_h", "max_value": oldest},
                 requirement=f"at most {oldest:,g} hours", no_figure=_no_age(published))
        )  # fmt: skip
    return rules


def _quarantine_rules(source: str, contract: SourceContract) -> list[Rule]:
    most = contract.max_quarantine_share
    if most is None:
        return []
    return [
        Rule(CheckId.SOURCE_QUARANTINE_SHARE, f"{source}: quarantine share", source,
             severity(contract.severity), most, "ColumnValuesToNotBeInSet", QUARANTINED)
    ]  # fmt: skip


def _between(least: int | None, most: int | None) -> str:
    if least is None:
        return f"at most {most:,}"
    return f"at least {least:,}" if most is None else f"{least:,} to {most:,}"


def _no_age(published: int) -> str:
    """Return why a source has no age, and which setting gives it one."""
    if not published:
        return "the source has no published document"
    return (
        f"none of its {published:,} published documents has a source time; of a table, set "
        "`modified:` to the column with a row's time; where no column has it, remove max_age_h "
        "from the contract"
    )
