"""Write small workbooks from cells; no library here writes them."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from tests.parsers.binary_files import zipped

Value: TypeAlias = str | int | float | tuple[float, int] | None
"""The value of a cell; a pair is a figure and the index of its style in `STYLES`."""
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
M = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_P = "http://schemas.openxmlformats.org/package/2006/relationships"
_T = "http://schemas.openxmlformats.org/package/2006/content-types"
PLAIN, PERCENT, TENTHS, DATE = range(4)
_FORMATS = '<numFmt numFmtId="170" formatCode="0.0%"/>'
STYLES = "".join(f'<xf numFmtId="{number}"/>' for number in (0, 9, 170, 14))


def xlsx(
    sheets: Mapping[str, Sequence[Sequence[Value]]],
    *,
    merges: str = "",
    hidden: str = "",
    first: tuple[int, int] = (1, 1),
    parts: Mapping[str, tuple[str, str]] | None = None,
    people: str = "",
) -> bytes:
    """Return a workbook of sheets by name, whose rows start at the cell `first`.

    `merges` is a merged range of the first sheet, `hidden` the name of a hidden sheet. `parts` are
    those the first sheet refers to, as kind and XML by name.
    """
    parts = parts or {}
    links = [_link(f"s{n}", "worksheet", f"worksheets/sheet{n}.xml") for n in _numbers(sheets)]
    links.append(_link("st", "styles", "styles.xml"))
    links += [_link("pe", "person", "persons.xml")] if people else []
    state = {name: ' state="hidden"' if name == hidden else "" for name in sheets}
    listed = "".join(
        f'<sheet name="{name}" sheetId="{n}" r:id="s{n}"{state[name]}/>'
        for n, name in enumerate(sheets, 1)
    )
    members = {
        "[Content_Types].xml": f'<Types xmlns="{_T}"/>',
        "_rels/.rels": _relations([_link("w", "officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": f'<workbook xmlns="{M}" xmlns:r="{R}"><sheets>{listed}</sheets>'
        "</workbook>",
        "xl/_rels/workbook.xml.rels": _relations(links),
        "xl/styles.xml": f'<styleSheet xmlns="{M}"><numFmts>{_FORMATS}</numFmts>'
        f"<cellXfs>{STYLES}</cellXfs></styleSheet>",
        "xl/persons.xml": people or "<personList/>",
        "xl/worksheets/_rels/sheet1.xml.rels": _relations(
            [_link(name, kind, f"../{name}.xml") for name, (kind, _) in parts.items()]
        ),
    }
    for n, rows in enumerate(sheets.values(), 1):
        data = "".join(_row(first[0] + row, first[1], cells) for row, cells in enumerate(rows))
        merged = f'<mergeCells><mergeCell ref="{merges}"/></mergeCells>' if merges else ""
        members[f"xl/worksheets/sheet{n}.xml"] = (
            f'<worksheet xmlns="{M}"><sheetData>{data}</sheetData>{merged if n == 1 else ""}'
            "</worksheet>"
        )
    return zipped({**members, **{f"xl/{name}.xml": xml for name, (_, xml) in parts.items()}})


def _numbers(sheets: Mapping[str, object]) -> range:
    return range(1, len(sheets) + 1)


def _row(number: int, left: int, cells: Sequence[Value]) -> str:
    columns = (_cell(number, left + column, value) for column, value in enumerate(cells))
    return f'<row r="{number}">{"".join(columns)}</row>'


def _cell(row: int, column: int, value: Value) -> str:
    place = f'r="{chr(ord("A") + column - 1)}{row}"'
    if value is None:
        return ""
    if isinstance(value, str):
        return f'<c {place} t="inlineStr"><is><t>{value}</t></is></c>'
    figure, style = value if isinstance(value, tuple) else (value, PLAIN)
    return f'<c {place} s="{style}"><v>{figure}</v></c>'


def _relations(links: Sequence[str]) -> str:
    return f'<Relationships xmlns="{_P}">{"".join(links)}</Relationships>'


def _link(name: str, kind: str, target: str) -> str:
    return f'<Relationship Id="{name}" Type="{R}/{kind}" Target="{target}"/>'
