"""What elements of a page say of themselves: where its content is, and which parts of it are not."""

import re
from collections.abc import Iterable
from functools import lru_cache

from lxml import etree

from vouch.parsers.common.links import is_absolute, target_of
from vouch.parsers.html.blocks import Block
from vouch.parsers.html.visibility import HEADINGS, Node, name_of
from vouch.schemas.records import ElementType

_BEFORE = ("navigation", "banner", "search", "menu", "menubar", "toolbar")
_AFTER = ("contentinfo", "complementary", "alertdialog")
_OF_PAGE = ("banner", "contentinfo")
_DIALOGS = ("dialog", "alertdialog")
_ROLES = (*(role for role in (*_BEFORE, *_AFTER) if role not in _OF_PAGE), *_DIALOGS)
_CONTENT = ("main", "article", "section", "blockquote", "figure")
_NO_ASIDES = frozenset(
    (*HEADINGS, "html", "body", "main", "p", "table", "pre", "a", "span")
)  # whatever they are called
_SAYS_MAIN = etree.XPath("descendant::*[@role = 'main']")
_MAIN_SHARE = 0.25  # of a page's text; a smaller `main` is more likely misused than meant
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_NAMES = 10_000  # that pages give to many of their elements
_MAX_NAMES = 400  # characters of the names of an element that are looked at
# Words of class names and ids, in the languages that such names are mostly written in.
_NOT_CONTENT = frozenset(
    (
        "ads advert advertisement adverts banner breadcrumb breadcrumbbar breadcrumbs catlinks comentarios comment "
        "commentaires commentlist comments consent cookie cookiebanner cookiebar cookiebot cookies didomi disqus footer gdpr "
        "kommentare masthead menu modal nav navbar navbox navigation newsletter onetrust outbrain pager pagination paginator "
        "popup promo recirc recommendations recommended related relatedposts respond share sharebar sharedaddy sharing "
        "sidebar signup sitenotice skip skiplink social sphinxsidebar sponsor sponsored subnav subscribe "
        "taboola topnav"
    ).split()
)
# Of a section that is a text's own, whatever stands in it.
_NOTES = frozenset("footnotes footnote endnotes references bibliography reflist citations".split())
# Beside one of these a word speaks of the whole page ("has-sidebar") or of a piece of text ("blockquote-footer").
_OF_CONTENT = frozenset(
    "has with no not without layout page template body wrapper container content main blockquote quote code table text".split()
)


def base_of(root: Node) -> str:
    """What the links of a page are relative to, where that is absolute; else nothing."""
    base = next((node.get("href") for node in root.iter("base") if node.get("href")), None)
    page = canonical_of(root) or ""
    url = target_of(base, page) or page
    return url if is_absolute(url) else ""


def canonical_of(root: Node) -> str | None:
    """Where a page says that it stands."""
    links = (
        node.get("href")
        for node in root.iter("link")
        if "canonical" in (node.get("rel") or "").lower().split()
    )
    metas = (node.get("content") for node in root.iter("meta") if node.get("property") == "og:url")
    told = [target for written in (*links, *metas) if (target := target_of(written))]
    return next(filter(is_absolute, told), told[0] if told else None)


def said_main(root: Node, blocks: Iterable[Block]) -> Node | None:
    """The one element that says it is the content, where it holds a good part of the page's text."""
    found = [node for node in root.iter("main") if node is not root] or _SAYS_MAIN(root)
    found = found or list(root.iter("article"))
    if len(found) != 1:
        return None
    within = set(found[0].iter())
    sizes = [(block.node in within, len(block.text)) for block in blocks]
    inside = sum(size for is_inside, size in sizes if is_inside)
    return found[0] if inside and inside >= _MAIN_SHARE * sum(size for _, size in sizes) else None


def landmarks(nodes: Iterable[Node]) -> dict[Node, ElementType]:
    """Those of `nodes` in parts of a page that are by their kind not its content, and the side that these belong to.

    Before an element comes the one that it stands in.
    """
    found: dict[Node, ElementType] = {}
    inside: set[Node] = set()  # of what has headers and footers of its own
    for node in nodes:
        above, name = node.getparent(), name_of(node)
        is_inside = above in inside
        if is_inside or name in _CONTENT:
            inside.add(node)
        if side := found.get(above) or _landmark(name, node.get("role"), is_inside):
            found[node] = side
    return found


def _landmark(name: str, role: str | None, inside: bool) -> ElementType | None:
    if inside and role in _OF_PAGE:
        return (
            None  # these are of a page, never of a part of it; within its content they are misused
        )
    if name == "nav" or role in _BEFORE:
        return ElementType.HEADER
    if role in _AFTER:
        return ElementType.FOOTER
    if name in ("header", "footer") and not inside:
        return ElementType.HEADER if name == "header" else ElementType.FOOTER
    return None


def is_named_aside(node: Node) -> bool:
    """Whether an element's role, class or id says that it is no content of a page."""
    name = name_of(node)
    if name in _NO_ASIDES:
        return False
    if name in ("nav", "dialog") or node.get("role") in _ROLES or node.get("aria-modal") == "true":
        return True
    if node.get("role") == "note":
        return False
    classes = (node.get("class") or "")[:_MAX_NAMES].split()
    # The id of a section is made from its heading: that of "Related work" says nothing.
    ids = (
        []
        if name == "section" or "section" in classes
        else (node.get("id") or "")[:_MAX_NAMES].split()
    )
    return any(_says_aside(one) for one in (*classes, *ids))


def holds_notes(node: Node) -> bool:
    """Whether an element holds the notes of a text: they are full of links, and belong to it."""
    names = f"{node.get('class') or ''} {node.get('id') or ''} {node.get('role') or ''}"[
        :_MAX_NAMES
    ]
    return not _NOTES.isdisjoint(_words(names))


def _words(name: str) -> Iterable[str]:
    return [word.lower() for word in _WORD.findall(name)]


@lru_cache(_NAMES)
def _says_aside(name: str) -> bool:
    words = set(_words(name))
    return bool(words & _NOT_CONTENT) and not words & _OF_CONTENT
