"""Decide which problems of a run people are notified of, and write the message.

A problem is reported once, again after `alerts.repeat_h` while it persists, and once when it is
over.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from vouch.reports.explanation import (
    Explained,
    explain,
    explain_failure,
    looking_steps,
    may_be_approved,
    run_again,
)
from vouch.reports.formatting import plain, plural
from vouch.reports.summary import agreements, headline, sentence
from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import RunRecord, Status
from vouch.schemas.settings.choices import AlertEvent
from vouch.schemas.settings.vouch_yaml import AlertSettings

_BLOCKING = (AlertEvent.FAILED, AlertEvent.REJECTED, AlertEvent.STALE)
_NEXT_STEPS = {
    AlertEvent.REJECTED: "why, what is behind it, and what would allow it: vouch explain {run}",
    AlertEvent.WARNING: (
        "see what it means: vouch explain {run}; if answers are worse, go back: "
        "vouch rollback {before}"
    ),
    AlertEvent.QUARANTINE: "see what is in quarantine, and why: vouch quarantine list",
    AlertEvent.STALE: (
        "check whether whatever fills the source still runs, and what it lists now: vouch plan"
    ),
}
_MAX_REASONS = 6
_EXPLAINED = 3
_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")
Key = tuple[AlertEvent, str]


@dataclass(frozen=True, slots=True)
class Reason:
    """A problem of a run, or that problems are over.

    Attributes:
        event: What kind of problem it is.
        id: Identifies the problem: equal from run to run for as long as it persists.
        name: The problem in a few words.
        text: The problem with its details.
        more: What it means, and what is behind it: further lines of the message.
    """

    event: AlertEvent
    id: str
    name: str
    text: str
    more: tuple[str, ...] = ()

    @property
    def key(self) -> Key:
        """What makes it the same problem in another run."""
        return self.event, self.id


@dataclass(frozen=True, slots=True)
class _Reported:
    """When a problem was reported last, and under which name."""

    at: datetime
    name: str


def alert(
    record: RunRecord, runs: Sequence[RunRecord], settings: AlertSettings, report: str | None
) -> str | None:
    """Return the message about a run, for `vouch.reports.outbox.alert_sender`.

    Args:
        record: The run.
        runs: The newest runs of all kinds, newest first.
        settings: Which events are reported, and how often.
        report: The address of the run's report, if it has one.

    Returns:
        The message as JSON; None where there is nothing new to report.
    """
    ids = [run.run_id for run in runs]
    after = ids.index(record.run_id) + 1 if record.run_id in ids else 0
    earlier = [run for run in runs[after:] if run.status.is_over]
    reasons = due([record, *(run for run in earlier if run.kind == record.kind)], settings)
    if not reasons:
        return None
    # The state to roll back to. The text is a placeholder where nothing was published before.
    before = next((run.run_id for run in earlier if run.status is Status.PUBLISHED), "RUN")
    sources = ", ".join(source.name for source in record.sources)
    return json.dumps(
        {
            "title": f"Vouch: {record.kind} {sources}".rstrip() + f": {headline(record)}",
            "body": "\n".join(_lines(record, reasons, before, report)),
            "notify_type": _notify_type(record, reasons),
        }
    )


def due(runs: Sequence[RunRecord], settings: AlertSettings) -> list[Reason]:
    """Return what is to be reported of the newest of these runs.

    What was reported before is derived from the earlier runs, not from a log of sent messages:
    nothing besides the runs has to be stored.

    Args:
        runs: Runs of one kind, newest first.
        settings: Which events are reported, and how often.
    """
    reported: dict[Key, _Reported] = {}
    news: list[Reason] = []
    repeat = timedelta(hours=settings.repeat_h)
    # Replay what was reported of each run, from the oldest on.
    for record in reversed(runs):
        reasons = [reason for reason in _reasons(record, settings) if reason.event in settings.on]
        over = _over(record, reasons, reported)
        blocking = [reported[key].name for key in over if key[0] in _BLOCKING]
        news = []
        if blocking and AlertEvent.RECOVERED in settings.on:
            text = f"over: {', '.join(blocking)}"
            news.append(Reason(AlertEvent.RECOVERED, "", "recovered", text))
        for key in over:
            del reported[key]
        # A form to fill in is news each time: the one that was reported before may be closed.
        if (reasons and record.waits_until) or any(
            reason.key not in reported
            # Before: the clock was set back since.
            or not timedelta(0) <= record.started_at - reported[reason.key].at < repeat
            for reason in reasons
        ):
            news += reasons
            reported |= {
                reason.key: _Reported(record.started_at, reason.name) for reason in reasons
            }
    return news


def _over(
    record: RunRecord, reasons: Sequence[Reason], reported: Mapping[Key, _Reported]
) -> list[Key]:
    """Return the reported problems that are over.

    Warnings are over only when a state was audited and published without them.
    """
    if record.status.is_bad:
        return []
    persisting = {reason.key for reason in reasons}
    audited = record.status is Status.PUBLISHED
    return [key for key in reported if key not in persisting and (audited or key[0] in _BLOCKING)]


def _reasons(record: RunRecord, settings: AlertSettings) -> Iterator[Reason]:
    if record.status is Status.FAILED:
        # The class of the error identifies the problem: its message may differ from run to run.
        kind = record.error_kind
        if not kind and record.deployment:
            return  # Prefect's server has reported it as crashed
        name = _CAPITAL.sub(" ", kind.rstrip("_")).lower() or "cut short"
        failure = explain_failure(record)
        steps = (f"{reason}: {command}" for reason, command in failure.steps)
        more = (failure.meaning, *steps)
        yield Reason(AlertEvent.FAILED, kind or name, name, plain(failure.error), more)
    for explained in explain(record):
        check = explained.check
        event = AlertEvent.REJECTED if explained.blocks else AlertEvent.WARNING
        if check.id is CheckId.SOURCE_AGE:
            event = AlertEvent.STALE
        identity = f"{check.scope}: {check.qualified_id}"
        text = f"{check.name}: {plain(explained.finding)}"
        yield Reason(event, identity, check.name, text, tuple(_behind(explained)))
    for source in record.sources:
        if source.in_doubt:
            name = f"listing of {source.name}"
            problems = f": {'; '.join(source.problems)}" if source.problems else ""
            text = (
                f"the listing of source {source.name} was incomplete, so no document of it was "
                f"removed{problems}"
            )
            yield Reason(AlertEvent.WARNING, name, name, text)
    sums = record.accounting
    arrived = sums.published + sums.rejected
    if sums.rejected > settings.max_quarantine_share * arrived:
        groups = ", ".join(f"{group.reason} ({group.count:,})" for group in record.rejects)
        text = f"of {plural(arrived, 'document')} {sums.rejected:,} went to quarantine: {groups}"
        yield Reason(AlertEvent.QUARANTINE, "share", "quarantine share", text)


def _behind(explained: Explained) -> Iterator[str]:
    """Yield what a check means and the first documents behind it."""
    if explained.meaning:
        yield explained.meaning
    if explained.examples:
        uris = ", ".join(plain(example.uri) for example in explained.examples)
        more = f" and {explained.more:,} more" if explained.more else ""
        yield f"Behind it: {uris}{more}"


def _lines(
    record: RunRecord, reasons: Sequence[Reason], before: str, report: str | None
) -> Iterator[str]:
    if record.status is not Status.FAILED:
        yield from (sentence(record), *map(plain, agreements(record)), "")
    # The first ones with all that is needed to decide: a message is at most a screenful.
    in_order = sorted(reasons, key=lambda reason: reason.event not in _BLOCKING)
    for number, reason in enumerate(in_order[:_MAX_REASONS]):
        mark = "rejects the run: " if reason.event is AlertEvent.REJECTED else ""
        yield f"- {mark}{reason.text}"
        # Of a run that published nothing, what only warns can wait.
        if number < _EXPLAINED and (reason.event in _BLOCKING or not record.status.is_bad):
            yield from (f"  {line}" for line in reason.more)
    if len(reasons) > _MAX_REASONS:
        names = ", ".join(reason.name for reason in in_order[_MAX_REASONS:])
        yield f"- and {len(reasons) - _MAX_REASONS} more: {plain(names)}"
    events = dict.fromkeys(reason.event for reason in reasons if reason.event in _NEXT_STEPS)
    if record.status.is_bad:
        # Nobody sees a state that was not published, so there is nothing to roll back.
        events.pop(AlertEvent.WARNING, None)
    if events:
        yield from ("", "What to do (docs/runbook.md):")
        for event in events:
            step = _NEXT_STEPS[event].format(kind=record.kind, before=before, run=record.run_id)
            yield f"- {event}: {step}"
    if record.status is Status.REJECTED:
        if record.waits_until:
            where = record.flow_run_url or "Resume, on the page of its flow run"
            yield f"- decide until {record.waits_until:%Y-%m-%d %H:%M} UTC: {where}"
        for why, command in looking_steps(record):
            yield f"- {why[0].lower()}{why[1:]}: {command}"
        yield f"- fixed: run it again: {run_again(record)}"
        if may_be_approved(record):
            agree = f'vouch approve {record.run_id} --why "…"'
            yield f"- meant to be so: agree to it with your name: {agree}"
    yield from ("", f"Run {record.run_id}" + (f", report: {report}" if report else ""))
    if record.flow_run_url:
        yield f"Flow run: {record.flow_run_url}"


def _notify_type(record: RunRecord, reasons: Sequence[Reason]) -> str:
    """Return the severity in Apprise's words."""
    if record.status.is_bad or any(reason.event in _BLOCKING for reason in reasons):
        return "failure"
    recovered = all(reason.event is AlertEvent.RECOVERED for reason in reasons)
    return "success" if recovered else "warning"
