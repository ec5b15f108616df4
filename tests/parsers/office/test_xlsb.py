"""Binary workbooks (.xlsb): cells, sheets, and limits before anything is allocated."""

from datetime import date

import pytest

from tests.parsers.office.xlsb_writer import xlsb
from vouch.parsers.registry import parse, read
from vouch.schemas.documents.records import Reason
from vouch.schemas.errors import DocumentRejected

CELLS = [["Name", "Rate", "Since", "Open"], ["Ada", 12.5, date(2024, 2, 29), True]]


@pytest.mark.parametrize("name", ["rates.xlsb", "rates.bin", "rates"])
def test_cells_are_read_as_those_of_other_workbooks(name: str) -> None:
    sheets = {"Rates": [*CELLS, ["Grüße", 3, None, False]], "Old": [["x", "y"], [1, 2]]}
    reading = read(xlsb(sheets, hidden="Old", shared=["Ada"]), name)
    assert reading.read_by == "spreadsheet"
    assert reading.document.text == (
        "Rates\n\nName | Rate | Since | Open\nAda | 12.5 | 2024-02-29 | TRUE\n"
        "Grüße | 3 |  | FALSE\n\nOld\n\nx | y\n1 | 2"
    )
    assert ("hidden_sheets", ("Old",)) in reading.document.metadata.extra


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"first": (1_048_575, 16_383)}, "spans 1,048,577 rows by 16,387 columns"),
        ({"first": (2**31, 2**31)}, "spans 2,147,483,650 rows"),
        ({"shared_count": 2**31}, "declares 2,147,483,648 texts"),
    ],
)
def test_workbooks_of_impossible_sizes_are_unsafe(options, message) -> None:
    with pytest.raises(DocumentRejected, match=message) as raised:
        parse(xlsb({"a": CELLS}, **options), "a.xlsb")
    assert raised.value.reason == Reason.UNSAFE
