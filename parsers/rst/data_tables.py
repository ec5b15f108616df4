"""Tables that reStructuredText's directives hold as comma-separated values or as a list of lists."""

import csv
from collections.abc import Mapping, Sequence

from vouch.parsers.rst.grid_table import RawCell
from vouch.parsers.rst.nodes import Cell, Kind, Node

_DELIMITERS = {"tab": "\t", "space": " "}


def from_csv(content: Sequence[str], options: Mapping[str, str]) -> tuple[list[list[RawCell]], int]:
    """Rows, and how many of them are headings."""
    header = options.get("header", "")
    delimiter = _DELIMITERS.get(options.get("delim", ""), options.get("delim", ",")[:1] or ",")
    lines = [*([header] if header else []), *content]
    quote = options.get("quote", '"')[:1] or '"'
    try:
        rows = list(
            csv.reader(
                [f"{line}\n" for line in lines],
                delimiter=delimiter,
                quotechar=quote,
                skipinitialspace=True,
            )
        )
    except (
        csv.Error,
        ValueError,
    ):  # longer than csv reads, or signs that it does not take for borders
        rows = [[line] for line in lines]
    return [[(cell.split("\n"), 1, 1) for cell in row] for row in rows if row], _count(
        options
    ) + bool(header)


def from_list(nodes: Sequence[Node], options: Mapping[str, str]) -> list[Node]:
    """A list whose items hold lists, as a table; as it is where it is another list."""
    rows = [node.blocks for node in nodes]
    if not all(node.kind is Kind.ITEM for node in nodes) or not all(
        one.kind is Kind.ITEM for row in rows for one in row
    ):
        return list(nodes)
    cells = [[Cell(item.blocks) for item in row] for row in rows]
    return [Node(Kind.TABLE, rows=cells, level=_count(options))] if cells else []


def _count(options: Mapping[str, str]) -> int:
    told = options.get("header-rows", "0")
    return int(told) if told.isdecimal() and len(told) < 4 else 0
