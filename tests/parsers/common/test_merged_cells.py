"""Merged cells: values are repeated in their rows, within bounds."""

from vouch.parsers.common.merged_cells import filled_down


def test_merges_past_two_million_places_are_ignored():
    rows = [["", "label", "x"], *([["", "", "x"]] * 2_999)]
    label = (0, 1, 1, 1)
    overlapping = [(0, 0, 2_999, 0)] * 700
    assert filled_down(rows, [label])[1] == ["", "label", "x"]
    assert filled_down(rows, [*overlapping, label])[1] == ["", "", "x"]
