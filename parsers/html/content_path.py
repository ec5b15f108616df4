"""The parts that the elements of a page divide it into, and the way through them to its content."""

from collections.abc import Container, Sequence

from vouch.parsers.common.clean import one_line
from vouch.parsers.common.html_blocks import Block
from vouch.parsers.common.html_visibility import HEADINGS, Node, name_of
from vouch.parsers.html.landmarks import holds_notes
from vouch.schemas.records import ElementType

LISTS = ("ul", "ol", "dl", "li")
CELLS = ("tbody", "tr", "td", "th")
_PARTS = frozenset(
    "div section aside form table tbody tr td th ul ol li dl fieldset details center article header footer nav main body html "
    "span font b".split()
)
_NO_STEPS = (*LISTS, "header", "footer", "nav")
_HOLDS = 0.8  # of its parent's text: the child is gone down to
_RUNNING = (
    0.05  # of an element's text: so much in paragraphs of its own, and it is the content itself
)
_FEW = 3  # class names; where there are more, they tell the looks of a part and not its kind


def is_part(name: str) -> bool:
    """Whether an element divides a page; those with a dash are of a page's own making, and mostly do."""
    return name in _PARTS or "-" in name


def way_to(node: Node) -> list[Node]:
    """The elements from the root to one."""
    return [*reversed(list(node.iterancestors())), node]


def way_down(nodes: Sequence[Node], blocks: Sequence[Block], aside: Container[Node]) -> list[Node]:
    """The elements from the root to the one that holds the content: nearly all the text that is in no link and not `aside`.

    `nodes` are those that blocks stand in, in document order.
    """
    plain = dict.fromkeys(nodes, 0)
    for block in blocks:
        if block.node not in aside:
            plain[block.node] += max(0, len(block.text) - block.linked)
    for node in reversed(nodes):
        if plain[node] and (above := node.getparent()) is not None:
            plain[above] += plain[node]
    way = [nodes[0]]
    while (below := _heaviest(way[-1], plain)) is not None:
        way.append(below)
    return way


def _heaviest(node: Node, plain: dict[Node, int]) -> Node | None:
    """The child that holds nearly everything; none where there is running text beside it."""
    names = [(child, name_of(child)) for child in node if child in plain]
    best = max(
        (child for child, name in names if is_part(name) and name not in _NO_STEPS),
        key=plain.__getitem__,
        default=None,
    )
    if best is None or plain[best] < _HOLDS * max(1, plain[node]):
        return None
    running = sum(plain[child] for child, name in names if not is_part(name))
    return best if running < _RUNNING * plain[node] else None


def are_alike(one: str | None, other: str | None) -> bool:
    """Whether two class names are of one kind: none, the same, or few ("post odd", "post even") with the same first word."""
    first, second = (one or "").split(), (other or "").split()
    return first == second or (first[:1] == second[:1] and max(len(first), len(second)) <= _FEW)


def belongs(node: Node, name: str) -> bool:
    """Whether links are a part of the text: in a table, among its notes, or under one of its headings ("See also")."""
    before, above = node.getprevious(), node.getparent()
    if (
        name == "table"
        or holds_notes(node)
        or (above is not None and name_of(above) in ("td", "th"))
    ):
        return True
    return before is not None and (
        name_of(before) in HEADINGS or (len(before) > 0 and name_of(before[0]) in HEADINGS)
    )


def page_heads(blocks: Sequence[Block], title: str | None) -> tuple[list[int], list[int]]:
    """The numbers of the blocks that may be the heading of the page: what its title begins with, else its one `h1`.

    And those that are so by the title.
    """
    page = (title or "").casefold()
    titles = [
        (n, one_line(block.text).casefold())
        for n, block in enumerate(blocks)
        if block.type is ElementType.TITLE
    ]
    named = [n for n, text in titles if text and page.startswith(text)]
    first = [n for n, _ in titles if blocks[n].level == 1]
    return named or (first if len(first) == 1 else []), named
