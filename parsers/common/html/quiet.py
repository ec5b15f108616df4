"""Elements that are hidden from screen readers only: texts are read, icons and copies are not."""

import re
from collections.abc import Set
from itertools import islice

from lxml import etree

from vouch.parsers.common.html.left_out import mark_left_out
from vouch.parsers.common.html.names import MAX_ELEMENTS, is_overlaid, letters_of, names_of
from vouch.parsers.common.html.visibility import Node, name_of, shown_pieces
from vouch.schemas.documents.records import LeftOutKind

_QUIET = etree.XPath("descendant::*[@aria-hidden = 'true']")
_CLONE = re.compile(r"clone|duplicate", re.IGNORECASE)
_ICON = re.compile(r"(?:^|[\s_-])(?:icons?|fa[bsrl]?|glyphicons?|material|emoji)(?=$|[\s_-])", re.I)
_OFF_SCREEN = re.compile(r"(?:left|top|text-indent)\s*:\s*-\d{3,}|clip\s*:|font-size\s*:\s*0", re.I)
_MIN_COMPARED = 20  # letters; shorter texts are repeated with good reason
_MAX_BESIDE = 50  # elements


def show_drawn(root: Node) -> None:
    """Show what is hidden from screen readers only, other than icons, copies and notices."""
    quiet = dict.fromkeys(_QUIET(root)[:MAX_ELEMENTS])
    drawn = [(node, letters) for node in quiet if (letters := letters_of(node)) and _is_text(node)]
    if not drawn:
        return
    shown_letters = "".join(filter(str.isalnum, "".join(shown_pieces(root))))
    shown: set[Node] = set()
    for node, letters in drawn:
        if not shown.isdisjoint(node.iterancestors()):
            del node.attrib["aria-hidden"]
            continue
        is_long = len(letters) >= _MIN_COMPARED
        is_copy = (
            letters in shown_letters if is_long else _is_said_beside(node, letters, quiet.keys())
        )
        if is_copy or _CLONE.search(names_of(node)):
            mark_left_out(node, LeftOutKind.REPEATED)
        else:
            del node.attrib["aria-hidden"]
            shown.add(node)
            shown_letters += f" {letters}" if is_long else ""


def _is_text(node: Node) -> bool:
    """Return whether an element that screen readers skip is a text, rather than an icon or mark."""
    is_mark = name_of(node) in ("i", "svg", "img") or (node.get("href") or "").startswith("#")
    if is_mark or node.getparent() is None or letters_of(node).isdecimal():
        return False
    is_icon = _ICON.search(names_of(node)) or _OFF_SCREEN.search(node.get("style") or "")
    return not is_icon and not is_overlaid(node)


def _is_said_beside(node: Node, letters: str, quiet: Set[Node]) -> bool:
    """Return whether a text beside an element says the same for screen readers."""
    beside = islice((part for part in node.getparent() if part not in quiet), _MAX_BESIDE)
    return any(letters in letters_of(part) for part in beside)
