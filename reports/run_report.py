"""The report on a run: one HTML file that needs no script, network or other file.

It is made from the records of runs alone, so it can be made again at any time.
"""

from collections.abc import Sequence
from pathlib import Path

from vouch.index.store.run_log import published_before, without_secrets
from vouch.index.store.tables import Tables
from vouch.reports.charts import lines
from vouch.reports.explanation import explain, explain_failure
from vouch.reports.page import render
from vouch.reports.shadow_section import sections
from vouch.reports.summary import (
    advice,
    agreements,
    headline,
    left_out_sentence,
    sentence,
    tone,
)
from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import Breakdown, Check, Outcome, RunRecord, Severity, Status
from vouch.storage.location import Location
from vouch.storage.places import location_of

_MAX_ROWS = 40  # of a table; the rest is counted in one line
_MAX_QUERIES = 10  # of a shadow that are found better or worse
_BY_OUTCOME = {Outcome.FAILED: 0, Outcome.NOT_CHECKED: 1, Outcome.PASSED: 2}


def render_run(record: RunRecord, before: Sequence[RunRecord] = ()) -> str:
    """Return the HTML page.

    Everything that came from a document is escaped, and cut where it is very long.

    Args:
        record: The run.
        before: The runs that published before it, oldest first: for trends.
    """
    checks = _by_urgency(record.verdict.checks if record.verdict else ())
    explained = explain(record)
    # Of a rejected run everything that rejects it, and what to do, comes before what only warns.
    is_rejected = record.status is Status.REJECTED
    problems = [part for part in explained if part.blocks or not is_rejected]
    warnings = [part for part in explained if part not in problems]
    series = lines([*before, record])
    return render(
        "run.html.j2",
        record=record,
        sums=record.accounting,
        headline=headline(record),
        sentence=sentence(record),
        left_out_sentence=left_out_sentence(record.left_out),
        tone=tone(record),
        advice=advice(record),
        agreements=agreements(record),
        failure=explain_failure(record) if record.status is Status.FAILED else None,
        problems=problems,
        warnings=warnings,
        checks=checks,
        minimums=[check for check in checks if check.id is CheckId.GOLDEN_MINIMUM],
        failed=len(explained),
        drifted=sum(drift.level != "none" for drift in record.drift),
        series=series,
        points=len(before) + 1,
        limit=_MAX_ROWS,
        shadows=sections(record.shadows),
        most=_MAX_QUERIES,
        parts=_parts(record, bool(problems), bool(warnings), bool(series)),
    )


def _parts(
    record: RunRecord, problems: bool, warnings: bool, trends: bool
) -> list[tuple[str, str, bool]]:
    """Return the sections in order: template, title, and whether the section has content."""
    sums = record.accounting
    return [
        ("problems", "Problems", problems),
        ("warnings", "Warnings", warnings),
        ("changes", "Changes", bool(record.change_counts)),
        ("accounting", "Accounting", bool(sums.listed or sums.missing or record.stages)),
        ("maintenance", "Maintenance", record.maintenance is not None),
        ("retrieval", "Golden queries", record.retrieval is not None),
        ("shadows", "Shadows", bool(record.shadows)),
        ("drift", "Drift", bool(record.drift)),
        ("policy", "Content policy", bool(record.policy)),
        ("left-out", "Left out", bool(record.left_out.documents)),
        ("vocabulary", "Vocabulary", bool(record.vocabulary)),
        ("rejects", "Rejects", bool(record.rejects or record.filtered)),
        ("checks", "Checks", record.verdict is not None),
        ("trends", "Trends", trends),
        ("sources", "Sources", bool(record.sources)),
        ("contents", "Contents", record.breakdown != Breakdown()),
        ("cost", "Cost", bool(record.spending.rows)),
        ("time", "Time", bool(record.stages)),
        ("record", "Record", True),
    ]


def write_run_report(
    record: RunRecord, place: str | Path | Location, tables: Tables | None = None
) -> Location:
    """Write the report into a folder or bucket, completely or not at all; return where it is.

    It shows no secret, and the course of figures over the runs before that the tables have.
    """
    report = location_of(place) / f"{record.run_id}.html"
    before = published_before(tables, record.run_id) if tables else ()
    report.write_text(render_run(without_secrets(record), before))
    return report


def _by_urgency(checks: Sequence[Check]) -> list[Check]:
    """Return failed checks first, and among equal outcomes those that reject first."""
    return sorted(
        checks,
        key=lambda check: (_BY_OUTCOME[check.outcome], check.severity is not Severity.REJECT),
    )
