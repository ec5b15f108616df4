"""Reject an .xlsx for which calamine would allocate far more memory than the file has content.

calamine allocates the whole rectangle that the cells of a sheet span, and as many shared strings
as the file declares. One stray cell in the last corner of a sheet asks for hundreds of gigabytes,
and kills the process where there is less. (A damaged .xls can do the same; there the memory limit
of the parser process contains it.)
"""

import re
import zipfile

from vouch.parsers.common.zip_safety import read_member, reading
from vouch.schemas.documents.records import Reason
from vouch.schemas.errors import DocumentRejected

# Above it the cells of a sheet alone would fill the memory that a parser may use.
MAX_CELLS = 5_000_000
_SHEET = b"sheetData"
_STRING_COUNT = re.compile(rb'\suniqueCount="(\d{1,20})"')
_MAX_DIGITS = 30  # of a row's number, which has seven
_HEAD = 4096  # bytes of the shared strings, in which their root element is
# References of cells in any notation that XML and calamine allow.
_COLUMN = re.compile(rb"\sr\s*=\s*[\"']([A-Za-z]{1,9})\d")
_LARGE_ROW = rb"\sr\s*=\s*[\"'][A-Za-z]{0,9}(\d{%d,})"
_CELL = re.compile(rb"<(?:[\w.-]+:)?c[\s/>]")
_ATTRIBUTES = rb"(?:\s(?:[^<>\"'/]|\"[^<\"]*+\"|'[^<']*+')*+)?"
_BLANK_CELL = re.compile(rb"<(?:[\w.-]+:)?c%s(?:/>|>\s*+</(?:[\w.-]+:)?c\s*+>)" % _ATTRIBUTES)
_ROW = re.compile(rb"<(?:[\w.-]+:)?row%s/?>" % _ATTRIBUTES)


def check_spans(archive: zipfile.ZipFile) -> None:
    """Raise `DocumentRejected` (unsafe) where a sheet or the shared strings are too large."""
    for member in archive.infolist():
        name = member.filename.lower()
        if name.endswith("sharedstrings.xml"):
            with reading(member), archive.open(member) as stream:
                _check_strings(stream.read(_HEAD), member.file_size)
        # Relationships may lead to a sheet of any name.
        elif _SHEET in (xml := read_member(archive, member)):
            _check_sheet(name.rpartition("/")[2], xml)


def _check_strings(head: bytes, size: int) -> None:
    count = max((int(digits) for digits in _STRING_COUNT.findall(head)), default=0)
    check_strings(count, size)


def check_strings(count: int, size: int) -> None:
    """Raise `DocumentRejected` (unsafe) for more strings than `size` bytes can hold."""
    if count > size:  # no string takes less than a byte
        raise DocumentRejected(
            Reason.UNSAFE, f"the workbook declares {count:,} texts, in {size:,} bytes"
        )


def _check_sheet(name: str, xml: bytes) -> None:
    rows, columns = _span(xml)
    if rows * columns > MAX_CELLS:
        # Only cells with a value are allocated; some programs write a row for each that there is.
        xml = _BLANK_CELL.sub(b"", xml)
        is_named = len(_CELL.findall(xml)) <= len(_COLUMN.findall(xml))
        rows, columns = _span(_ROW.sub(b"", xml) if is_named else xml)
    check_span(name, rows, columns)


def _span(xml: bytes) -> tuple[int, int]:
    """Return the numbers of rows and columns that a sheet has, or more."""
    named = _COLUMN.findall(xml)
    # A cell without a reference is behind the one before it.
    unnamed = len(_CELL.findall(xml)) - len(named)
    columns = max(1, unnamed, *map(_column, set(named)))
    # Only row numbers with as many digits as a row over the limit are compared: most sheets have
    # none, and a set of all row numbers would take longer than parsing.
    digits = len(str(MAX_CELLS // columns))
    large = re.compile(_LARGE_ROW % digits)
    rows = (int(row.lstrip(b"0")[:_MAX_DIGITS] or b"0") for row in set(large.findall(xml)))
    return max(rows, default=1), columns


def check_span(name: str, rows: int, columns: int) -> None:
    """Raise `DocumentRejected` (unsafe) for a sheet of too many cells."""
    if rows * columns > MAX_CELLS:
        message = (
            f"the sheet {name} spans {rows:,} rows by {columns:,} columns; "
            f"at most {MAX_CELLS:,} cells are read"
        )
        raise DocumentRejected(Reason.UNSAFE, message)


def _column(letters: bytes) -> int:
    """Return the number of a column, from 1: A is 1, AA is 27."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number
