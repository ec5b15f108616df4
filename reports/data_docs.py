"""Great Expectations' Data Docs in its own words and our HTML: one page for each validation result, and an index.

Its renderers give content, which is data: sentences with their parameters, tables, lists. Only its views, which make HTML of
them, are left out: they put names of columns and values of cells into the page as they are, and load scripts from elsewhere.
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
from vouch.reports.page import render, write
from vouch.schemas.run import Outcome

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuiteValidationResult

ValidationResult: TypeAlias = "ExpectationSuiteValidationResult | Mapping[str, Any]"
"""As Great Expectations gives it, or its `to_json_dict()`."""
_LIMIT = 40  # rows of a table, lines of a text, items of a list; the rest is counted
_WHOLE = "Table-Level Expectations"  # its own heading for what is about no single column


@dataclass(frozen=True, slots=True)
class Row:
    """An expectation and its result: `statement` and `observed` are content, as the renderers give it, in JSON."""

    outcome: Outcome
    statement: Any
    observed: Any


@dataclass(frozen=True, slots=True)
class Page:
    """A validation result; `sections` are the rows about the whole table and about each column."""

    file: str
    name: str
    sections: dict[str, list[Row]]

    @property
    def counts(self) -> Counter[Outcome]:
        """How many expectations came out in each way, all ways in their order."""
        found = Counter(row.outcome for rows in self.sections.values() for row in rows)
        return Counter({outcome: found[outcome] for outcome in Outcome})


def write_data_docs(results: Sequence[ValidationResult], folder: Path) -> Path:
    """Write `index.html` and a page for each result into `folder`; returns the index's path, which is written last."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = [_page(place, result) for place, result in enumerate(results, start=1)]
    for page in pages:
        _write(folder / page.file, page.name, [page], page=page)
    return _write(folder / "index.html", "Data Docs", pages, page=None)


def _write(path: Path, name: str, pages: Sequence[Page], page: Page | None) -> Path:
    """One file, at once or not at all."""
    import great_expectations

    counts = Counter({outcome: sum(one.counts[outcome] for one in pages) for outcome in Outcome})
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
    told = {"limit": _LIMIT, "pieces": _pieces, "lines": _lines, "figures": _figures}
    return write(render("data_docs.html.j2", **values, **told), path)


def _page(place: int, result: ValidationResult) -> Page:
    """A result's page, from its JSON: that holds no numbers of numpy, at which some of the renderers stumble."""
    told = _json(
        result if isinstance(result, Mapping) else result.to_json_dict(), object_hook=_no_content
    )
    name = str(told["suite_name"])
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40]
    sections: dict[str, list[Row]] = {}
    for one in told["results"]:
        sections.setdefault(
            str(one["expectation_config"]["kwargs"].get("column", _WHOLE)), []
        ).append(_row(one))
    return Page(file=f"{place}-{slug}.html".replace("-.", "."), name=name, sections=sections)


def _row(result: dict[str, Any]) -> Row:
    info = result.get("exception_info") or {}
    raised = any(
        one.get("raised_exception") for one in (info, *info.values()) if isinstance(one, dict)
    )
    outcome = (
        Outcome.NOT_CHECKED if raised else Outcome.PASSED if result["success"] else Outcome.FAILED
    )
    return Row(outcome, *_content(result))


def _content(result: dict[str, Any]) -> tuple[Any, Any]:
    """Statement and observed value. Its type and arguments, where this version has no such expectation to put in words."""
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
    """Where one of its renderers fails, a part of a sentence is missing; the log would hold the data's words."""
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
        json.dumps(value, default=lambda one: one.item() if hasattr(one, "item") else str(one)),
        **options,
    )


def _no_content(value: dict[str, Any]) -> dict[str, Any] | str:
    """A cell of the data that looks like what the renderers give is its text, and nothing else."""
    return str(value) if "content_block_type" in value else value


def _pieces(template: Mapping[str, Any]) -> list[tuple[bool, str]]:
    """A sentence in pieces, `(whether it is a parameter's value, text)`: a value is never read as a template again."""
    text, parameters = str(template.get("template", "")), template.get("params") or {}
    found, end = [], 0
    for match in Template.pattern.finditer(text):
        name = match["named"] or match["braced"]
        if match["escaped"] or name in parameters:
            value = (True, str(parameters[name])) if name in parameters else (False, "$")
            found += [(False, text[end : match.start()]), value]
            end = match.end()
    return [(is_value, piece) for is_value, piece in (*found, (False, text[end:])) if piece]


def _lines(text: str) -> str:
    """Long lines cut, and all but the last ones left out: what raised stands at the end of a traceback."""
    every = str(text).split("\n")
    left_out = [f"… {len(every) - _LIMIT} lines left out"] if len(every) > _LIMIT else []
    return "\n".join([*left_out, *(plain(line) for line in every[-_LIMIT:])])


def _figures(graph: Mapping[str, Any]) -> tuple[list[str], list[list[Any]]]:
    """The table behind a graph, heading and rows: of the figures that it names, or holds."""
    data = graph.get("data") or {}
    rows = (graph.get("datasets") or {}).get(data.get("name")) or data.get("values") or []
    head = list(dict.fromkeys(key for row in rows for key in row))
    return head, [[row.get(key) for key in head] for row in rows]
