"""Read the number formats of cells of binary workbooks, which calamine leaves out.

The records are those of [MS-XLS] for .xls, also of Excel 5, and of [MS-XLSB] for .xlsb. Damaged
ones end the reading: then the cells behind them are shown as they are.
"""

import struct
from collections.abc import Iterator, Mapping

from vouch.parsers.office.ooxml_package import Package
from vouch.parsers.office.sheets.number_format import BUILT_IN, NumberFormat, number_format
from vouch.parsers.office.sheets.xlsb_size_guard import records
from vouch.parsers.office.sheets.xlsx_metadata import Place, SheetExtras

# Kinds of records in .xls ([MS-XLS] 2.3).
_BOF, _EOF, _BOUND_SHEET, _FORMAT, _XF = {0x809}, 0x0A, 0x85, {0x41E, 0x1E}, 0xE0
_CELLS = {0x203, 0x27E, 0x06, 0xFD, 0x204}  # NUMBER, RK, FORMULA, LABELSST, LABEL
_SEVERAL, _SEVERAL_SIZE = 0xBD, 6  # MULRK, and the bytes of each of its cells
_BIFF8 = 0x600
_WIDE = 0x1  # fHighByte of a string
# Kinds of records in .xlsb ([MS-XLSB] 2.3).
_LISTED_SHEET, _CODE, _BEGIN_STYLES, _END_STYLES, _STYLE, _ROW, _END_OF_CELLS = (
    156,
    44,
    617,
    618,
    47,
    0,
    146,
)
_BINARY_CELLS = {2, 5, 6, 7, 8, 9, 62}  # numbers and texts, of formulas too
_MAX_CODE = 255  # characters that Excel allows


def xls_extras(stream: bytes) -> Iterator[SheetExtras]:
    """Yield the formats of the cells of each sheet of an .xls, from its workbook's stream."""
    codes, styles, starts = dict(BUILT_IN), [], []
    is_wide = stream[4:6] == _BIFF8.to_bytes(2, "little")
    for kind, data in _records(stream, 0):
        if kind in _FORMAT and len(data) > 4:
            codes[_short(data, 0)] = _code(data[2:], is_wide=is_wide)
        elif kind == _XF:
            styles.append(_short(data, 2))
        elif kind == _BOUND_SHEET:
            starts.append(int.from_bytes(data[:4], "little"))
        elif kind == _EOF:  # of the workbook's own records; those of the sheets follow
            break
    formats = _by_style(codes, styles)
    for start in starts:
        yield SheetExtras(_cells(stream, start, formats) if formats else ())


def xlsb_extras(package: Package) -> Iterator[SheetExtras]:
    """Yield the formats of the cells of each sheet of an .xlsb."""
    workbook = next(iter(package.related("", "officeDocument")), "xl/workbook.bin")
    targets = package.relationships(workbook)
    codes, styles, is_style = dict(BUILT_IN), [], False
    data = package.data(next(iter(package.related(workbook, "styles")), "xl/styles.bin"))
    for kind, start in records(data):
        if kind == _CODE:
            codes[_short(data, start)] = _wide_text(data, start + 2)
        elif kind in (_BEGIN_STYLES, _END_STYLES):
            is_style = kind == _BEGIN_STYLES
        elif kind == _STYLE and is_style:
            styles.append(_short(data, start + 2))
    formats = _by_style(codes, styles)
    data = package.data(workbook)
    for kind, start in records(data):
        if kind == _LISTED_SHEET:
            part = targets.get(_wide_text(data, start + 8), ("", ""))[1]
            yield SheetExtras(
                _binary_cells(package.data(part), formats) if formats else (), part=part
            )


def _by_style(codes: Mapping[int, str], styles: list[int]) -> dict[int, NumberFormat]:
    formats = (number_format(codes.get(style, "")) for style in styles)
    return {index: shown for index, shown in enumerate(formats) if shown is not None}


def _records(stream: bytes, place: int) -> Iterator[tuple[int, bytes]]:
    """Yield kind and content of the records from a place on."""
    while place + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, place)
        yield kind, stream[place + 4 : place + 4 + size]
        place += 4 + size


def _cells(
    stream: bytes, start: int, formats: Mapping[int, NumberFormat]
) -> Iterator[tuple[Place, NumberFormat]]:
    depth = 0  # charts within a sheet have cells of their own
    for kind, data in _records(stream, start):
        if kind in _BOF or kind == _EOF:
            depth += 1 if kind in _BOF else -1
            if depth <= 0:
                return
        elif depth > 1 or len(data) < 6:
            continue
        elif kind in _CELLS:
            row, column, style = struct.unpack_from("<HHH", data)
            if style in formats:
                yield (row, column), formats[style]
        elif kind == _SEVERAL:
            row, column = struct.unpack_from("<HH", data)
            for number, place in enumerate(range(4, len(data) - 2, _SEVERAL_SIZE)):
                if (style := _short(data, place)) in formats:
                    yield (row, column + number), formats[style]


def _binary_cells(
    data: bytes, formats: Mapping[int, NumberFormat]
) -> Iterator[tuple[Place, NumberFormat]]:
    row = 0
    for kind, start in records(data):
        if kind == _ROW:
            row = _long(data, start)
        elif kind in _BINARY_CELLS:
            style = _long(data, start + 4) & 0xFFFFFF
            if style in formats:
                yield (row, _long(data, start)), formats[style]
        elif kind == _END_OF_CELLS:
            return


def _code(data: bytes, *, is_wide: bool) -> str:
    """Return the code of a FORMAT record: of bytes before Excel 97, else of one or two a letter."""
    if not is_wide:
        return data[1 : 1 + data[0]].decode("cp1252", "replace")
    length, flags = _short(data, 0), data[2]
    if flags & _WIDE:
        return data[3 : 3 + 2 * length].decode("utf-16-le", "replace")
    return data[3 : 3 + length].decode("latin-1")


def _wide_text(data: bytes, start: int) -> str:
    length = min(_long(data, start), _MAX_CODE)
    return data[start + 4 : start + 4 + 2 * length].decode("utf-16-le", "replace")


def _short(data: bytes, start: int) -> int:
    return int.from_bytes(data[start : start + 2], "little")


def _long(data: bytes, start: int) -> int:
    return int.from_bytes(data[start : start + 4], "little")
