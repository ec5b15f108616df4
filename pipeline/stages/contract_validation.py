"""Sources' contracts over a shard's documents."""

from collections.abc import Iterable, Sequence

import polars as pl

from vouch.index.store.row_builders import metadata_pairs
from vouch.pipeline.context.run_context import Run
from vouch.pipeline.stages.aggregation import merged
from vouch.pipeline.stages.fetch_and_parse import Work
from vouch.schemas.contract import OnBreak, OnChange, SourceContract
from vouch.schemas.records import Reason, Stage
from vouch.schemas.run import Example, RuleBreak
from vouch.validators.rows.source_contract import Broken, check_fields, unknown_values
from vouch.workers.sandbox import Parsed

_UNKNOWN = "fields are those that the contract names"


def contracts(run: Run) -> dict[str, SourceContract]:
    """Of the sources that have one."""
    return {
        source.name: source.contract
        for source in run.settings.sources
        if source.contract != SourceContract()
    }


def hold_to_fields(run: Run, works: Sequence[Work]) -> list[RuleBreak]:
    """What the contracts say of fields that they do not name, and of values of other types."""
    told = []
    for source, contract in contracts(run).items():
        held = [
            (work, _pairs(work.parsed))
            for work in works
            if work.parsed and work.origin.source == source
        ]
        for (work, _), unknown in zip(
            held, unknown_values([pairs for _, pairs in held], contract), strict=True
        ):
            told += _change(work, unknown, contract.on_change)
    return merged_breaks(told)


def _pairs(parsed: Parsed) -> dict[str, str]:
    return {pair["key"]: pair["value"] for pair in metadata_pairs(parsed.document.metadata)}


def _change(work: Work, unknown: dict[str, str], follows: OnChange) -> list[RuleBreak]:
    message = "; ".join(f"{key}: {why}" for key, why in unknown.items())
    if unknown and follows is OnChange.DISCARD_ROW:
        work.reject(Stage.CHECK, Reason.CONTRACT, f"{_UNKNOWN}: {message}")
    elif unknown and follows is OnChange.DISCARD_VALUE:
        work.discarded = frozenset(unknown)
    elif unknown:
        return [_break(work, _UNKNOWN, OnBreak.BLOCK, message)]
    return []


def hold_to_contracts(run: Run, works: Sequence[Work], documents: pl.DataFrame) -> list[RuleBreak]:
    """Reject the documents that break a rule which quarantines; returns the rules that only warn, or block."""
    known = contracts(run)
    told = []
    for source, contract in known.items():
        places = [place for place, work in enumerate(works) if work.origin.source == source]
        if not places:
            continue
        for broken in check_fields(documents[places], contract):
            work = works[places[broken.index]]
            told += _follow(work, broken)
    return merged_breaks(told)


def _follow(work: Work, broken: Broken) -> list[RuleBreak]:
    if broken.severity is OnBreak.QUARANTINE:
        work.reject(Stage.CHECK, Reason.CONTRACT, broken.message)
        return []
    return [_break(work, broken.rule, broken.severity, broken.message)]


def _break(work: Work, rule: str, severity: OnBreak, message: str) -> RuleBreak:
    example = Example(uri=work.origin.uri, message=message)
    return RuleBreak(
        source=work.origin.source, rule=rule, severity=severity, count=1, examples=(example,)
    )


def merged_breaks(breaks: Iterable[RuleBreak]) -> list[RuleBreak]:
    """One for each source and rule."""

    def name(one: RuleBreak) -> tuple[str, str]:
        return one.source, one.rule

    return sorted(merged(breaks, name, ("count",)), key=name)
