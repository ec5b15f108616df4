"""Pages from templates: escaped, self-contained, written at once or not at all."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from vouch.reports.formatting import duration, number, percent, plain

_TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, **values: object) -> str:
    """A page; a name that the template wants and is not given raises."""
    return _environment().get_template(template).render(values)


def write(page: str, path: Path) -> Path:
    """Replace the file at `path`, or leave it as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".tmp")
    unfinished.write_text(page, encoding="utf-8")
    unfinished.replace(path)
    return path


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    shown = {
        "duration": duration,
        "percent": percent,
        "plain": plain,
        "count": number,
        "largest": _largest,
    }
    environment.filters.update(shown | {"figure": _figure, "ranked": _ranked})
    return environment


def _largest(rows: Sequence[object], name: str) -> float:
    """The largest value of an attribute, 1 where there is none: what bars are drawn against."""
    return max((float(getattr(row, name)) for row in rows), default=0.0) or 1.0


def _figure(value: float, name: str) -> str:
    """A figure of the series as people read it."""
    if name == "seconds":
        return duration(value)
    whole = name in ("documents", "chunks") or name.startswith("median")
    return (
        f"{value:,.0f}"
        if whole
        else f"{value:.3f}"
        if name.startswith("golden")
        else f"{value:.1%}"
    )


def _ranked(figures: Mapping[str, Any] | None) -> str:
    """What a golden query's figures say of where its answer was found."""
    if figures is None:
        return "answer gone"
    reciprocal = float(figures["MRR"])
    return f"place {round(1 / reciprocal)}" if reciprocal else "not found"
