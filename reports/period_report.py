"""The report on all runs of a period."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from vouch.reports.charts import grouped_lines, shadow_lines
from vouch.reports.explanation import explain
from vouch.reports.formatting import plural
from vouch.reports.meaning import why
from vouch.reports.page import render
from vouch.reports.summary import tone
from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.cost import total
from vouch.schemas.runs.record import Check, Outcome, RunRecord, Severity, StageCost, Status
from vouch.storage.location import Location
from vouch.storage.places import location_of

_MAX_ROWS = 60
_MAX_GROUPS = 40  # of trends


@dataclass(frozen=True, slots=True)
class FailedCheck:
    """A check that did not pass in some of the runs.

    Attributes:
        last: The check as it was made last, in the run `run_id`.
        failures: In how many runs it did not pass.
        runs: In how many runs it was made.
    """

    last: Check
    failures: int
    runs: int
    run_id: str

    @property
    def persists(self) -> bool:
        """Whether it did not pass the last time either."""
        return self.last.outcome is not Outcome.PASSED


def render_period(records: Sequence[RunRecord], since: datetime, until: datetime) -> str:
    """Return the HTML page on these runs, which are given oldest first."""
    failed_checks = _failed_checks(records)
    sources = {source.name for record in records for source in record.sources}
    # The figures of a rejected candidate are not what readers saw.
    published = [record for record in records if record.status is Status.PUBLISHED]
    trends = grouped_lines(published, sources) + shadow_lines(records)
    rejected = [(record, explain(record)) for record in records if record.status is Status.REJECTED]
    approvals = {each.id: each for record in records for each in record.approvals}.values()
    return render(
        "period.html.j2",
        since=since,
        until=until,
        headline=_headline(records),
        sentence=_sentence(records),
        tone=_tone(records),
        parts=[
            ("failed-checks", "What failed", bool(failed_checks)),
            ("rejected", "Rejected runs", bool(rejected)),
            ("approvals", "Approvals", bool(approvals)),
            ("trends", "Trends", bool(trends)),
            ("runs", "Runs", bool(records)),
            ("rejects", "Rejects", any(record.rejects for record in records)),
            ("cost", "Cost", any(record.spending.rows for record in records)),
            ("time", "Time", any(record.stages for record in records)),
        ],
        failed_checks=[(failed, why(failed.last)) for failed in failed_checks],
        rejected=rejected[::-1],
        approvals=sorted(approvals, key=lambda approval: approval.at, reverse=True),
        trends_shown=trends[:_MAX_GROUPS],
        trends_left_out=sum(len(group.lines) for group in trends[_MAX_GROUPS:]),
        points=sum(bool(record.metrics) for record in published),
        records=list(reversed(records)),
        rejects=_rejects(records),
        stages=_stages(records),
        spendings=total(record.spending for record in records if record.spending.rows),
        seconds=sum(record.seconds or 0.0 for record in records),
        limit=_MAX_ROWS,
    )


def write_period(
    records: Sequence[RunRecord],
    since: datetime,
    until: datetime,
    place: str | Path | Location,
) -> Location:
    """Write the page into a folder or bucket, completely or not at all; return where it is."""
    page = location_of(place) / f"period-{since:%Y%m%d}-{until:%Y%m%d}.html"
    page.write_text(render_period(records, since, until))
    return page


def _headline(records: Sequence[RunRecord]) -> str:
    if not records:
        return "No run"
    statuses = Counter(str(record.status) for record in records)
    counts = ", ".join(f"{count} {status}" for status, count in statuses.most_common())
    return f"{plural(len(records), 'run')}: {counts}"


def _sentence(records: Sequence[RunRecord]) -> str:
    if not records:
        return "Nothing ran in this period: is the schedule active?"
    last = records[-1].status
    ending = f"The last run was {last}." if last.is_bad else "The last run ended well."
    sums = [record.accounting for record in records if record.status is Status.PUBLISHED]
    if not sums:
        return f"Nothing was published in this period. {ending}"
    published = (
        f"{plural(sum(run.published for run in sums), 'document')} and "
        f"{plural(sum(run.chunks_published for run in sums), 'chunk')} were published, "
        f"{plural(sum(run.removed for run in sums), 'document')} removed."
    )
    bad = sum(record.status.is_bad for record in records)
    was = "was" if bad == 1 else "were"
    problems = (
        f" {plural(bad, 'run')} failed or {was} rejected and published nothing." if bad else ""
    )
    return f"{published}{problems} {ending}"


def _tone(records: Sequence[RunRecord]) -> str:
    if not records or records[-1].status.is_bad:
        return "bad"
    return "warn" if any(tone(record) != "good" for record in records) else "good"


def _failed_checks(records: Sequence[RunRecord]) -> list[FailedCheck]:
    """Return the checks that failed: persisting ones first, then those that reject."""
    by_check: dict[tuple[CheckId, str, str], list[tuple[Check, str]]] = {}
    for record in records:
        for check in record.verdict.checks if record.verdict else ():
            by_check.setdefault(check.key, []).append((check, record.run_id))
    failed = []
    for runs in by_check.values():
        last, run_id = runs[-1]
        failures = sum(check.outcome is not Outcome.PASSED for check, _ in runs)
        if failures:
            failed.append(FailedCheck(last, failures, len(runs), run_id))
    return sorted(
        failed,
        key=lambda check: (
            not check.persists,
            check.last.severity is not Severity.REJECT,
            -check.failures,
        ),
    )


def _rejects(records: Sequence[RunRecord]) -> list[tuple[str, str, int]]:
    counts = Counter[tuple[str, str]]()
    for record in records:
        counts.update({(group.stage, group.reason): group.count for group in record.rejects})
    return [(stage, reason, count) for (stage, reason), count in counts.most_common()]


def _stages(records: Sequence[RunRecord]) -> list[StageCost]:
    """Return the cost of each stage, summed over the runs, the highest first."""
    totals: dict[str, StageCost] = {}
    for record in records:
        for cost in record.stages:
            total = totals.get(cost.stage)
            if total is not None:
                cost = cost.model_copy(
                    update={
                        "seconds": total.seconds + cost.seconds,
                        "items": total.items + cost.items,
                    }
                )
            totals[cost.stage] = cost
    return sorted(totals.values(), key=lambda cost: -cost.seconds)
