"""Write small workbooks from cells; no library here writes them."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import TypeAlias

from tests.parsers.binary_files import zipped

Value: TypeAlias = str | int | float | tuple[float | str, int | str] | None
"""The value of a cell: a formula with its result as `=SUM(A1) → 3`, or as a pair a figure or text
with the index of its style in `STYLES`, or with the code of its number format."""
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
M = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_P = "http://schemas.openxmlformats.org/package/2006/relationships"
_T = "http://schemas.openxmlformats.org/package/2006/content-types"
PLAIN, PERCENT, TENTHS, DATE = range(4)
_FORMATS = '<numFmt numFmtId="170" formatCode="0.0%"/>'
_BASE = (0, 9, 170, 14)
STYLES = "".join(f'<xf numFmtId="{number}"/>' for number in _BASE)
_FIRST_CODE = 200


def xlsx(
    sheets: Mapping[str, Sequence[Sequence[Value]]],
    *,
    merges: str = "",
    hidden: str = "",
    first: tuple[int, int] = (1, 1),
    parts: Mapping[str, tuple[str, str]] | None = None,
    people: str = "",
    links: Mapping[str, str] | None = None,
) -> bytes:
    """Return a workbook of sheets by name, whose rows start at the cell `first`.

    `merges` is a merged range of the first sheet, `hidden` the name of a hidden sheet. `parts` are
    those the first sheet refers to, as kind and XML by name; `links` are the addresses that its
    cells lead to.
    """
    codes = list(dict.fromkeys(
        value[1] for rows in sheets.values() for row in rows for value in row
        if isinstance(value, tuple) and isinstance(value[1], str)
    ))  # fmt: skip
    numbered = list(enumerate(codes, _FIRST_CODE))
    formats = "".join(
        f'<numFmt numFmtId="{number}" formatCode="{escape(code, True)}"/>'
        for number, code in numbered
    )
    styles = "".join(f'<xf numFmtId="{number}"/>' for number, _ in numbered)
    parts, outside = parts or {}, enumerate((links or {}).items())
    addressed = [(f"h{n}", reference, url) for n, (reference, url) in outside]
    relations = [_link(f"s{n}", "worksheet", f"worksheets/sheet{n}.xml") for n in _numbers(sheets)]
    relations.append(_link("st", "styles", "styles.xml"))
    relations += [_link("pe", "person", "persons.xml")] if people else []
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
        "xl/_rels/workbook.xml.rels": _relations(relations),
        "xl/styles.xml": f'<styleSheet xmlns="{M}"><numFmts>{_FORMATS}{formats}'
        f"</numFmts><cellXfs>{STYLES}{styles}</cellXfs></styleSheet>",
        "xl/persons.xml": people or "<personList/>",
        "xl/worksheets/_rels/sheet1.xml.rels": _relations(
            [_link(name, kind, f"../{name}.xml") for name, (kind, _) in parts.items()]
            + [_link(name, "hyperlink", url, "External") for name, _, url in addressed]
        ),
    }
    for n, rows in enumerate(sheets.values(), 1):
        data = "".join(
            _row(first[0] + row, first[1], cells, codes) for row, cells in enumerate(rows)
        )
        merged = f'<mergeCells><mergeCell ref="{merges}"/></mergeCells>' if merges else ""
        if addressed:
            cells = (f'<hyperlink ref="{place}" r:id="{name}"/>' for name, place, _ in addressed)
            merged += f"<hyperlinks>{''.join(cells)}</hyperlinks>"
        members[f"xl/worksheets/sheet{n}.xml"] = (
            f'<worksheet xmlns="{M}" xmlns:r="{R}"><sheetData>{data}</sheetData>'
            f"{merged if n == 1 else ''}</worksheet>"
        )
    return zipped({**members, **{f"xl/{name}.xml": xml for name, (_, xml) in parts.items()}})


def _numbers(sheets: Mapping[str, object]) -> range:
    return range(1, len(sheets) + 1)


def _row(number: int, left: int, cells: Sequence[Value], codes: Sequence[str]) -> str:
    columns = (_cell(number, left + column, value, codes) for column, value in enumerate(cells))
    return f'<row r="{number}">{"".join(columns)}</row>'


def _cell(row: int, column: int, value: Value, codes: Sequence[str]) -> str:
    place = f'r="{chr(ord("A") + column - 1)}{row}"'
    if value is None:
        return ""
    if isinstance(value, str) and value.startswith("="):
        formula, _, shown = value[1:].rpartition(" → ")
        return f'<c {place} t="str"><f>{formula}</f><v>{shown}</v></c>'
    if isinstance(value, str):
        return f'<c {place} t="inlineStr"><is><t>{value}</t></is></c>'
    figure, style = value if isinstance(value, tuple) else (value, PLAIN)
    if isinstance(style, str):
        style = len(_BASE) + codes.index(style)
    if isinstance(figure, str):
        return f'<c {place} s="{style}" t="inlineStr"><is><t>{figure}</t></is></c>'
    return f'<c {place} s="{style}"><v>{figure}</v></c>'


def _relations(links: Sequence[str]) -> str:
    return f'<Relationships xmlns="{_P}">{"".join(links)}</Relationships>'


def _link(name: str, kind: str, target: str, mode: str = "Internal") -> str:
    return f'<Relationship Id="{name}" Type="{R}/{kind}" Target="{target}" TargetMode="{mode}"/>'
