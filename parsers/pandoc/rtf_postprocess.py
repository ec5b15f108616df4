"""Turn the marks of `vouch.parsers.pandoc.rtf_markers` in pandoc's tree into lists and cells."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from vouch.parsers.pandoc.inlines import Node, Tree
from vouch.parsers.pandoc.rtf_markers import END, ITEM, LABEL, MAX_DEPTH, MERGED

_MARK = re.compile(f"([{chr(ITEM)}-{chr(END - 1)}]){chr(END)}")
_LABEL = chr(LABEL) + chr(END)
_MERGED = chr(MERGED) + chr(END)


def resolve_marks(blocks: Sequence[Node]) -> list[Node]:
    """Return the blocks with lists and tall cells, and without marks."""
    return list(_resolved(blocks))


def _resolved(blocks: Sequence[Node]) -> Iterator[Node]:
    indents: list[int] = []  # of the hanging items that the next one may be nested in
    for block in blocks:
        mark = _mark_of(block)
        if mark is None:
            indents = []
            yield _table(block) if block["t"] == "Table" else _without_marks(block)
        elif ITEM <= mark <= ITEM + MAX_DEPTH:
            yield _item(block, mark - ITEM)
        else:
            # An item is nested in the nearest one above with a smaller indent.
            indents = [*(indent for indent in indents if indent < mark), mark][: MAX_DEPTH + 1]
            yield _item(block, len(indents) - 1)


def _mark_of(block: Node) -> int | None:
    """Return the mark that a paragraph begins with."""
    if block["t"] not in ("Para", "Plain") or not block["c"] or block["c"][0]["t"] != "Str":
        return None
    match = _MARK.match(block["c"][0]["c"])
    return ord(match[1]) if match else None


def _item(block: Node, depth: int) -> Node:
    """Return an item in as many lists as it is deep; one with a number is a `LabelledItem`."""
    first = block["c"][0]
    label, mark, rest = first["c"].partition(_LABEL)
    if mark:
        first["c"] = rest
    item: Node = _without_marks(block)
    item = (
        {"t": "LabelledItem", "c": [_MARK.sub("", label), item]}
        if mark
        else {"t": "BulletList", "c": [[item]]}
    )
    for _ in range(depth):
        item = {"t": "BulletList", "c": [[item]]}
    return item


def _without_marks(node: Tree) -> Tree:
    if isinstance(node, str):
        return _MARK.sub("", node)
    if isinstance(node, list):
        return [_without_marks(item) for item in node]
    if isinstance(node, dict):
        return {key: _without_marks(value) for key, value in node.items()}
    return node


def _table(block: Node) -> Node:
    """Extend cells down over those that continue them, and resolve the marks in the others."""
    *first, bodies, foot = block["c"]
    for body in bodies:
        above: dict[int, list[Any]] = {}
        for row in body[3]:
            cells = row[1]
            row[1] = [
                cell
                for column, cell in enumerate(cells)
                if not (_is_merged(cell) and column in above)
            ]
            for column, cell in enumerate(cells):
                if _is_merged(cell) and column in above:
                    above[column][2] += 1
                else:
                    above[column] = cell
                    cell[4] = resolve_marks(cell[4])
    return {"t": "Table", "c": [*first, bodies, foot]}


def _is_merged(cell: Sequence[Any]) -> bool:
    return len(cell[4]) == 1 and cell[4][0].get("c") == [{"t": "Str", "c": _MERGED}]
