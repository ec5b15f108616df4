"""Which blocks of a page are its content, and on which side of it the others stand.

From the root, the way goes down as long as one child holds nearly all the text that is in no link: that child is the content.
What stands beside this way is looked at part by part, and set aside where it looks like the rest of a page: named as such,
short, full of links, about cookies. What cannot be told stays content; and where little would be left, all of it does.
"""

import itertools
from collections.abc import Callable, Sequence
from functools import cached_property

from vouch.parsers.common.html_blocks import Block
from vouch.parsers.common.html_landmarks import declared_main, landmarks
from vouch.parsers.common.html_visibility import Node, name_of
from vouch.parsers.html.content_path import (
    CELLS,
    LISTS,
    are_alike,
    belongs,
    is_part,
    page_heads,
    way_down,
    way_to,
)
from vouch.parsers.html.landmarks import holds_notes, is_named_aside
from vouch.parsers.html.text_density import Weight, weights
from vouch.schemas.records import ElementType

_LINKED = 0.4  # of its characters in links: a part beside the content is navigation
_SHORT = 300  # characters; a part beside the content that has no more is seldom of it
_NOTICE = 1500  # characters; so long are notices on cookies and rights at most
_NAMED = 0.5  # of the page; a part that holds more is content, whatever it is called
_LEAST = 0.25  # of the page; where less would be left, only what says of itself that it is no content is set aside
_MOST = 0.5  # of the text; a list of links that holds more is what the page is for
_KEPT = frozenset(
    (*LISTS, *CELLS, "table", "header", "footer", "span", "font", "b")
)  # where they are within the content
_NOTICES = ("div", "section", "aside", "form", "dialog", "footer", "header", "p")


def sides(
    nodes: Sequence[Node], blocks: Sequence[Block], title: str | None = None
) -> list[ElementType | None]:
    """For each block None where it is content, else what it is. `nodes` are all of the page's; `title` is its own."""
    if not blocks:
        return []
    page = _Page(nodes, blocks, title)
    aside, told = page.aside(), page.told()
    kept, whole = (
        sum(n for n, out in zip(page.sizes, which, strict=True) if not out)
        for which in (aside, told)
    )
    if kept < _LEAST * whole:
        aside = told
    if all(aside):
        aside = [block.node in page.landmarks for block in blocks]
    first = next((n for n, out in enumerate(aside) if not out and page.is_within(n)), len(aside))
    return [
        page.side(number, before=number < first) if out else None
        for number, out in enumerate(aside)
    ]


class _Page:
    def __init__(self, nodes: Sequence[Node], blocks: Sequence[Block], title: str | None) -> None:
        self._root, self._blocks = nodes[0], blocks
        self._heads, self._named = page_heads(blocks, title)
        self._weights = weights(nodes, blocks, frozenset(self._heads))
        self._nodes = list(self._weights)  # all that matter: no block stands in any other
        self._named_most = _NAMED * self._weights[self._root].plain
        self.landmarks = landmarks(self._nodes)
        self._told = self._below(self._is_told)
        self._main = declared_main(self._root, blocks)
        way = (
            way_to(self._main)
            if self._main is not None
            else way_down(self._nodes, blocks, self._told)
        )
        self._way, self._end, self._within = frozenset(way), way[-1], frozenset(way[-1].iter())
        self._next = dict(itertools.pairwise(way))  # by an element of the way: the one below it
        # Links count a little: else a page that is nothing but links would have no size.
        self.sizes = [
            max(0, len(block.text) - block.linked) + block.linked / 10 for block in blocks
        ]

    def is_within(self, number: int) -> bool:
        """Whether a block stands in what holds the content."""
        return self._blocks[number].node in self._within

    def side(self, number: int, *, before: bool) -> ElementType:
        """What a block that is no content becomes."""
        told = self.landmarks.get(self._blocks[number].node)
        return told or (ElementType.HEADER if before else ElementType.FOOTER)

    def aside(self) -> list[bool]:
        """Whether each block is set aside."""
        out = self._below(self._is_aside)
        found = [block.node in out or self._is_skip_link(block) for block in self._blocks]
        rescued = self._rescued(found)
        return [is_out and number != rescued for number, is_out in enumerate(found)]

    def _rescued(self, out: Sequence[bool]) -> int | None:
        """The number of the page's heading, where it stands before the content among what is set aside.

        Content that begins with a heading of its own needs none but one that the page's title tells.
        """
        if False not in out or not all(out[n] for n in self._heads):
            return None
        first = out.index(False)
        heads = self._named if self._blocks[first].type is ElementType.TITLE else self._heads
        return next((n for n in heads if n < first), None)

    def told(self) -> list[bool]:
        """Whether each block stands in what says of itself that it is no content."""
        return [block.node in self._told for block in self._blocks]

    def _below(self, is_aside: Callable[[Node], bool]) -> set[Node]:
        """The elements for which that holds, and all that stand in them."""
        out: set[Node] = set()
        for node in self._nodes:
            if node.getparent() in out or is_aside(node):
                out.add(node)
        return out

    def _is_skip_link(self, block: Block) -> bool:
        """A link that stands right beside the content, in no part of its own."""
        is_link = block.linked >= len(block.text.strip()) and block.type is ElementType.PARAGRAPH
        return is_link and block.node in self._way and block.node is not self._end

    def _is_aside(self, node: Node) -> bool:
        weight, name = self._weights[node], name_of(node)
        if node in self._way or node in self._told:
            return node not in self._way
        if node.getparent() in self._next:
            return self._looks_aside(node, name, weight)
        is_list = (
            is_part(name)
            and name not in _KEPT
            and weight.is_link_list
            and not self._is_most(weight)
        )
        return is_list and not (weight.head or belongs(node, name))

    def _is_most(self, weight: Weight) -> bool:
        """Whether a list of links is most of the content: that of an index page is what the page is for."""
        return weight.text > _MOST * self._weights[self._end].text

    def _is_told(self, node: Node) -> bool:
        weight = self._weights[node]
        if node in self.landmarks or (weight.notice and name_of(node) in _NOTICES):
            return True
        return not weight.head and weight.plain < self._named_most and is_named_aside(node)

    def _looks_aside(self, node: Node, name: str, weight: Weight) -> bool:
        """Of a part beside the content."""
        if self._main is not None:
            return True
        if not is_part(name) or holds_notes(node):
            return False
        if weight.text and weight.linked >= _LINKED * weight.text:
            return not (
                self._is_after(node) and weight.text > _MOST * self._weights[self._root].text
            )
        if weight.head or name in LISTS or self._is_alike(node):
            return False
        return (weight.text < _SHORT and not weight.solid) or (
            weight.text < _NOTICE and (weight.cookie or weight.legal)
        )

    def _is_after(self, node: Node) -> bool:
        """Whether a part beside the content comes after it."""
        return self._order[node] > self._order[self._next[node.getparent()]]

    @cached_property
    def _order(self) -> dict[Node, int]:
        return {node: number for number, node in enumerate(self._nodes)}

    def _is_alike(self, node: Node) -> bool:
        """Whether it is a section, or of the same kind as the part that holds the content: another post, another chapter."""
        if name_of(node) == "section" or "section" in (node.get("class") or "").split():
            return True
        on_way = self._next[node.getparent()]
        return (
            name_of(node) not in CELLS
            and node.tag == on_way.tag
            and are_alike(node.get("class"), on_way.get("class"))
        )
