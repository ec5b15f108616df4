"""The report of a run: one HTML file without scripts, network or other files, made from the run's record alone."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from reports.words import advice, duration, headline, number, percent, plain, sentence, tone
from schemas.run import Check, Outcome, RunRecord, Severity

_TEMPLATES = Path(__file__).parent / "templates"
_ROWS = 40  # of a table; the rest is counted in one line
Row = TypeVar("Row")


def render_run(record: RunRecord) -> str:
    """The whole file. Everything that came from a document is escaped, and cut where it is very long."""
    return (
        _environment()
        .get_template("run.html.j2")
        .render(
            record=record,
            sums=record.accounting,
            headline=headline(record),
            sentence=sentence(record),
            tone=tone(record),
            advice=advice(record),
            checks=_by_urgency(record.verdict.checks if record.verdict else ()),
            limit=_ROWS,
        )
    )


def write_run_report(record: RunRecord, folder: Path) -> Path:
    """Write the report into `folder`, at once or not at all; returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{record.run_id}.html"
    unfinished = path.with_suffix(".tmp")
    unfinished.write_text(render_run(record), encoding="utf-8")
    unfinished.replace(path)
    return path


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(duration=duration, percent=percent, plain=plain, count=number, largest=_largest)
    return environment


def _by_urgency(checks: Sequence[Check]) -> list[Check]:
    """What failed first, and of that what rejects first."""
    order = {Outcome.FAILED: 0, Outcome.NOT_CHECKED: 1, Outcome.PASSED: 2}
    return sorted(checks, key=lambda check: (order[check.outcome], check.severity is not Severity.REJECT))


def _largest(rows: Sequence[Row], name: str) -> float:
    """The largest value of an attribute, 1 where there is none: what bars are drawn against."""
    return max((float(getattr(row, name)) for row in rows), default=0.0) or 1.0
