"""What of a run people are told, and when: once and not each hour while the same stays wrong, and then that it is over."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from vouch.reports.formatting import plural
from vouch.reports.summary import headline, sentence
from vouch.schemas.check_ids import CheckId
from vouch.schemas.choices import AlertEvent
from vouch.schemas.run import RunRecord, Severity, Status
from vouch.schemas.settings import AlertSettings

_BLOCKING = (AlertEvent.FAILED, AlertEvent.REJECTED, AlertEvent.STALE)
_NEXT = {
    AlertEvent.FAILED: "mend what ended it and run it again, it goes on from what was finished: vouch {kind}",
    AlertEvent.REJECTED: "readers see what they saw before; mend the cause, then see what a new run would do: vouch plan",
    AlertEvent.WARNING: "look at the report; if answers are worse, go back: vouch rollback {before}",
    AlertEvent.QUARANTINE: "see what is in quarantine, and why: vouch quarantine list",
    AlertEvent.STALE: "see whether what fills the source still runs, and what it lists now: vouch plan",
}
Key = tuple[AlertEvent, str]


@dataclass(frozen=True, slots=True)
class Reason:
    """`name` stays the same from run to run for as long as the same is wrong."""

    event: AlertEvent
    name: str
    text: str

    @property
    def key(self) -> Key:
        return self.event, self.name


def alert(
    record: RunRecord, runs: Sequence[RunRecord], settings: AlertSettings, report: str | None
) -> str | None:
    """The message for this run, for `vouch.reports.outbox.alert_sender`; None where there is nothing to tell, or no more.

    `runs` are the newest ones of all kinds, newest first; `report` is the address of the run's report.
    """
    earlier = [one for one in runs if one.run_id < record.run_id and one.status.is_over]
    told = due([record, *(one for one in earlier if one.kind == record.kind)], settings)
    if not told:
        return None
    before = next((one.run_id for one in earlier if one.status is Status.PUBLISHED), "RUN")
    names = ", ".join(source.name for source in record.sources)
    return json.dumps(
        {
            "title": f"Vouch: {record.kind} {names}".rstrip() + f": {headline(record)}",
            "body": "\n".join(_lines(record, told, before, report)),
            "notify_type": _tone(record, told),
        }
    )


def due(runs: Sequence[RunRecord], settings: AlertSettings) -> list[Reason]:
    """What of the newest of these runs of one kind, newest first, is to be told.

    Told by the runs themselves, not by a note of what was sent: nothing has to be kept beside them.
    """
    told: dict[Key, datetime] = {}
    news: list[Reason] = []
    for record in reversed(runs):
        found = [one for one in _reasons(record, settings) if one.event in settings.on]
        over = _over(record, found, told)
        news = list(_recovered(over, settings))
        for key in over:
            del told[key]
        if any(_is_new(one, record, told, settings.repeat_h) for one in found):
            news += found
            told |= dict.fromkeys((one.key for one in found), record.started_at)
    return news


def _is_new(
    reason: Reason, record: RunRecord, told: Mapping[Key, datetime], repeat_h: float
) -> bool:
    return reason.key not in told or record.started_at - told[reason.key] >= timedelta(
        hours=repeat_h
    )


def _over(record: RunRecord, found: Sequence[Reason], told: Mapping[Key, datetime]) -> list[Key]:
    """What was told and is not so any more. Warnings are over once a state was audited and published without them."""
    if record.status.is_bad:
        return []
    still = {one.key for one in found}
    audited = record.status is Status.PUBLISHED
    return [key for key in told if key not in still and (audited or key[0] in _BLOCKING)]


def _recovered(over: Sequence[Key], settings: AlertSettings) -> Iterator[Reason]:
    blocking = [name for event, name in over if event in _BLOCKING]
    if blocking and AlertEvent.RECOVERED in settings.on:
        yield Reason(AlertEvent.RECOVERED, "", f"over: {', '.join(blocking)}")


def _reasons(record: RunRecord, settings: AlertSettings) -> Iterator[Reason]:
    if record.status is Status.FAILED:
        kind, border, _ = (record.error or "").partition(": ")
        yield Reason(
            AlertEvent.FAILED, kind if border else "cut short", record.error or "it ended early"
        )
    for check in record.failed_checks:
        by_severity = (
            AlertEvent.REJECTED if check.severity is Severity.REJECT else AlertEvent.WARNING
        )
        event = AlertEvent.STALE if check.id is CheckId.SOURCE_AGE else by_severity
        yield Reason(event, check.name, f"{check.name}: {check.message}")
    for source in record.sources:
        if source.in_doubt:
            told = f"source {source.name} was not listed whole, so nothing of it was removed: {'; '.join(source.problems)}"
            yield Reason(AlertEvent.WARNING, f"listing of {source.name}", told.removesuffix(": "))
    yield from _quarantine(record, settings.max_quarantine_share)


def _quarantine(record: RunRecord, most: float) -> Iterator[Reason]:
    rejected, brought = (
        record.accounting.rejected,
        record.accounting.published + record.accounting.rejected,
    )
    if rejected > most * brought:
        reasons = ", ".join(f"{group.reason} ({group.count:,})" for group in record.rejects)
        told = f"of {plural(brought, 'document')} {rejected:,} went to quarantine: {reasons}"
        yield Reason(AlertEvent.QUARANTINE, "share", told)


def _lines(
    record: RunRecord, told: Sequence[Reason], before: str, report: str | None
) -> Iterator[str]:
    yield from ([] if record.status.is_bad else [sentence(record), ""])
    yield from (f"- {one.text}" for one in told)
    unheard = (
        AlertEvent.WARNING if record.status.is_bad else None
    )  # of a state that nobody sees there is nothing to go back from
    steps = {
        one.event: _NEXT[one.event]
        for one in told
        if one.event in _NEXT and one.event is not unheard
    }
    if steps:
        yield from ("", "What to do (docs/runbook.md):")
        yield from (
            f"- {event}: {step.format(kind=record.kind, before=before)}"
            for event, step in steps.items()
        )
    yield from ("", f"Run {record.run_id}" + (f", report: {report}" if report else ""))


def _tone(record: RunRecord, told: Sequence[Reason]) -> str:
    """As Apprise has them."""
    if record.status.is_bad or any(one.event in _BLOCKING for one in told):
        return "failure"
    return "success" if all(one.event is AlertEvent.RECOVERED for one in told) else "warning"
