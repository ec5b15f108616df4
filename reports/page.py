"""Render HTML pages from templates, escaped and self-contained, and write them atomically."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from vouch.reports.formatting import duration, number, percent, plain
from vouch.reports.meaning import left_out_kind

_TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, **values: object) -> str:
    """Return a page. A name that the template uses and is not given raises an error."""
    return _environment().get_template(template).render(values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
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
            "figure": _figure,
            "rank": _rank,
        }
    )
    return environment


def _largest(rows: Sequence[object], name: str) -> float:
    """Return the largest value of an attribute, which is a full bar; 1 where there is none."""
    return max((float(getattr(row, name)) for row in rows), default=0.0) or 1.0


def _figure(value: float, name: str) -> str:
    """Return a figure of a run's metrics, formatted by what its name says it is."""
    if name == "seconds":
        return duration(value)
    if name in ("documents", "chunks") or name.startswith("median"):
        return f"{value:,.0f}"
    return f"{value:.3f}" if name.startswith("golden") else f"{value:.1%}"


def _rank(scores: Mapping[str, Any] | None) -> str:
    """Return the rank at which a golden query's answer was found, from its reciprocal rank."""
    if scores is None:
        return "answer gone"
    reciprocal = float(scores["MRR"])
    return f"rank {round(1 / reciprocal)}" if reciprocal else "not found"
