"""Checks a shard's documents against the contracts of their sources."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import polars as pl

from vouch.pipeline.stages.aggregation import merge
from vouch.pipeline.stages.processed_document import ProcessedDocument
from vouch.schemas.documents.records import Reason, Stage
from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import Example, RuleBreak
from vouch.schemas.settings.source_contract import OnBreak, OnChange, SourceContract
from vouch.schemas.settings.vouch_yaml import Settings
from vouch.validators.rows.source_contract import Broken, check_fields, unknown_values

_NAMED_FIELDS = "only fields that the contract names"


def source_contracts(settings: Settings) -> dict[str, SourceContract]:
    """Return the contracts by source, of the sources that have one."""
    return {
        source.name: source.contract
        for source in settings.sources
        if source.contract != SourceContract()
    }


def check_field_names(
    documents: Sequence[ProcessedDocument], settings: Settings
) -> tuple[list[ProcessedDocument], list[RuleBreak]]:
    """Check fields that a contract does not name, and values of other types than it names.

    What follows is the contract's `on_change`: the document is rejected, the field is dropped, or
    the run is blocked.
    """
    checked, breaks = list(documents), []
    for source, contract in source_contracts(settings).items():
        of_source = [
            (place, {field.key: field.texts for field in document.fields})
            for place, document in enumerate(documents)
            if document.parsed and document.is_sound and document.origin.source == source
        ]
        unknown_of_each = unknown_values([fields for _, fields in of_source], contract)
        for (place, _), unknown in zip(of_source, unknown_of_each, strict=True):
            if not unknown:
                continue
            message = "; ".join(f"{key}: {why}" for key, why in unknown.items())
            document = checked[place]
            if contract.on_change is OnChange.DISCARD_ROW:
                checked[place] = document.rejected(
                    Stage.CHECK, Reason.CONTRACT, f"{_NAMED_FIELDS}: {message}"
                )
            elif contract.on_change is OnChange.DISCARD_VALUE:
                checked[place] = replace(
                    document,
                    fields=tuple(each for each in document.fields if each.key not in unknown),
                )
            else:
                rule = Broken(place, CheckId.FIELD_NAMES, "", _NAMED_FIELDS, OnBreak.BLOCK, message)
                breaks.append(_rule_break(document, rule))
    return checked, merge_breaks(breaks)


def check_contracts(
    documents: Sequence[ProcessedDocument], frame: pl.DataFrame, settings: Settings
) -> tuple[list[ProcessedDocument], list[RuleBreak]]:
    """Reject the documents that break a rule which quarantines; return the other broken rules.

    `frame` has the documents' rows, in the same order, with the columns of the documents table.
    """
    checked, breaks = list(documents), []
    for source, contract in source_contracts(settings).items():
        places = [
            place for place, document in enumerate(documents) if document.origin.source == source
        ]
        if not places:
            continue
        other_rules = []
        for broken in check_fields(frame[places], contract):
            place = places[broken.index]
            if broken.severity is OnBreak.QUARANTINE:
                checked[place] = checked[place].rejected(
                    Stage.CHECK, Reason.CONTRACT, broken.message
                )
            else:
                other_rules.append((place, broken))
        # A document that one rule keeps out need not be reported by another one, or block the run.
        breaks += [
            _rule_break(checked[place], broken)
            for place, broken in other_rules
            if not checked[place].is_stopped
        ]
    return checked, merge_breaks(breaks)


def _rule_break(document: ProcessedDocument, broken: Broken) -> RuleBreak:
    return RuleBreak(
        id=broken.id,
        source=document.origin.source,
        rule=broken.rule,
        subject=broken.subject,
        severity=broken.severity,
        count=1,
        examples=(Example(uri=document.origin.uri, message=broken.message),),
    )


def merge_breaks(breaks: Iterable[RuleBreak]) -> list[RuleBreak]:
    """Add up the breaks of each rule of each source."""

    def key(rule_break: RuleBreak) -> tuple[str, str]:
        return rule_break.source, rule_break.rule

    return sorted(merge(breaks, key, ("count",)), key=key)
