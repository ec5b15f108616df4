"""The runs of a period together: what people open on a Monday morning."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from vouch.reports.charts import lines
from vouch.reports.formatting import plural
from vouch.reports.meaning import why
from vouch.reports.page import render, write
from vouch.reports.summary import tone
from vouch.schemas.check_ids import CheckId
from vouch.schemas.run import Check, Outcome, RunRecord, Severity, StageCost, Status

_ROWS = 60


@dataclass(frozen=True, slots=True)
class Trouble:
    """A check that did not pass in some of the runs; `last` is how it came out at its last time."""

    last: Check
    times: int
    runs: int
    run_id: str

    @property
    def persists(self) -> bool:
        return self.last.outcome is not Outcome.PASSED


def render_period(records: Sequence[RunRecord], since: datetime, until: datetime) -> str:
    """The whole file, of records oldest first."""
    troubles = _troubles(records)
    series = lines([record for record in records if record.metrics])
    return render(
        "period.html.j2",
        since=since,
        until=until,
        headline=_headline(records),
        sentence=_sentence(records),
        tone=_tone(records),
        parts=[
            ("troubles", "What failed", bool(troubles)),
            ("trends", "Trends", bool(series)),
            ("runs", "Runs", bool(records)),
            ("rejects", "Rejects", any(record.rejects for record in records)),
            ("time", "Time", any(record.stages for record in records)),
        ],
        troubles=[(one, why(one.last)) for one in troubles],
        series=series,
        points=sum(bool(record.metrics) for record in records),
        records=list(reversed(records)),
        rejects=_rejects(records),
        stages=_stages(records),
        seconds=sum(record.seconds or 0.0 for record in records),
        limit=_ROWS,
    )


def write_period(
    records: Sequence[RunRecord], since: datetime, until: datetime, folder: Path
) -> Path:
    """Into `folder`, at once or not at all; returns its path."""
    return write(
        render_period(records, since, until), folder / f"period-{since:%Y%m%d}-{until:%Y%m%d}.html"
    )


def _headline(records: Sequence[RunRecord]) -> str:
    if not records:
        return "No run"
    told = Counter(str(record.status) for record in records)
    return f"{plural(len(records), 'run')}: " + ", ".join(
        f"{count} {status}" for status, count in told.most_common()
    )


def _sentence(records: Sequence[RunRecord]) -> str:
    published = [record for record in records if record.status is Status.PUBLISHED]
    if not records:
        return "Nothing has run in this time: is the schedule on?"
    bad = [record for record in records if record.status.is_bad]
    last = records[-1]
    now = (
        "The last run ended well." if not last.status.is_bad else f"The last run was {last.status}."
    )
    if not published:
        return f"Nothing was published in this time. {now}"
    sums = [record.accounting for record in published]
    documents, chunks = (
        sum(one.published for one in sums),
        sum(one.chunks_published for one in sums),
    )
    removed = sum(one.removed for one in sums)
    told = f"{plural(documents, 'document')} and {plural(chunks, 'chunk')} were published, {removed:,} documents removed."
    wrong = (
        f" {plural(len(bad), 'run')} published nothing because something was wrong." if bad else ""
    )
    return f"{told}{wrong} {now}"


def _tone(records: Sequence[RunRecord]) -> str:
    if not records or records[-1].status.is_bad:
        return "bad"
    return "warn" if any(tone(record) != "good" for record in records) else "good"


def _troubles(records: Sequence[RunRecord]) -> list[Trouble]:
    seen: dict[tuple[CheckId, str, str], list[tuple[Check, str]]] = {}
    for record in records:
        for check in record.verdict.checks if record.verdict else ():
            seen.setdefault(check.key, []).append((check, record.run_id))
    troubles = [
        Trouble(
            checks[-1][0],
            sum(check.outcome is not Outcome.PASSED for check, _ in checks),
            len(checks),
            checks[-1][1],
        )
        for checks in seen.values()
    ]
    failed = [one for one in troubles if one.times]
    return sorted(
        failed,
        key=lambda one: (not one.persists, one.last.severity is not Severity.REJECT, -one.times),
    )


def _rejects(records: Sequence[RunRecord]) -> list[tuple[str, str, int]]:
    counts = Counter[tuple[str, str]]()
    for record in records:
        counts.update({(group.stage, group.reason): group.count for group in record.rejects})
    return [(stage, reason, count) for (stage, reason), count in counts.most_common()]


def _stages(records: Sequence[RunRecord]) -> list[StageCost]:
    costs: dict[str, StageCost] = {}
    for record in records:
        for cost in record.stages:
            held = costs.get(cost.stage)
            told = (
                {"seconds": held.seconds + cost.seconds, "items": held.items + cost.items}
                if held
                else {}
            )
            costs[cost.stage] = (held or cost).model_copy(update=told)
    return sorted(costs.values(), key=lambda cost: -cost.seconds)
