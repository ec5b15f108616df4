"""How much text, and of what sort, is below each element of a page. Counts are characters."""

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import islice

from vouch.parsers.common.clean import one_line
from vouch.parsers.common.html_blocks import Block
from vouch.parsers.common.html_visibility import Node, name_of
from vouch.schemas.records import ElementType

MAX_NOTICE = 1500  # characters; a notice on cookies or rights is shorter, a text on them longer
_MAX_LABEL = 80  # a shorter paragraph may be a label
_MIN_LINKED = 0.5  # of the characters of a list of links
_MIN_CARD = 120  # a longer text in one link is more than the name of its target
_BUTTON = re.compile("btn|button", re.IGNORECASE)
_MAX_BUTTON_TEXTS = 20  # pieces of text of a button that are read
_MAX_BUTTON_LENGTH = 100
_MAX_CLASS = 1500  # characters of a `class` attribute that are looked at
_LEGAL = (
    "©",
    "copyright",
    "(c) 19",
    "(c) 20",
    "all rights reserved",
    "alle rechte vorbehalten",
    "tous droits réservés",
    "todos los derechos",
    "tutti i diritti",
    "todos os direitos",
    "все права",
    "版权所有",
    "保留所有权利",
)
_AGREE = re.compile(
    r"\b(?:accept|agree|allow|got it|ok|okay|understood|reject|decline|preferences|acept|rechaz"
    r"|refus|akzept|zustimm|ablehn|einverstanden|verstanden|aceit|accett|rifiut)"
    r"|同意|接受|принять|согла|موافق|स्वीकार",
    re.IGNORECASE,
)


@dataclass(slots=True)
class TextStats:
    """The text of one element and of all elements below it."""

    text: int = 0
    linked: int = 0
    links: int = 0
    blocks: int = 0
    solid: int = 0
    """In paragraphs, tables and code that are more than labels and lists of links."""
    mentions_cookies: bool = False
    has_agree_button: bool = False
    is_legal: bool = False
    has_heading: bool = False
    """Whether it holds the heading of the page."""
    is_notice: bool = False
    """Whether it is the smallest element with a text on cookies and a button to agree."""

    @property
    def plain(self) -> int:
        """Characters in no link."""
        return max(0, self.text - self.linked)

    @property
    def is_link_list(self) -> bool:
        """Whether it is links and hardly anything else; two links in one sentence are no list."""
        several = self.links > 2 or (self.links > 1 and self.blocks > 1)
        return several and self.linked >= _MIN_LINKED * self.text and not self.solid

    def add_child(self, child: "TextStats") -> None:
        """Add the counts of a child element, whose notice on cookies is not the parent's."""
        self.text += child.text
        self.linked += child.linked
        self.links += child.links
        self.blocks += child.blocks
        self.solid += child.solid
        self.mentions_cookies |= child.mentions_cookies and not child.is_notice
        self.has_agree_button |= child.has_agree_button and not child.is_notice
        self.is_legal |= child.is_legal
        self.has_heading |= child.has_heading

    def add_block(self, block: Block, *, is_page_heading: bool) -> None:
        """Add one block that is directly in the element."""
        is_title = block.type is ElementType.TITLE
        text = len(block.text.strip())
        linked = block.linked
        if is_title:
            # An anchor in a heading leads to that heading itself: it makes no list of links.
            linked = sum(end - start for start, end, _ in block.text.links)
        self.text += text
        self.linked += min(text, linked)
        self.links += block.anchors
        self.blocks += 1
        if is_title:
            # The heading of a teaser is a link as a whole; one with links in it is text, as the
            # signature of a function is.
            is_solid = 0 < linked < text
        else:
            is_prose = text >= _MAX_LABEL and linked * 2 < text
            is_card = text >= _MIN_CARD and block.anchors <= 1
            is_solid = is_prose or is_card or block.type in (ElementType.TABLE, ElementType.CODE)
        if is_solid:
            self.solid += text
        if text < MAX_NOTICE:
            lower = block.text.lower()
            self.mentions_cookies |= "cookie" in lower
            self.is_legal |= _is_legal(lower)
        self.has_heading |= is_page_heading


def _is_legal(text: str) -> bool:
    for words in _LEGAL:  # noqa: SIM110 - called for each block; `any` takes three times as long
        if words in text:
            return True
    return False


def text_stats(
    nodes: Sequence[Node], blocks: Sequence[Block], headings: Collection[int]
) -> dict[Node, TextStats]:
    """Return the counts of the elements that blocks are in or below, in document order.

    `nodes` are all elements of the page in document order; `headings` are the indexes of the blocks
    that may be the heading of the page.
    """
    stats: defaultdict[Node, TextStats] = defaultdict(TextStats)
    for index, block in enumerate(blocks):
        stats[block.node].add_block(block, is_page_heading=index in headings)
    has_cookie_text = any(counts.mentions_cookies for counts in stats.values())
    for node in reversed(nodes):
        if has_cookie_text and _is_button(node) and _agrees(node):
            stats[node].has_agree_button = True
        counts = stats.get(node)
        if counts is None:
            continue
        counts.is_notice = (
            counts.mentions_cookies and counts.has_agree_button and counts.text < MAX_NOTICE
        )
        if (parent := node.getparent()) is not None:
            stats[parent].add_child(counts)
    return {node: stats[node] for node in nodes if node in stats}


def _agrees(button: Node) -> bool:
    text = one_line("".join(islice(button.itertext(), _MAX_BUTTON_TEXTS))[:_MAX_BUTTON_LENGTH])
    return _AGREE.search(text) is not None


def _is_button(node: Node) -> bool:
    name = name_of(node)
    if name not in ("a", "span"):
        return name == "button"
    return (
        node.get("role") == "button"
        or _BUTTON.search((node.get("class") or "")[:_MAX_CLASS]) is not None
    )
