"""Tables in directives: `csv-table` (comma-separated values) and `list-table` (a list of lists)."""

import csv
from collections.abc import Mapping, Sequence

from vouch.parsers.rst.nodes import Cell, Kind, Node, RawCell

_DELIMITERS = {"tab": "\t", "space": " "}
_MAX_DIGITS = 3  # of a number of header rows


def csv_rows(content: Sequence[str], options: Mapping[str, str]) -> tuple[list[list[RawCell]], int]:
    """Return the rows of a `csv-table`, and how many of them are header rows."""
    header = options.get("header", "")
    lines = [*([header] if header else []), *content]
    delimiter = options.get("delim", ",")
    try:
        rows = list(
            csv.reader(
                [f"{line}\n" for line in lines],
                delimiter=_DELIMITERS.get(delimiter, delimiter[:1] or ","),
                quotechar=options.get("quote", '"')[:1] or '"',
                skipinitialspace=True,
            )
        )
    except (csv.Error, ValueError):
        # A field longer than csv's limit, or a delimiter that csv refuses: the text is kept.
        rows = [[line] for line in lines]
    cells = [[RawCell(text.split("\n")) for text in row] for row in rows if row]
    return cells, _header_rows(options) + bool(header)


def list_table(nodes: Sequence[Node], options: Mapping[str, str]) -> list[Node]:
    """Return the table of a `list-table`; a list whose items hold no lists stays as it is."""
    rows = [node.blocks for node in nodes]
    blocks = [*nodes, *(block for row in rows for block in row)]
    if not all(block.kind is Kind.ITEM for block in blocks):
        return list(nodes)
    cells = [[Cell(item.blocks) for item in row] for row in rows]
    return [Node(Kind.TABLE, rows=cells, level=_header_rows(options))] if cells else []


def _header_rows(options: Mapping[str, str]) -> int:
    written = options.get("header-rows", "0")
    return int(written) if written.isdecimal() and len(written) <= _MAX_DIGITS else 0
