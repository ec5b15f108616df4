"""Small workbooks from cells, as no library here writes them."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from tests.parsers.binary_files import zipped

Value: TypeAlias = str | int | float | tuple[float, int] | None
"""What a cell holds; a pair is a figure and the index of its style in `STYLES`."""
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
M = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_P = "http://schemas.openxmlformats.org/package/2006/relationships"
PLAIN, PERCENT, TENTHS, DATE = range(4)
STYLES = (
    '<numFmt numFmtId="170" formatCode="0.0%"/>',
    "".join(f'<xf numFmtId="{number}"/>' for number in (0, 9, 170, 14)),
)


def xlsx(
    sheets: Mapping[str, Sequence[Sequence[Value]]],
    *,
    merges: str = "",
    hidden: str = "",
    first: tuple[int, int] = (1, 1),
    parts: Mapping[str, tuple[str, str]] | None = None,
    people: str = "",
) -> bytes:
    """Sheets by name, from cell `first` on. `merges` is of the first sheet, as are the parts it points to, by kind and name."""
    names = list(sheets)
    listed = "".join(
        f'<sheet name="{name}" sheetId="{n}" r:id="s{n}"{" state=" + chr(34) + "hidden" + chr(34) if name == hidden else ""}/>'
        for n, name in enumerate(names, 1)
    )
    links = "".join(
        _link(f"s{n}", "worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(names) + 1)
    )
    links += _link("st", "styles", "styles.xml") + (
        _link("pe", "person", "persons.xml") if people else ""
    )
    members = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": _relations(_link("w", "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{M}" xmlns:r="{R}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relations(links),
        "xl/styles.xml": f'<styleSheet xmlns="{M}"><numFmts>{STYLES[0]}</numFmts><cellXfs>{STYLES[1]}</cellXfs></styleSheet>',
        "xl/persons.xml": people or "<personList/>",
    }
    for number, name in enumerate(names, 1):
        merged = (
            f'<mergeCells><mergeCell ref="{merges}"/></mergeCells>'
            if merges and number == 1
            else ""
        )
        rows = "".join(
            _row(first[0] + at, first[1], cells) for at, cells in enumerate(sheets[name])
        )
        members[f"xl/worksheets/sheet{number}.xml"] = (
            f'<worksheet xmlns="{M}"><sheetData>{rows}</sheetData>{merged}</worksheet>'
        )
    told = parts or {}
    more = "".join(_link(name, kind, f"../{name}.xml") for name, (kind, _) in told.items())
    members["xl/worksheets/_rels/sheet1.xml.rels"] = _relations(more)
    return zipped({**members, **{f"xl/{name}.xml": xml for name, (_, xml) in told.items()}})


def _row(number: int, left: int, cells: Sequence[Value]) -> str:
    return f'<row r="{number}">{"".join(_cell(number, left + at, value) for at, value in enumerate(cells))}</row>'


def _cell(row: int, column: int, value: Value) -> str:
    place = f'r="{chr(ord("A") + column - 1)}{row}"'
    if value is None:
        return ""
    if isinstance(value, str):
        return f'<c {place} t="inlineStr"><is><t>{value}</t></is></c>'
    figure, style = value if isinstance(value, tuple) else (value, PLAIN)
    return f'<c {place} s="{style}"><v>{figure}</v></c>'


def _relations(links: str) -> str:
    return f'<Relationships xmlns="{_P}">{links}</Relationships>'


def _link(name: str, kind: str, target: str) -> str:
    return f'<Relationship Id="{name}" Type="{R}/{kind}" Target="{target}"/>'
