"""Charts and diagrams of Office files: the figures that a chart was drawn from, and the texts of a diagram.

Read from the XML, so that every kind of chart is: three-dimensional ones, stocks and surfaces too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.clean import one_line
from vouch.parsers.common.xml_tree import Xml, attribute, child, name_of
from vouch.parsers.office.sheet_tables import as_text

_CACHES = ("strCache", "numCache", "strLit", "numLit", "multiLvlStrCache")


@dataclass(frozen=True, slots=True)
class _Series:
    name: str
    labels: dict[int, str]
    values: dict[int, str]


def add_chart(builder: DocumentBuilder, chart: Xml) -> None:
    """A chart's title, and its figures as tables, one column a series; series with labels of their own are apart."""
    title = child(chart, "chart", "title")
    builder.paragraph("" if title is None else _text(title))
    together: dict[tuple[tuple[int, str], ...], list[_Series]] = {}
    for one in map(_series, chart.iter("{*}ser")):
        together.setdefault(tuple(one.labels.items()), []).append(one)
    for series in together.values():
        builder.table(list(_rows(series)), header_rows=1)


def diagram_texts(data: Xml) -> Iterator[str]:
    """The texts of SmartArt, from the part that holds its data."""
    for paragraph in data.iter("{*}p"):
        yield "".join(run.text or "" for run in paragraph.iter("{*}t"))


def _rows(series: Sequence[_Series]) -> Iterator[list[str]]:
    places = sorted({place for one in series for place in (*one.labels, *one.values)})
    if not places:
        return
    yield ["", *(one.name for one in series)]
    for place in places:
        yield [series[0].labels.get(place, ""), *(one.values.get(place, "") for one in series)]


def _series(element: Xml) -> _Series:
    told = child(element, "tx")
    labels = _first(element, "cat", "xVal")
    return _Series(
        "" if told is None else _text(told, "v"),
        _points(labels),
        _points(_first(element, "val", "yVal")),
    )


def _first(element: Xml, *names: str) -> Xml | None:
    return next((one for one in (child(element, name) for name in names) if one is not None), None)


def _points(data: Xml | None) -> dict[int, str]:
    """Values by their place; of labels on several levels, the outer one before the inner one."""
    cache = (
        next((one for one in data.iter() if name_of(one) in _CACHES), None)
        if data is not None
        else None
    )
    if cache is None:
        return {}
    if name_of(cache) != "multiLvlStrCache":
        return dict(_level(cache))
    inner, *outer = [dict(_level(level)) for level in cache if name_of(level) == "lvl"] or [{}]
    return {place: " ".join([*_above(outer, place), text]) for place, text in inner.items()}


def _above(levels: Sequence[dict[int, str]], place: int) -> list[str]:
    """What stands over a place on each outer level, the outermost first: the nearest label at or before it."""
    nearest = (max((one for one in level if one <= place), default=None) for level in levels)
    return [level[at] for level, at in zip(levels, nearest, strict=True) if at is not None][::-1]


def _level(cache: Xml) -> Iterator[tuple[int, str]]:
    for point in (one for one in cache if name_of(one) == "pt"):
        place, value = attribute(point, "idx") or "", child(point, "v")
        if place.isdigit() and value is not None:
            yield int(place), _figure(value.text or "", is_number=name_of(cache).startswith("num"))


def _figure(text: str, *, is_number: bool) -> str:
    try:
        return as_text(float(text)) if is_number else one_line(text)
    except ValueError:
        return one_line(text)


def _text(element: Xml, *more: str) -> str:
    return one_line(
        "".join(one.text or "" for one in element.iter() if name_of(one) in ("t", *more))
    )
