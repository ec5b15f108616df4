"""Declared structure of an HTML page: its address, its main element, and its landmark regions."""

from collections.abc import Iterable, Sequence

from lxml import etree

from vouch.parsers.common.html.blocks import Block
from vouch.parsers.common.html.visibility import Node, name_of
from vouch.parsers.common.links import is_absolute, target_of
from vouch.schemas.documents.records import ElementType

BEFORE_ROLES = ("navigation", "banner", "search", "menu", "menubar", "toolbar")
AFTER_ROLES = ("contentinfo", "complementary", "alertdialog")
PAGE_ROLES = ("banner", "contentinfo")  # of a whole page, never of a part of it
_SECTIONING = ("main", "article", "section", "blockquote", "figure")
_MAIN_ROLE = etree.XPath("descendant::*[@role = 'main']")
# Elements before the content that some pages never close, so that all the page is in them.
_OPENED = ("header", "nav", "footer")
_MAX_OPENED = 10  # that are looked at; later ones are those of parts of the page
_MAX_BANNER = 0.5  # of a page's text outside links
_MIN_PARAGRAPHS = 3  # in an element that holds the page and does not declare its main part
_MAIN_SHARE = 0.25  # of a page's text; a smaller `main` is more likely misused than meant


def base_of(root: Node) -> str:
    """Return the absolute URL against which relative links are resolved, "" for none."""
    base = next((node.get("href") for node in root.iter("base") if node.get("href")), None)
    page = canonical_of(root) or ""
    url = target_of(base, page) or page
    return url if is_absolute(url) else ""


def canonical_of(root: Node) -> str | None:
    """Return the address that a page declares for itself: an absolute one where there is any."""
    links = (
        node.get("href")
        for node in root.iter("link")
        if "canonical" in (node.get("rel") or "").lower().split()
    )
    metas = (node.get("content") for node in root.iter("meta") if node.get("property") == "og:url")
    targets = [target for written in (*links, *metas) if (target := target_of(written))]
    return next(filter(is_absolute, targets), targets[0] if targets else None)


def declared_main(root: Node, blocks: Iterable[Block]) -> Node | None:
    """Return the single element that declares itself the content and has much of the text."""
    mains = [node for node in root.iter("main") if node is not root] or _MAIN_ROLE(root)
    mains = mains or list(root.iter("article"))
    if len(mains) != 1:
        return None
    in_main = set(mains[0].iter())
    total = inside = 0
    for block in blocks:
        total += len(block.text)
        inside += len(block.text) if block.node in in_main else 0
    return mains[0] if inside and inside >= _MAIN_SHARE * total else None


def landmarks(nodes: Iterable[Node], blocks: Sequence[Block]) -> dict[Node, ElementType]:
    """Map those of `nodes` that are in a landmark outside the content to HEADER or FOOTER.

    `nodes` are in document order, so that each parent comes before its children; `blocks` are the
    page's.
    """
    sides: dict[Node, ElementType] = {}
    opened = 0
    sectioned: set[Node] = set()  # inside elements that have headers and footers themselves
    for node in nodes:
        parent, name = node.getparent(), name_of(node)
        is_sectioned = parent in sectioned
        if is_sectioned or name in _SECTIONING:
            sectioned.add(node)
        if parent in sides:
            sides[node] = sides[parent]
        elif (side := _landmark(name, node.get("role"), is_sectioned)) and (
            name not in _OPENED or opened >= _MAX_OPENED or not _holds_page(node, blocks)
        ):
            sides[node] = side
        opened += name in _OPENED
    return sides


def _holds_page(bar: Node, blocks: Iterable[Block]) -> bool:
    """Return whether most of a page is in its header, which was never closed."""
    inside = set(bar.iter())
    within = [block for block in blocks if block.node in inside]
    if name_of(bar) == "footer":  # it may be long, but is none where nothing is before it
        texts = (b for b in blocks if b.node not in inside and b.type is not ElementType.TITLE)
        return not any(block.plain for block in texts)
    plain = sum(block.plain for block in within)
    has_main = next(bar.iter("main", "article"), None) is not None
    is_long = has_main or sum(block.plain > 0 for block in within) >= _MIN_PARAGRAPHS
    is_text = plain > sum(block.linked for block in within)
    return is_long and is_text and plain > _MAX_BANNER * sum(block.plain for block in blocks)


def _landmark(name: str, role: str | None, is_sectioned: bool) -> ElementType | None:
    if is_sectioned and role in PAGE_ROLES:
        return None  # misused
    if name == "nav" or role in BEFORE_ROLES:
        return ElementType.HEADER
    if role in AFTER_ROLES:
        return ElementType.FOOTER
    if name in ("header", "footer") and not is_sectioned:
        return ElementType.HEADER if name == "header" else ElementType.FOOTER
    return None
