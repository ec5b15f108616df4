"""Write small binary workbooks (.xlsb) from cells; no library here writes them.

Records, [MS-XLSB] 2.1.4: kind and size in bytes of seven bits each, then the content.
"""

import struct
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TypeAlias

from tests.parsers.binary_files import zipped

Value: TypeAlias = str | float | bool | date | tuple[float, str] | None
"""The value of a cell, or a figure with the code of its number format as a pair."""
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_ROW, _BOOL, _REAL, _TEXT, _SHARED = 0, 4, 5, 6, 7
_SHEET, _END_SHEET, _BOOK, _END_BOOK, _SHEETS, _END_SHEETS, _LISTED = (
    129,
    130,
    131,
    132,
    143,
    144,
    156,
)
_CELLS, _END_CELLS, _STRINGS, _END_STRINGS, _STRING, _DIMENSION = 145, 146, 159, 160, 19, 148
_STYLES, _END_STYLES, _FORMATS, _END_FORMATS, _FORMAT, _CODE = 278, 279, 617, 618, 47, 44
_FIRST_CODE = 200
_FIRST_DAY = date(1899, 12, 30)
DATE = 14  # the built-in number format of dates


def xlsb(
    sheets: Mapping[str, Sequence[Sequence[Value]]],
    *,
    hidden: str = "",
    first: tuple[int, int] = (0, 0),
    shared: Sequence[str] = (),
    shared_count: int | None = None,
) -> bytes:
    """Return a workbook of sheets by name, whose rows start at the cell `first`.

    Texts among `shared` are written once, in the part of shared strings, of which `shared_count`
    is what it declares.
    """
    listed = b"".join(
        record(_LISTED, struct.pack("<II", name == hidden, n) + wide(f"r{n}") + wide(name))
        for n, name in enumerate(sheets, 1)
    )
    links = [f'<Relationship Id="r{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.bin"/>'
             for n, _ in enumerate(sheets, 1)]  # fmt: skip
    strings = b"".join(record(_STRING, b"\0" + wide(text)) for text in shared)
    count = len(shared) if shared_count is None else shared_count
    codes = list(dict.fromkeys(
        value[1] for rows in sheets.values() for row in rows for value in row
        if isinstance(value, tuple)
    ))  # fmt: skip
    written = b"".join(
        record(_CODE, struct.pack("<H", n) + wide(code))
        for n, code in enumerate(codes, _FIRST_CODE)
    )
    numbers = (0, DATE, *range(_FIRST_CODE, _FIRST_CODE + len(codes)))
    formats = b"".join(
        record(_FORMAT, struct.pack("<HHHHHBBH", 0, n, 0, 0, 0, 0, 0, 0)) for n in numbers
    )
    main = f"{_OFFICE}/officeDocument"
    members: dict[str, str | bytes] = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="bin" '
        'ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="w" Type="{main}" Target="xl/workbook.bin"/></Relationships>',
        "xl/workbook.bin": record(_BOOK) + record(_SHEETS) + listed + record(_END_SHEETS) + record(_END_BOOK),
        "xl/_rels/workbook.bin.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f"{''.join(links)}</Relationships>",
        "xl/styles.bin": record(_STYLES) + written
        + record(_FORMATS, struct.pack("<I", len(numbers))) + formats
        + record(_END_FORMATS) + record(_END_STYLES),
        "xl/sharedStrings.bin": record(_STRINGS, struct.pack("<II", count, count)) + strings
        + record(_END_STRINGS),
    }  # fmt: skip
    for n, rows in enumerate(sheets.values(), 1):
        cells = b"".join(
            record(_ROW, struct.pack("<I", first[0] + number) + bytes(13))
            + b"".join(
                _cell(first[1] + column, value, shared, codes) for column, value in enumerate(row)
            )
            for number, row in enumerate(rows)
        )
        span = struct.pack("<IIII", first[0], first[0] + len(rows), first[1], first[1] + 9)
        members[f"xl/worksheets/sheet{n}.bin"] = (
            record(_SHEET) + record(_DIMENSION, span) + record(_CELLS) + cells
            + record(_END_CELLS) + record(_END_SHEET)
        )  # fmt: skip
    return zipped(members)


def record(kind: int, content: bytes = b"") -> bytes:
    """Return a record."""
    head = bytes([kind]) if kind < 0x80 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size = len(content)
    while size >= 0x80:
        head += bytes([size & 0x7F | 0x80])
        size >>= 7
    return head + bytes([size]) + content


def wide(text: str) -> bytes:
    """Return a text with its length before it."""
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def _cell(column: int, value: Value, shared: Sequence[str], codes: Sequence[str]) -> bytes:
    if value is None:
        return b""
    style = 1 if isinstance(value, date) else 0
    if isinstance(value, tuple):
        value, style = value[0], 2 + codes.index(value[1])
    place = struct.pack("<II", column, style)
    if isinstance(value, bool):
        return record(_BOOL, place + bytes([value]))
    if isinstance(value, date):
        return record(_REAL, place + struct.pack("<d", (value - _FIRST_DAY).days))
    if isinstance(value, (int, float)):
        return record(_REAL, place + struct.pack("<d", value))
    if value in shared:
        return record(_SHARED, place + struct.pack("<I", shared.index(value)))
    return record(_TEXT, place + wide(value))
