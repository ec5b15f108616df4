"""Workbooks for which calamine would allocate far more memory than they have content."""

import pytest

from tests.parsers.binary_files import parse, zipped
from vouch.schemas.errors import DocumentRejected


@pytest.mark.parametrize(
    "cells",
    [
        '<c r="XFD1048576"><v>1</v></c>',
        '<row r="1048576"><c r="Z1048576"><v>1</v></c></row>',
        '<x:row r="3"/><x:c s="1" r="AAA9000"><x:v>1</x:v></x:c>',
    ],
)
def test_a_sheet_with_a_cell_in_the_last_corner_is_unsafe(cells):
    sheet = {"xl/worksheets/sheet1.xml": f"<sheetData>{cells}</sheetData>"}
    with pytest.raises(DocumentRejected, match=r"unsafe.*sheet1.xml spans"):
        parse(zipped(sheet), "a.xlsx")


def test_a_workbook_that_declares_more_strings_than_bytes_is_unsafe():
    strings = {"xl/sharedStrings.xml": '<sst count="9" uniqueCount="99999999999"/>'}
    with pytest.raises(DocumentRejected, match=r"unsafe.*99,999,999,999 texts"):
        parse(zipped(strings), "a.xlsx")
