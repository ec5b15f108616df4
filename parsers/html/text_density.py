"""How much text, and of what sort, is below each element of a page; all counts are of characters."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import islice

from vouch.parsers.common.clean import one_line
from vouch.parsers.common.html_blocks import Block
from vouch.parsers.common.html_visibility import Node, name_of
from vouch.schemas.records import ElementType

_LABEL = 80  # a shorter paragraph may be a label, a longer one says something
_LINK_LIST = 0.5  # of the characters
_CARD = 120  # a longer text in a link is more than the name of what it leads to
_NOTICE = 1500  # a notice on cookies is shorter, a text on cookies longer
_BUTTON = re.compile("btn|button", re.IGNORECASE)
_FEW = 20  # pieces of text of a button
_LEGAL = (
    "©", "copyright", "(c) 19", "(c) 20", "all rights reserved", "alle rechte vorbehalten", "tous droits réservés",
    "todos los derechos", "tutti i diritti", "todos os direitos", "все права", "版权所有", "保留所有权利",
)  # fmt: skip
_AGREE = re.compile(
    r"\b(?:accept|agree|allow|got it|ok|okay|understood|reject|decline|preferences|acept|rechaz|refus|akzept|zustimm|ablehn|"
    r"einverstanden|verstanden|aceit|accett|rifiut)|同意|接受|принять|согла|موافق|स्वीकार",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Weight:
    """Of one element and all below it."""

    text: int = 0
    linked: int = 0
    links: int = 0
    blocks: int = 0
    solid: int = 0  # in paragraphs, tables and code that are more than labels and lists of links
    cookie: bool = False
    agree: bool = False
    legal: bool = False
    head: bool = False  # it holds the page's own heading
    notice: bool = False  # it is the smallest element with a text on cookies and a button to agree

    @property
    def plain(self) -> int:
        """In no link."""
        return max(0, self.text - self.linked)

    @property
    def is_link_list(self) -> bool:
        """Links and hardly anything else; two links in one sentence make no list."""
        several = self.links > 2 or (self.links > 1 and self.blocks > 1)
        return several and self.linked >= _LINK_LIST * self.text and not self.solid

    def add(self, other: "Weight") -> None:
        self.text += other.text
        self.linked += other.linked
        self.links += other.links
        self.blocks += other.blocks
        self.solid += other.solid
        self.cookie |= other.cookie and not other.notice
        self.agree |= other.agree and not other.notice
        self.legal |= other.legal
        self.head |= other.head

    def count(self, block: Block, *, is_head: bool) -> None:
        """One block that stands in the element itself."""
        text = len(block.text.strip())
        # An anchor beside a heading leads to that heading: it makes no list of links.
        linked = (
            sum(end - start for start, end, _ in block.text.links)
            if block.type is ElementType.TITLE
            else block.linked
        )
        self.text += text
        self.linked += min(text, linked)
        self.links += block.anchors
        self.blocks += 1
        is_prose = text >= _LABEL and linked * 2 < text
        is_card = (
            text >= _CARD and block.anchors <= 1
        )  # all of it in one link: a summary that can be clicked
        is_data = block.type in (ElementType.TABLE, ElementType.CODE)
        if block.type is ElementType.TITLE:
            # The heading of a teaser is a link as a whole; one with links in it says something, as signatures do.
            self.solid += text if 0 < linked < text else 0
        else:
            self.solid += text if is_prose or is_card or is_data else 0
        if text < _NOTICE:
            said = block.text.lower()
            self.cookie |= "cookie" in said
            self.legal |= _is_legal(said)
        self.head |= is_head


def _is_legal(text: str) -> bool:
    for words in _LEGAL:  # noqa: SIM110 - of each block; `any` takes three times as long
        if words in text:
            return True
    return False


def weights(
    nodes: Sequence[Node], blocks: Sequence[Block], heads: Collection[int]
) -> dict[Node, Weight]:
    """Of the elements that blocks stand in, in document order.

    `nodes` are all of the page's in that order; `heads` are the numbers of the blocks that may be the page's own heading.
    """
    found: dict[Node, Weight] = {}
    for number, block in enumerate(blocks):
        _at(found, block.node).count(block, is_head=number in heads)
    may_agree = any(weight.cookie for weight in found.values())
    for node in reversed(nodes):
        if may_agree and _is_button(node) and _agrees(node):
            _at(found, node).agree = True
        if weight := found.get(node):
            weight.notice = weight.cookie and weight.agree and weight.text < _NOTICE
            if (above := node.getparent()) is not None:
                _at(found, above).add(weight)
    return {node: found[node] for node in nodes if node in found}


def _at(found: dict[Node, Weight], node: Node) -> Weight:
    if node not in found:
        found[node] = Weight()
    return found[node]


def _agrees(button: Node) -> bool:
    return _AGREE.search(one_line("".join(islice(button.itertext(), _FEW))[:100])) is not None


def _is_button(node: Node) -> bool:
    name = name_of(node)
    if name not in ("a", "span"):
        return name == "button"
    return (
        node.get("role") == "button"
        or _BUTTON.search((node.get("class") or "")[:_NOTICE]) is not None
    )
