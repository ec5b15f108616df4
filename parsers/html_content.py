"""Which blocks of a page are its content, and on which side of it the others stand.

From the root, the way goes down as long as one child holds nearly all the text that is in no link: that child is the content.
What stands beside this way is looked at part by part, and set aside where it looks like the rest of a page: named as such,
short, full of links, about cookies. What cannot be told stays content; and where little would be left, all of it does.
"""

import itertools
from collections.abc import Callable, Sequence

from parsers.clean import one_line
from parsers.html_blocks import Block
from parsers.html_chrome import holds_notes, is_named_aside, landmarks, said_main
from parsers.html_visible import HEADINGS, Node, name_of
from parsers.html_weight import Weight, weights
from schemas.records import ElementType

_HOLDS = 0.8  # of its parent's text in no link: the child is gone down to
_RUNNING = 0.05  # of an element's text: so much in paragraphs of its own, and it is the content itself
_LINKED = 0.4  # of its characters in links: a part beside the content is navigation
_SHORT = 300  # characters; a part beside the content that has no more is seldom of it
_NOTICE = 1500  # characters; so long are notices on cookies and rights at most
_NAMED = 0.5  # of the page; a part that holds more is content, whatever it is called
_FEW = 3  # class names; where there are more, they tell the looks of a part and not its kind
_LEAST = 0.25  # of the page; where less would be left, nothing is told apart
_MOST = 0.5  # of the text; a list of links that holds more is what the page is for
_PARTS = frozenset(
    "div section aside form table tbody tr td th ul ol li dl fieldset details center article header footer nav main body html "
    "span font b".split()
)
_LISTS = ("ul", "ol", "dl", "li")
_CELLS = ("tbody", "tr", "td", "th")
_KEPT_PARTS = frozenset((*_LISTS, *_CELLS, "table", "header", "footer", "span", "font", "b"))  # where they are in the content
_NO_STEPS = (*_LISTS, "header", "footer", "nav")
_NOTICES = ("div", "section", "aside", "form", "dialog", "footer", "header", "p")


def sides(nodes: Sequence[Node], blocks: Sequence[Block], title: str | None = None) -> list[ElementType | None]:
    """For each block None where it is content, else what it is. `nodes` are all of the page's; `title` is its own."""
    page = _Page(nodes, blocks, title)
    aside, told = page.aside(), page.told()
    kept, whole = (sum(n for n, out in zip(page.sizes, which, strict=True) if not out) for which in (aside, told))
    if kept < _LEAST * whole:
        aside = told
    if all(aside):
        aside = [block.node in page.landmarks for block in blocks]
    first = next((n for n, out in enumerate(aside) if not out and page.is_within(n)), len(aside))
    return [page.side(number, before=number < first) if out else None for number, out in enumerate(aside)]


class _Page:
    def __init__(self, nodes: Sequence[Node], blocks: Sequence[Block], title: str | None) -> None:
        root = nodes[0]
        self._root = root
        self._blocks = blocks
        self._nodes = nodes
        self._heads, self._named = _heads(blocks, title)
        self._weights = weights(self._nodes, blocks, frozenset(self._heads))
        self._main = said_main(root, blocks)
        way = self._way_down()
        self._way, self._end, self._within = set(way), way[-1], set(way[-1].iter())
        self._order = {node: number for number, node in enumerate(nodes)}
        self._next = dict(itertools.pairwise(way))  # by an element of the way: the one below it
        self.landmarks = landmarks(root)
        self._told = self._below(self._is_told)
        # Links count a little: else a page that is nothing but links would have no size.
        self.sizes = [max(0, len(block.text) - block.linked) + block.linked / 10 for block in blocks]

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
        first = found.index(False) if False in found else 0
        # The heading of a page often stands among its navigation.
        rescued = self._rescued(found, first)
        return [is_out and number != rescued for number, is_out in enumerate(found)]

    def _rescued(self, found: Sequence[bool], first: int) -> int | None:
        """The number of the heading to keep that stands before the first block of the content, which has none."""
        lost = all(found[n] for n in self._heads)
        begins = not found[first] and self._blocks[first].type is ElementType.TITLE if self._blocks else True
        return next((n for n in self._heads if lost and n < first and not (begins and n not in self._named)), None)

    def told(self) -> list[bool]:
        """Whether each block stands in what says of itself that it is no content."""
        return [block.node in self._told for block in self._blocks]

    def _below(self, is_aside: Callable[[Node], bool]) -> set[Node]:
        """The elements for which that holds, and all that stand in them."""
        out: set[Node] = set()
        for node in self._nodes:
            if node.getparent() in out or (node not in self._way and is_aside(node)):
                out.add(node)
        return out

    def _is_skip_link(self, block: Block) -> bool:
        """A link that stands right beside the content, in no part of its own."""
        is_link = block.linked >= len(block.text.strip()) and block.type is ElementType.PARAGRAPH
        return is_link and block.node in self._way and block.node is not self._end

    def _way_down(self) -> list[Node]:
        """The elements from the root to the one that holds the content."""
        if self._main is not None:
            return [*reversed(list(self._main.iterancestors())), self._main]
        way = [self._root]
        while (node := self._heaviest(way[-1])) is not None:
            way.append(node)
        return way

    def _heaviest(self, node: Node) -> Node | None:
        """The child that holds nearly everything; none where there is running text beside it."""
        parts = [child for child in node if _is_part(name_of(child)) and name_of(child) not in _NO_STEPS]
        best = max(parts, key=self._plain, default=None)
        if best is None or self._plain(best) < _HOLDS * max(1, self._plain(node)):
            return None
        running = sum(self._plain(child) for child in node if not _is_part(name_of(child)) and child in self._weights)
        return best if running < _RUNNING * self._plain(node) else None

    def _plain(self, node: Node) -> int:
        """What an element that is not named as something else holds in no link."""
        weight = self._weights[node]
        return 0 if weight.notice else weight.plain

    def _is_aside(self, node: Node) -> bool:
        weight, name = self._weights[node], name_of(node)
        if node in self._told:
            return True
        if node.getparent() in self._next:
            return self._looks_aside(node, name, weight)
        is_list = _is_part(name) and name not in _KEPT_PARTS and weight.is_link_list and not self._is_most(weight)
        return is_list and not (weight.head or _belongs(node, name))

    def _is_most(self, weight: Weight) -> bool:
        """Whether a list of links is most of the content: that of an index page is what the page is for."""
        return weight.text > _MOST * self._weights[self._end].text

    def _is_told(self, node: Node) -> bool:
        weight = self._weights[node]
        if node in self.landmarks or (weight.notice and name_of(node) in _NOTICES):
            return True
        return not weight.head and weight.plain < _NAMED * self._weights[self._root].plain and is_named_aside(node)

    def _looks_aside(self, node: Node, name: str, weight: Weight) -> bool:
        """Of a part beside the content."""
        if self._main is not None:
            return True
        if not _is_part(name) or holds_notes(node):
            return False
        if weight.text and weight.linked >= _LINKED * weight.text:
            return not (self._is_after(node) and weight.text > _MOST * self._weights[self._root].text)
        if weight.head or name in _LISTS or self._is_alike(node):
            return False
        return (weight.text < _SHORT and not weight.solid) or (weight.text < _NOTICE and (weight.cookie or weight.legal))

    def _is_after(self, node: Node) -> bool:
        """Whether a part beside the content comes after it."""
        return self._order[node] > self._order[self._next[node.getparent()]]

    def _is_alike(self, node: Node) -> bool:
        """Whether it is a section, or of the same kind as the part that holds the content: another post, another chapter."""
        if name_of(node) == "section" or "section" in (node.get("class") or "").split():
            return True
        on_way = self._next[node.getparent()]
        return name_of(node) not in _CELLS and node.tag == on_way.tag and _are_alike(node.get("class"), on_way.get("class"))


def _are_alike(one: str | None, other: str | None) -> bool:
    """Whether two class names are of one kind: none, the same, or few ("post odd", "post even") with the same first word."""
    first, second = (one or "").split(), (other or "").split()
    return first == second or (first[:1] == second[:1] and max(len(first), len(second)) <= _FEW)


def _is_part(name: str) -> bool:
    """Whether an element divides a page; those with a dash are of a page's own making, and mostly do."""
    return name in _PARTS or "-" in name


def _belongs(node: Node, name: str) -> bool:
    """Whether links are a part of the text: in a table, among its notes, or under one of its headings ("See also")."""
    before, above = node.getprevious(), node.getparent()
    if name == "table" or holds_notes(node) or (above is not None and name_of(above) in ("td", "th")):
        return True
    return before is not None and (name_of(before) in HEADINGS or (len(before) > 0 and name_of(before[0]) in HEADINGS))


def _heads(blocks: Sequence[Block], title: str | None) -> tuple[list[int], list[int]]:
    """The numbers of the blocks that may be the heading of the page: what its title begins with, else its one `h1`.

    And those that are so by the title.
    """
    page = (title or "").casefold()
    titles = [(n, one_line(block.text).casefold()) for n, block in enumerate(blocks) if block.type is ElementType.TITLE]
    named = [n for n, text in titles if text and page.startswith(text)]
    first = [n for n, _ in titles if blocks[n].level == 1]
    return named or (first if len(first) == 1 else []), named
