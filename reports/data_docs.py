"""Data Docs of Great Expectations as safe HTML: a page for each validation result, and an index.

The texts come from its own renderers, which return data: sentences with parameters, tables, lists.
Its HTML views are not used. They insert column names and cell values into the page unescaped, and
load scripts from other hosts.
"""

import json
import logging
import re
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any, TypeAlias

from vouch.reports.formatting import plain
from vouch.reports.page import render
from vouch.schemas.runs.record import Outcome
from vouch.storage.location import Location
from vouch.storage.places import location_of

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuiteValidationResult

ValidationResult: TypeAlias = "ExpectationSuiteValidationResult | Mapping[str, Any]"
"""A result of Great Expectations, or its `to_json_dict()`."""
_MAX_ITEMS = 40  # rows of a table, lines of a text, items of a list; the rest is counted
_WHOLE_TABLE = "Table-Level Expectations"  # Great Expectations' heading for these


@dataclass(frozen=True, slots=True)
class Row:
    """An expectation and its result. `statement` and `observed` are renderers' content as JSON."""

    outcome: Outcome
    statement: Any
    observed: Any


@dataclass(frozen=True, slots=True)
class Page:
    """A validation result; `sections` are the rows by column, or by the whole table."""

    file: str
    name: str
    sections: dict[str, list[Row]]

    @property
    def counts(self) -> Counter[Outcome]:
        """Return the number of expectations by outcome, with all outcomes in their order."""
        counts = Counter(row.outcome for rows in self.sections.values() for row in rows)
        return Counter({outcome: counts[outcome] for outcome in Outcome})


def write_data_docs(results: Sequence[ValidationResult], place: str | Path | Location) -> Location:
    """Write a page for each result and then `index.html`, and return where that one is."""
    folder = location_of(place)
    pages = [_page(number, result) for number, result in enumerate(results, start=1)]
    # The index comes last, so that it never links to a page that does not exist yet.
    for page in pages:
        (folder / page.file).write_text(_render(page.name, [page], page=page))
    index = folder / "index.html"
    index.write_text(_render("Data Docs", pages, page=None))
    return index


def _render(name: str, pages: Sequence[Page], page: Page | None) -> str:
    import great_expectations

    counts = Counter(
        {outcome: sum(result.counts[outcome] for result in pages) for outcome in Outcome}
    )
    tone = "bad" if counts[Outcome.FAILED] else "warn" if counts[Outcome.NOT_CHECKED] else "good"
    version = f"version {great_expectations.__version__}"
    values = {
        "name": name,
        "pages": pages,
        "page": page,
        "counts": counts,
        "tone": tone,
        "version": version,
    }
    helpers = {"limit": _MAX_ITEMS, "pieces": _pieces, "lines": _lines, "figures": _figures}
    return render("data_docs.html.j2", **values, **helpers)


def _page(number: int, result: ValidationResult) -> Page:
    """Return the page of a result.

    It goes through JSON, because some renderers fail at numbers of numpy.
    """
    content = _json(
        result if isinstance(result, Mapping) else result.to_json_dict(), object_hook=_neutralize
    )
    name = str(content["suite_name"])
    # File names are limited in length and characters; the number in front makes them unique.
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40]
    sections: dict[str, list[Row]] = {}
    for expectation in content["results"]:
        column = expectation["expectation_config"]["kwargs"].get("column", _WHOLE_TABLE)
        sections.setdefault(str(column), []).append(_row(expectation))
    return Page(file=f"{number}-{slug}.html".replace("-.", "."), name=name, sections=sections)


def _row(result: dict[str, Any]) -> Row:
    # Either the exception itself, or exceptions by metric.
    info = result.get("exception_info") or {}
    exceptions = [value for value in (info, *info.values()) if isinstance(value, dict)]
    if any(exception.get("raised_exception") for exception in exceptions):
        outcome = Outcome.NOT_CHECKED
    else:
        outcome = Outcome.PASSED if result["success"] else Outcome.FAILED
    return Row(outcome, *_content(result))


def _content(result: dict[str, Any]) -> tuple[Any, Any]:
    """Return statement and observed value.

    For an expectation that this version of Great Expectations does not have, the statement is its
    type with its arguments.
    """
    from great_expectations.core.expectation_validation_result import (
        expectationValidationResultSchema,
    )
    from great_expectations.exceptions import GreatExpectationsError
    from great_expectations.render.renderer.content_block import (
        ValidationResultsTableContentBlockRenderer,
    )

    try:
        with _quiet():
            evr = expectationValidationResultSchema.load(result)
            table = ValidationResultsTableContentBlockRenderer.render(
                [evr], include_column_name=False
            )
    except (GreatExpectationsError, ValueError):
        config = result["expectation_config"]
        return f"{config['type']}: {config['kwargs']}", str(result.get("result"))
    _, statement, observed, *_ = _json(table.to_json_dict())["table"][0]
    return statement, observed


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence Great Expectations: where a renderer fails, it would log values of the data."""
    logger = logging.getLogger("great_expectations")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def _json(value: object, **options: Any) -> Any:  # noqa: ANN401 - any JSON
    return json.loads(
        json.dumps(value, default=_to_json),
        **options,
    )


def _to_json(value: Any) -> Any:  # noqa: ANN401 - a number of numpy, or anything else
    return value.item() if hasattr(value, "item") else str(value)


def _neutralize(value: dict[str, Any]) -> dict[str, Any] | str:
    """Turn a cell of the data that poses as renderers' content into its text."""
    return str(value) if "content_block_type" in value else value


def _pieces(template: Mapping[str, Any]) -> list[tuple[bool, str]]:
    """Split a sentence into pieces: whether each is a parameter's value, and its text.

    So a value is never interpreted as a template itself.
    """
    text, parameters = str(template.get("template", "")), template.get("params") or {}
    pieces, end = [], 0
    for match in Template.pattern.finditer(text):
        name = match["named"] or match["braced"]
        if match["escaped"] or name in parameters:
            value = (True, str(parameters[name])) if name in parameters else (False, "$")
            pieces += [(False, text[end : match.start()]), value]
            end = match.end()
    return [(is_value, piece) for is_value, piece in (*pieces, (False, text[end:])) if piece]


def _lines(text: str) -> str:
    """Cut long lines, and keep the last ones: the end of a traceback says what raised."""
    lines = str(text).split("\n")
    omitted = len(lines) - _MAX_ITEMS
    notice = [f"… {omitted} lines omitted"] if omitted > 0 else []
    return "\n".join([*notice, *(plain(line) for line in lines[-_MAX_ITEMS:])])


def _figures(graph: Mapping[str, Any]) -> tuple[list[str], list[list[Any]]]:
    """Return heading and rows of the data that a graph draws."""
    data = graph.get("data") or {}
    rows = (graph.get("datasets") or {}).get(data.get("name")) or data.get("values") or []
    head = list(dict.fromkeys(key for row in rows for key in row))
    return head, [[row.get(key) for key in head] for row in rows]
