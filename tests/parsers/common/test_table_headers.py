"""Which leading rows of a table name its columns."""

import pytest

from vouch.parsers.common.table_headers import header_rows, rows_above_columns_of_figures

YEARS = [["Region", "2020", "2021"], ["North", "3", "4"], ["South", "6", "8"]]
PAIRS = [["Name", "Ada"], ["Born", "1815"], ["Children", "3"], ["Town", "London"]]
SPANNING = [["", "Length", ""], ["Quay", "from", "to"], ["North", "3", "40"], ["South", "6", ""]]


@pytest.mark.parametrize(
    ("rows", "above_columns", "count"),
    [
        (YEARS, 1, 1),
        (SPANNING, 2, 2),
        ([["", "name", "value"], ["0", "a", "1"], ["1", "b", "2"]], 1, 1),
        # Pairs of labels and values look like a header above figures to a sheet only.
        (PAIRS, 0, 1),
        ([["Quay", "Depth"], ["North", "deep"], ["South", "shallow"]], 0, 1),
        ([["1", "2"], ["3", "4"], ["5", "6"]], 0, 0),
        ([["Quay", "Depth"]], 0, 0),
        ([], 0, 0),
    ],
)
def test_rows_of_words_and_years_above_figures_are_headers(rows, above_columns, count):
    assert rows_above_columns_of_figures(rows) == above_columns
    assert header_rows(rows) == count
