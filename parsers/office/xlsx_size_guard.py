"""How much memory calamine would set aside for an .xlsx, found before it does: for all of the rectangle that cells reach over,
and for as many shared texts as the file says it has.

One stray cell in the last corner of a sheet asks for hundreds of gigabytes, and ends the process where they are not
there. (A damaged .xls can do the same; there the parser's own process is the border.)
"""

import re
import zipfile

from vouch.parsers.common.zip_safety import read_member, reading
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.records import Reason

# Past this a sheet's cells alone would fill the memory that a parser may use.
MAX_CELLS = 5_000_000
_TEXTS = re.compile(rb'\suniqueCount="(\d{1,20})"')
_HEAD = 4096
_COLUMN = re.compile(rb'\sr="([A-Z]{1,3})')


def check_spans(archive: zipfile.ZipFile) -> None:
    """Raise `DocumentRejected` (unsafe) for an .xlsx that asks for more memory than it has content."""
    for member in archive.infolist():
        name = member.filename.lower()
        if "worksheets/" in name and name.endswith(".xml"):
            _check_sheet(name.rpartition("/")[2], read_member(archive, member))
        elif name.endswith("sharedstrings.xml"):
            with reading(member), archive.open(member) as stream:
                _check_texts(stream.read(_HEAD), member.file_size)


def _check_texts(head: bytes, size: int) -> None:
    """No text takes less than a byte."""
    told = max((int(one) for one in _TEXTS.findall(head)), default=0)
    if told > size:
        raise DocumentRejected(
            Reason.UNSAFE, f"the workbook says it has {told:,} texts, in {size:,} bytes"
        )


def _check_sheet(name: str, xml: bytes) -> None:
    columns = max(map(_column, set(_COLUMN.findall(xml))), default=1)
    # Only rows with as many digits as would be too many are looked at, which in most sheets are none.
    digits = len(str(MAX_CELLS // columns))
    large = re.compile(rb'\sr="[A-Z]{0,3}(\d{%d,7})"' % digits)
    rows = max(map(int, set(large.findall(xml))), default=1)
    if rows * columns > MAX_CELLS:
        message = f"the sheet {name} spans {rows:,} rows by {columns:,} columns; at most {MAX_CELLS:,} cells are read"
        raise DocumentRejected(Reason.UNSAFE, message)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number
