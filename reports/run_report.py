"""The report of a run: one HTML file without scripts, network or other files, made from the records of runs alone."""

from collections.abc import Sequence
from pathlib import Path

from vouch.reports.charts import lines
from vouch.reports.meaning import why
from vouch.reports.page import render, write
from vouch.reports.summary import advice, headline, sentence, tone
from vouch.schemas.run import Check, Outcome, RunRecord, Severity

_ROWS = 40  # of a table; the rest is counted in one line


def render_run(record: RunRecord, before: Sequence[RunRecord] = ()) -> str:
    """The whole file. `before` are the runs that published before this one, oldest first: for trends.

    Everything that came from a document is escaped, and cut where it is very long.
    """
    checks = _by_urgency(record.verdict.checks if record.verdict else ())
    failed = [check for check in checks if check.outcome is not Outcome.PASSED]
    series = lines([*before, record])
    return render(
        "run.html.j2",
        record=record,
        sums=record.accounting,
        headline=headline(record),
        sentence=sentence(record),
        tone=tone(record),
        advice=advice(record),
        reasons=[(check, why(check)) for check in failed],
        checks=checks,
        failed=len(failed),
        drifted=sum(one.level != "none" for one in record.drift),
        series=series,
        points=len(before) + 1,
        limit=_ROWS,
        parts=_parts(record, bool(failed), bool(series)),
    )


def _parts(record: RunRecord, reasons: bool, trends: bool) -> list[tuple[str, str, bool]]:
    """The sections in their order: template, name, and whether there is anything to say."""
    sums = record.accounting
    return [
        ("reasons", "What stands out", reasons),
        ("changes", "Changes", bool(record.change_counts)),
        ("accounting", "Accounting", bool(sums.listed or sums.missing or record.stages)),
        ("maintenance", "Maintenance", record.maintenance is not None),
        ("retrieval", "Golden queries", record.retrieval is not None),
        ("drift", "Drift", bool(record.drift)),
        ("policy", "Content policy", bool(record.policy)),
        ("rejects", "Rejects", bool(record.rejects or record.filtered)),
        ("checks", "Checks", record.verdict is not None),
        ("trends", "Trends", trends),
        ("sources", "Sources", bool(record.sources)),
        ("contents", "Contents", True),
        ("time", "Time", bool(record.stages)),
        ("record", "Record", True),
    ]


def write_run_report(record: RunRecord, folder: Path, before: Sequence[RunRecord] = ()) -> Path:
    """Write the report into `folder`, at once or not at all; returns its path."""
    return write(render_run(record, before), folder / f"{record.run_id}.html")


def _by_urgency(checks: Sequence[Check]) -> list[Check]:
    """What failed first, and of that what rejects first."""
    order = {Outcome.FAILED: 0, Outcome.NOT_CHECKED: 1, Outcome.PASSED: 2}
    return sorted(
        checks, key=lambda check: (order[check.outcome], check.severity is not Severity.REJECT)
    )
