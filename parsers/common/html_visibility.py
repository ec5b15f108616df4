"""What a browser shows of an HTML tree."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import TypeAlias

from lxml import etree

from vouch.parsers.common.links import Gatherer, Linked, links_in, target_of

Node: TypeAlias = etree._Element

SKIPPED = frozenset(
    "script style noscript template svg iframe object embed canvas video audio select datalist map link meta title".split()
)
HEADINGS = {f"h{level}": level for level in range(1, 7)}
BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset "
    "figcaption figure footer form frameset header hgroup hr html legend li main menu nav ol optgroup p "
    "pre section summary table tbody td tfoot th thead tr ul".split()
) | set(HEADINGS)
_MARKS = frozenset("¶ § # 🔗 ⚓ ↩ ↩︎ ⏎ ↑ ^ \uf0c1".split())
_FEW = 50  # pieces of text
_HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


def name_of(node: Node) -> str:
    """The tag, which the parser gives in lower case; empty for what is no element."""
    tag = node.tag
    return tag if type(tag) is str else ""


def is_shown(node: Node, name: str) -> bool:
    """False for what is never drawn, and for what is hidden."""
    if name in SKIPPED:
        return False
    if (
        name == "a"
        and (node.text or "").strip() in _MARKS
        and (node.get("href") or "").startswith("#")
    ):
        return False  # a permalink beside a heading, or the way back from a note
    if name == "button" and not _is_heading(node):
        return False  # a control
    keys = node.keys()
    if not keys:
        return True
    if "hidden" in keys or ("aria-hidden" in keys and node.get("aria-hidden") == "true"):
        return False
    return "style" not in keys or not _hides(node.get("style") or "")


def _hides(style: str) -> bool:
    lower = (
        style.lower()
    )  # what most say is told faster by parts of the words, in letters without other forms
    suspect = ("play" in lower and "none" in lower) or ("ty" in lower and "dden" in lower)
    return suspect and _HIDING.search(style) is not None


def _is_heading(button: Node) -> bool:
    """Whether a button is all that a heading says: then it folds out what is below it."""
    heading = next((above for above in button.iterancestors() if name_of(above) in HEADINGS), None)
    return heading is not None and _beginning(heading) == _beginning(button)


def _beginning(node: Node) -> str:
    return "".join("".join(islice(node.itertext(), _FEW)).split())


def events(root: Node) -> Iterator[tuple[str, Node, str]]:
    """`start` and `end` of each shown element, with its name; and `tail` with the text after it, where there is any.

    In document order, without recursion.
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
                walk.skip_subtree()
            continue
        if node is hidden:
            hidden = None
        else:
            yield "end", node, name
        if node is not root and (text := node.tail):
            yield "tail", node, text


def shown_text(root: Node, base: str = "") -> Linked:
    """The text of a subtree on one line, with its links; breaks and block borders count as spaces."""
    if len(root) == 0 and name_of(root) in BLOCKS:
        return Linked(" ".join((root.text or "").split()) if is_shown(root, name_of(root)) else "")
    gathered = Gatherer()
    for event, node, name in events(root):
        if event == "tail":
            gathered.add(name)
            continue
        if name in BLOCKS or name == "br":
            gathered.add(" ")
        if event == "start":
            if name == "a":
                gathered.open(target_of(node.get("href"), base))
            gathered.add(f" {node.get('alt')} " if name == "img" and node.get("alt") else "")
            gathered.add(node.text or "")
        elif name == "a":
            gathered.close()
    raw = gathered.take()
    made = " ".join(raw.split())
    return Linked(made, links_in(raw, made))
