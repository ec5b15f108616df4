"""Render HTML pages from templates, escaped and self-contained, and write them atomically."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from vouch.reports.formatting import duration, figure, number, percent, plain
from vouch.reports.meaning import left_out_kind
from vouch.schemas.runs.cost import money
from vouch.schemas.runs.retrieval import Estimate

_ROW = re.compile(r"<tr\b.*?</tr>", re.DOTALL)
_CELL = re.compile(r"<t[dh]\b(?![^>]*\bcolspan)")
_LABEL = Markup(' data-label="{name}" data-kind="{kind}"')
_TEMPLATES = Path(__file__).parent / "templates"
STYLE = _TEMPLATES / "style.css"
"""The look of reports, and of the pages of `vouch serve`."""


def render(template: str, **values: object) -> str:
    """Return a page. A name that the template uses and is not given raises an error."""
    return environment().get_template(template).render(values)


@cache
def environment(folder: Path | None = None) -> Environment:
    """Return what renders templates: those of a folder, if there is one, and those of reports."""
    environment = Environment(
        loader=FileSystemLoader([_TEMPLATES] if folder is None else [folder, _TEMPLATES]),
        autoescape=select_autoescape(default=True, default_for_string=True),
        # A misspelled name raises an error instead of leaving a gap in the report.
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        {
            "duration": duration,
            "percent": percent,
            "plain": plain,
            "count": number,
            "left_out_kind": left_out_kind,
            "largest": _largest,
            "figure": figure,
            "interval": _interval,
            "money": money,
            "labelled": _labelled,
            "rank": _rank,
        }
    )
    return environment


def _labelled(rows: Markup, columns: Sequence[tuple[str, str]]) -> Markup:
    """Return rows whose cells name their column and its kind, for screens too narrow for a table.

    A column is a name and a kind: `n` for numbers, `s` for short texts, empty for others.

    Everything of a document is escaped in them, so that each tag is one of a template.
    """

    def label_row(row: re.Match[str]) -> str:
        labels = iter([_LABEL.format(name=name, kind=kind) for name, kind in columns])
        return _CELL.sub(lambda cell: f"{cell[0]}{next(labels, '')}", row[0])

    return Markup(_ROW.sub(label_row, rows))


def _largest(rows: Sequence[object], name: str) -> float:
    """Return the largest value of an attribute, which is a full bar; 1 where there is none."""
    return max((float(getattr(row, name)) for row in rows), default=0.0) or 1.0


def _interval(estimate: Estimate | None) -> str:
    """Return a mean with its 95 % interval; a dash where there was nothing to score."""
    if estimate is None:
        return "–"
    return f"{estimate.mean:.3f} ({estimate.low:.2f} to {estimate.high:.2f})"


def _rank(scores: Mapping[str, Any] | None) -> str:
    """Return the rank at which a golden query's answer was found, from its reciprocal rank."""
    if scores is None:
        return "answer gone"
    reciprocal = float(scores["MRR"])
    return f"rank {round(1 / reciprocal)}" if reciprocal else "not found"
