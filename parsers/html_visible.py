"""What a browser shows of an HTML tree."""

import re
from collections.abc import Iterator
from typing import TypeAlias

from lxml import etree

Node: TypeAlias = etree._Element

SKIPPED = frozenset(
    "script style noscript template svg head iframe object embed canvas video audio select button "
    "datalist map link meta".split()
)
SPACE = re.compile(r"\s+")
_HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


def name_of(node: Node) -> str:
    """The tag in lower case; empty for what is no element."""
    return node.tag.lower() if isinstance(node.tag, str) else ""


def is_shown(node: Node) -> bool:
    """False for what is never drawn, and for what is hidden."""
    if name_of(node) in SKIPPED or node.get("hidden") is not None or node.get("aria-hidden") == "true":
        return False
    return not _HIDING.search(node.get("style") or "")


def events(root: Node) -> Iterator[tuple[str, Node]]:
    """`start`, `end` and `tail` of each shown element, in document order, without recursion."""
    walk = etree.iterwalk(root, events=("start", "end"))
    hidden: Node | None = None
    for event, node in walk:
        if event == "start":
            if is_shown(node):
                yield "start", node
            else:
                hidden = node
                walk.skip_subtree()
            continue
        if node is hidden:
            hidden = None
        else:
            yield "end", node
        if node is not root:
            yield "tail", node


def shown_text(root: Node) -> str:
    """The text of a subtree on one line; breaks and block borders count as spaces."""
    pieces: list[str] = []
    for event, node in events(root):
        if event == "start":
            name = name_of(node)
            pieces.append(" " if name in ("br", "p", "div", "li", "tr", "td", "th") else "")
            pieces.append(node.get("alt") or "" if name == "img" else "")
            pieces.append(node.text or "")
        elif event == "tail":
            pieces.append(node.tail or "")
    return SPACE.sub(" ", "".join(pieces)).strip()
