"""A source's contract, as a whole: Great Expectations owns what is true of all documents of a source together."""

from datetime import datetime

import polars as pl

from vouch.schemas.contract import FieldContract, OnBreak, SourceContract
from vouch.schemas.run import Severity
from vouch.validators.batch.corpus_suite import NOT_READABLE
from vouch.validators.batch.expectations import Audited, Rule, run_rules, share_rule
from vouch.validators.rows.source_contract import field_column, fields_of

AGE = "hours since its newest document"
"""Name of the check of a source's age, behind the source's."""


def run_source_suite(
    documents: pl.DataFrame, source: str, contract: SourceContract, now: datetime
) -> Audited:
    """The checks of one source's contract over the candidate's documents. `now` is what ages count from."""
    own = documents.filter((pl.col("source") == source) & (pl.col("status") != "filtered"))
    published = own.filter(pl.col("status") == "published")
    age = (pl.lit(now) - pl.col("source_modified_at")).dt.total_seconds() / 3600
    frame = published.select(age.alias("age_h"), *fields_of(contract))
    audited = run_rules(source, frame, _rules(source, contract, published.height))
    readable = ~pl.col("reason").is_in([str(reason) for reason in NOT_READABLE]).fill_null(
        value=False
    )
    outcome = own.filter(readable).select(outcome=pl.col("status"))
    return Audited.all_of([audited, run_rules(source, outcome, _outcome_rules(source, contract))])


def severity(on_break: OnBreak) -> Severity:
    """Of a check: only a warning lets the run publish."""
    return Severity.WARN if on_break is OnBreak.WARN else Severity.REJECT


def _rules(source: str, contract: SourceContract, published: int) -> list[Rule]:
    import great_expectations.expectations as gxe

    found = [
        rule
        for name, field in contract.fields.items()
        for rule in _field_rules(source, name, field)
    ]
    how = severity(contract.severity)
    if contract.min_documents is not None or contract.max_documents is not None:
        least, most = contract.min_documents, contract.max_documents
        within = (
            f"at least {least:,}"
            if most is None
            else f"at most {most:,}"
            if least is None
            else f"{least:,} to {most:,}"
        )
        expectation = gxe.ExpectTableRowCountToBeBetween(min_value=least, max_value=most)
        bound = least if least is not None else most
        found.append(
            Rule(f"{source}: published documents", source, how, bound, expectation, within)
        )
    if contract.max_age_h is not None:
        newest = gxe.ExpectColumnMinToBeBetween(column="age_h", max_value=contract.max_age_h)
        within = f"at most {contract.max_age_h:,g} hours"
        found.append(
            Rule(
                f"{source}: {AGE}",
                source,
                how,
                contract.max_age_h,
                newest,
                within,
                _ageless(published),
            )
        )
    return found


def _ageless(published: int) -> str:
    """Why a source has no age, and what gives it one."""
    if not published:
        return "no document of it is published"
    return (
        f"none of its {published:,} published documents has a source time; of a table, set `modified:` to the column that "
        "holds a row's time; where nothing tells it, leave max_age_h out of the contract"
    )


def _outcome_rules(source: str, contract: SourceContract) -> list[Rule]:
    most = contract.max_quarantine_share
    if most is None:
        return []
    expectation = share_rule("outcome", ["quarantined"], most)
    return [
        Rule(f"{source}: quarantined share", source, severity(contract.severity), most, expectation)
    ]


def _field_rules(source: str, name: str, field: FieldContract) -> list[Rule]:
    import great_expectations.expectations as gxe

    found = []
    how = severity(field.severity)
    if field.max_missing is not None:
        expectation = gxe.ExpectColumnValuesToNotBeNull(
            column=field_column(name), mostly=1 - field.max_missing
        )
        found.append(
            Rule(f"{source}: share without {name}", source, how, field.max_missing, expectation)
        )
    if field.unique:
        unique = gxe.ExpectColumnValuesToBeUnique(column=field_column(name))
        found.append(Rule(f"{source}: {name} is unique", source, how, 0, unique))
    return found
