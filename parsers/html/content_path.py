"""The path from the root of a page down to the element that holds its content."""

from collections.abc import Container, Sequence

from vouch.parsers.common.clean import one_line
from vouch.parsers.common.html_blocks import Block
from vouch.parsers.common.html_visibility import HEADINGS, Node, name_of
from vouch.parsers.html.boilerplate_names import holds_notes
from vouch.schemas.records import ElementType

LISTS = ("ul", "ol", "dl", "li")
CELLS = ("tbody", "tr", "td", "th")
_PARTS = frozenset(
    (
        "div section aside form table tbody tr td th ul ol li dl fieldset details center article "
        "header footer nav main body html span font b"
    ).split()
)
_NEVER_ON_PATH = (*LISTS, "header", "footer", "nav")
# Share of its parent's text outside links: the path continues into a child that holds so much.
_MIN_SHARE = 0.8
# Share of an element's text in paragraphs directly below it: the path ends at an element that has
# so much text of its own.
_MAX_OWN_TEXT = 0.05
_MAX_KIND_NAMES = 3  # class names; more of them describe looks rather than a kind


def is_part(name: str) -> bool:
    """Return whether an element divides a page, as most custom elements (with a dash) do."""
    return name in _PARTS or "-" in name


def path_to(node: Node) -> list[Node]:
    """Return the elements from the root to `node`."""
    return [*reversed(list(node.iterancestors())), node]


def path_to_content(
    nodes: Sequence[Node], blocks: Sequence[Block], boilerplate: Container[Node]
) -> list[Node]:
    """Return the elements from the root to the one that holds the content.

    That is the deepest one with nearly all the text that is in no link and not in `boilerplate`.
    `nodes` are the elements that blocks are in, in document order.
    """
    plain = dict.fromkeys(nodes, 0)
    for block in blocks:
        if block.node not in boilerplate:
            plain[block.node] += max(0, len(block.text) - block.linked)
    for node in reversed(nodes):
        if plain[node] and (parent := node.getparent()) is not None:
            plain[parent] += plain[node]
    path = [nodes[0]]
    while (child := _heaviest_child(path[-1], plain)) is not None:
        path.append(child)
    return path


def _heaviest_child(node: Node, plain: dict[Node, int]) -> Node | None:
    """Return the child that holds nearly all text; None where there are paragraphs beside it."""
    children = [(child, name_of(child)) for child in node if child in plain]
    best = max(
        (child for child, name in children if is_part(name) and name not in _NEVER_ON_PATH),
        key=plain.__getitem__,
        default=None,
    )
    if best is None or plain[best] < _MIN_SHARE * max(1, plain[node]):
        return None
    own_text = sum(plain[child] for child, name in children if not is_part(name))
    return best if own_text < _MAX_OWN_TEXT * plain[node] else None


def are_same_kind(first: str | None, second: str | None) -> bool:
    """Return whether two `class` attributes name the same kind of part.

    Both are missing or equal, or they have few words and the same first one, as "post odd" and
    "post even" have.
    """
    words, other_words = (first or "").split(), (second or "").split()
    return words == other_words or (
        words[:1] == other_words[:1] and max(len(words), len(other_words)) <= _MAX_KIND_NAMES
    )


def belongs_to_text(node: Node, name: str) -> bool:
    """Return whether a list of links is a part of the text.

    It is one in a table, among notes, or right below a heading such as "See also".
    """
    previous, parent = node.getprevious(), node.getparent()
    is_cell = parent is not None and name_of(parent) in ("td", "th")
    if name == "table" or is_cell or holds_notes(node):
        return True
    return previous is not None and (
        name_of(previous) in HEADINGS or (len(previous) > 0 and name_of(previous[0]) in HEADINGS)
    )


def page_headings(blocks: Sequence[Block], title: str | None) -> tuple[list[int], list[int]]:
    """Return the indexes of the blocks that may be the heading of the page.

    These are the headings that the page's title begins with, which are returned once more as the
    second list, else its only `h1`.
    """
    page = (title or "").casefold()
    headings = [
        (index, one_line(block.text).casefold())
        for index, block in enumerate(blocks)
        if block.type is ElementType.TITLE
    ]
    in_title = [index for index, text in headings if text and page.startswith(text)]
    first_level = [index for index, _ in headings if blocks[index].level == 1]
    return in_title or (first_level if len(first_level) == 1 else []), in_title
