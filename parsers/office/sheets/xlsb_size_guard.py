"""Reject an .xlsb for which calamine would allocate far more memory than the file has content.

The limits are those of `xlsx_size_guard`, on the binary records of [MS-XLSB] 2.1.4.
"""

import zipfile
from collections.abc import Iterator

from vouch.parsers.common.zip_safety import read_member
from vouch.parsers.office.sheets.xlsx_size_guard import check_span, check_strings

# BrtBeginSheet, BrtRowHdr, BrtEndSheetData, BrtBeginSst
_SHEET, _ROW, _END_OF_CELLS, _STRINGS = 129, 0, 146, 159
_CELLS = range(2, 12)  # BrtCellRk to BrtFmlaError: blank ones are not allocated


def check_binary_spans(archive: zipfile.ZipFile) -> None:
    """Raise `DocumentRejected` (unsafe) where a sheet or the shared strings are too large."""
    for member in archive.infolist():
        data = read_member(archive, member)
        # The first record says which parts are sheets: their names may be any.
        kind, start = next(records(data), (0, 0))
        if kind == _STRINGS:
            check_strings(_number(data, start + 4), len(data))
        elif kind == _SHEET:
            _check_sheet(member.filename.rpartition("/")[2], data)


def _check_sheet(name: str, data: bytes) -> None:
    row = rows = columns = 1
    for kind, start in records(data):
        if kind == _ROW:
            row = _number(data, start) + 1
        elif kind in _CELLS:
            rows = max(rows, row)
            columns = max(columns, _number(data, start) + 1)
        elif kind == _END_OF_CELLS:
            break
    check_span(name, rows, columns)


def records(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield the kind of each record of .xlsb and where its content begins, up to a damaged one."""
    place, end = 0, len(data)
    while place < end:
        kind = data[place]
        place += 1
        if kind & 0x80 and place < end:  # the second of two bytes of seven bits each
            kind = (kind & 0x7F) | (data[place] & 0x7F) << 7
            place += 1
        size = 0
        for shift in (0, 7, 14, 21):
            if place >= end:
                return
            byte = data[place]
            place += 1
            size |= (byte & 0x7F) << shift
            if byte < 0x80:
                break
        yield kind, place
        place += size


def _number(data: bytes, start: int) -> int:
    return int.from_bytes(data[start : start + 4], "little")
