"""Read charts and diagrams of Office files: the figures of a chart, and the texts of a diagram.

They are read from DrawingML (ISO/IEC 29500-1, 21.2), which python-pptx exposes for some kinds of
charts only: three-dimensional ones, stocks and surfaces are read too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.text.clean import one_line
from vouch.parsers.common.xml.tree import Xml, attribute, child, name_of
from vouch.parsers.office.sheets.number_format import shown_by

_CACHES = ("strCache", "numCache", "strLit", "numLit", "multiLvlStrCache")


@dataclass(frozen=True, slots=True)
class _Series:
    """The labels and values of a series by the index of their point."""

    name: str
    labels: dict[int, str]
    values: dict[int, str]


def add_chart(builder: DocumentBuilder, chart: Xml) -> None:
    """Add the title of a chart, and its figures as tables with a column for each series.

    Series with the same labels share a table; the points of a scatter plot have labels of
    their own.
    """
    builder.paragraph("\n".join(filter(None, chart_titles(chart))))
    by_labels: dict[tuple[tuple[int, str], ...], list[_Series]] = {}
    for series in map(_series, chart.iter("{*}ser")):
        by_labels.setdefault(tuple(series.labels.items()), []).append(series)
    for columns in by_labels.values():
        builder.table(list(_rows(columns)), header_rows=1)


def chart_titles(chart: Xml) -> Iterator[str]:
    """Yield the titles of a chart and of its axes."""
    for title in chart.iter("{*}title"):
        yield _text(title, "v")


def diagram_texts(data: Xml) -> Iterator[str]:
    """Yield the texts of a SmartArt diagram, from the part that holds its data."""
    for paragraph in data.iter("{*}p"):
        yield "".join(run.text or "" for run in paragraph.iter("{*}t"))


def _rows(columns: Sequence[_Series]) -> Iterator[list[str]]:
    points = sorted({point for series in columns for point in (*series.labels, *series.values)})
    if not points:
        return
    yield ["", *(series.name for series in columns)]
    for point in points:
        label = columns[0].labels.get(point, "")
        yield [label, *(series.values.get(point, "") for series in columns)]


def _series(element: Xml) -> _Series:
    name = child(element, "tx")
    return _Series(
        "" if name is None else _text(name, "v"),
        _points(_first_child(element, "cat", "xVal")),
        _points(_first_child(element, "val", "yVal")),
    )


def _first_child(element: Xml, *names: str) -> Xml | None:
    children = (child(element, name) for name in names)
    return next((node for node in children if node is not None), None)


def _points(data: Xml | None) -> dict[int, str]:
    """Return values by index; of labels on several levels, the outer ones before the inner one."""
    # The cache holds the values as last drawn: the workbook inside the file need not be opened.
    nodes = [] if data is None else data.iter()
    cache = next((node for node in nodes if name_of(node) in _CACHES), None)
    if cache is None:
        return {}
    if name_of(cache) != "multiLvlStrCache":
        return dict(_level(cache))
    inner, *outer = [dict(_level(level)) for level in cache if name_of(level) == "lvl"] or [{}]
    return {point: " ".join([*_outer_labels(outer, point), text]) for point, text in inner.items()}


def _outer_labels(levels: Sequence[dict[int, str]], point: int) -> list[str]:
    """Return the label of each outer level for a point, the outermost first.

    An outer label is stored at the first point it covers: the nearest one at or before `point`.
    """
    nearest = (max((start for start in level if start <= point), default=None) for level in levels)
    labels = [level[at] for level, at in zip(levels, nearest, strict=True) if at is not None]
    return labels[::-1]


def _level(cache: Xml) -> Iterator[tuple[int, str]]:
    is_number = name_of(cache).startswith("num")
    code = child(cache, "formatCode")
    of_all = "" if code is None else code.text or ""
    for point in (node for node in cache if name_of(node) == "pt"):
        # Points without a value are left out, so that indices have gaps.
        index, value = attribute(point, "idx") or "", child(point, "v")
        if index.isdigit() and value is not None:
            text = value.text or ""
            code_of_point = attribute(point, "formatCode")
            yield (
                int(index),
                _figure(text, code_of_point or of_all) if is_number else one_line(text),
            )


def _figure(text: str, code: str) -> str:
    """Return a value of a chart as its number format shows it."""
    try:
        return shown_by(code, float(text))
    except ValueError:
        return one_line(text)


def _text(element: Xml, *more_names: str) -> str:
    """Return the text of `t` elements, and of elements with other names where given."""
    names = ("t", *more_names)
    return one_line("".join(node.text or "" for node in element.iter() if name_of(node) in names))
