"""Which parts of an HTML tree a browser shows, and their text."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import TypeAlias

from lxml import etree

from vouch.parsers.common.html.lists import LISTS, ListNumbers
from vouch.parsers.common.links import Linked, LinkedTextBuilder, links_in, target_of

Node: TypeAlias = etree._Element

SKIPPED = frozenset(
    "script style noscript template svg iframe object embed canvas video audio select datalist map "
    "link meta title rt rtc rp".split()
)
HEADINGS = {f"h{level}": level for level in range(1, 7)}
BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset "
    "figcaption figure footer form frameset header hgroup hr html legend li main menu nav ol "
    "optgroup p pre section summary table tbody td tfoot th thead tr ul".split()
) | set(HEADINGS)
_PERMALINK_MARKS = frozenset("¶ § # 🔗 ⚓ ↩ ↩︎ ⏎ ↑ ^ \uf0c1".split())
_COMPARED = 50  # pieces of text
# The attribute of an element that a repair of the page leaves out, with the kind of reason.
LEFT_OUT = "vouch-left-out"
HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


def name_of(node: Node) -> str:
    """Return the tag, which the parser gives in lower case; "" for what is no element."""
    tag = node.tag
    return tag if type(tag) is str else ""


def is_shown(node: Node, name: str) -> bool:
    """Return False for an element that is never drawn, is hidden, or is a control."""
    if name in SKIPPED:
        return False
    if (
        name == "a"
        and (node.text or "").strip() in _PERMALINK_MARKS
        and (node.get("href") or "").startswith("#")
    ):
        return False  # a permalink beside a heading, or the link back from a note
    if name == "button" and not _is_whole_heading(node):
        return False
    return not is_hidden(node)


def is_hidden(node: Node) -> bool:
    """Return whether an element says that it is hidden, with all that it holds."""
    keys = node.keys()
    if not keys:
        return False
    if "hidden" in keys and node.get("hidden") != "until-found":
        return True
    if LEFT_OUT in keys or ("aria-hidden" in keys and node.get("aria-hidden") == "true"):
        return True
    return "style" in keys and _hides(node.get("style") or "")


def _hides(style: str) -> bool:
    # Parts of the words rule out most styles faster than the expression does. They have no letter
    # that matches others without case, as K matches the Kelvin sign.
    lower = style.lower()
    suspect = ("play" in lower and "none" in lower) or ("ty" in lower and "dden" in lower)
    return suspect and HIDING.search(style) is not None


def _is_whole_heading(button: Node) -> bool:
    """Return whether a button is the whole text of a heading: then it unfolds what is below."""
    heading = next((above for above in button.iterancestors() if name_of(above) in HEADINGS), None)
    return heading is not None and _beginning(heading) == _beginning(button)


def _beginning(node: Node) -> str:
    return "".join("".join(islice(node.itertext(), _COMPARED)).split())


def events(root: Node, not_shown: list[Node] | None = None) -> Iterator[tuple[str, Node, str]]:
    """Walk the shown elements in document order, without recursion.

    Yields `start` and `end` of each element with its name, and `tail` with the text after it, where
    there is any. The outermost elements that are not shown are added to `not_shown`.
    """
    walk = etree.iterwalk(root, events=("start", "end"))
    hidden: Node | None = None
    for event, node in walk:
        tag = node.tag
        name = tag if type(tag) is str else ""  # as `name_of`, without the call
        if event == "start":
            if is_shown(node, name):
                yield "start", node, name
            else:
                hidden = node
                if not_shown is not None:
                    not_shown.append(node)
                walk.skip_subtree()
            continue
        if node is hidden:
            hidden = None
        else:
            yield "end", node, name
        if node is not root and (text := node.tail):
            yield "tail", node, text


def shown_pieces(root: Node) -> Iterator[str]:
    """Yield the pieces of text that are shown, as they are written."""
    for event, node, tail in events(root):
        yield tail if event == "tail" else (node.text or "") if event == "start" else ""


def shown_text(root: Node, base: str = "") -> Linked:
    """Return the text of a subtree on one line, with its links; breaks and blocks become spaces."""
    if len(root) == 0 and name_of(root) in BLOCKS:
        return Linked(" ".join((root.text or "").split()) if is_shown(root, name_of(root)) else "")
    linked = LinkedTextBuilder()
    numbers = ListNumbers()
    for event, node, name in events(root):
        if event == "tail":
            linked.add(name)
            continue
        if name in BLOCKS or name == "br":
            linked.add(" ")
        if name in LISTS:
            if event == "start":
                numbers.start(node, name)
            else:
                numbers.end()
        elif name == "li" and event == "start" and (marker := numbers.marker(node)) != "-":
            linked.add(f"{marker} ")
        if event == "start":
            if name == "a":
                linked.open(target_of(node.get("href"), base))
            linked.add(f" {node.get('alt')} " if name == "img" and node.get("alt") else "")
            linked.add(node.text or "")
        elif name == "a":
            linked.close()
    raw = linked.take()
    folded = " ".join(raw.split())
    return Linked(folded, links_in(raw, folded))
