"""Elements whose role, class or id declares that they are boilerplate."""

import re
from functools import lru_cache

from vouch.parsers.common.html.landmarks import AFTER_ROLES, BEFORE_ROLES, PAGE_ROLES
from vouch.parsers.common.html.visibility import HEADINGS, Node, name_of

# Roles that count wherever they are; those of a whole page are often misused within its content.
_ROLES = frozenset({*BEFORE_ROLES, *AFTER_ROLES, "dialog", "alertdialog"} - {*PAGE_ROLES})
# Elements that are never boilerplate because of their names.
_TEXT_ELEMENTS = frozenset({*HEADINGS, "html", "body", "main", "p", "table", "pre", "a", "span"})
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
# Paragraphs around the form for comments, which blog programs put into the article.
_COMMENT_NOTICE = re.compile(r"comment[-_](?:form|notes|notice|policy|reply)", re.IGNORECASE)
_CACHE_SIZE = 10_000  # names; most elements of a page share a few
_MAX_NAMES = 400  # characters of an element's classes or ids that are looked at
# Words of class names and ids of boilerplate, in the languages that most such names are in.
_BOILERPLATE = frozenset(
    (
        "ads advert advertisement adverts banner breadcrumb breadcrumbbar breadcrumbs catlinks "
        "comentarios comment commentaires commentlist comments consent cookie cookiebanner "
        "cookiebar cookiebot cookies didomi disqus footer gdpr kommentare masthead menu modal nav "
        "navbar navbox navigation newsletter onetrust outbrain pager pagination paginator popup "
        "promo recirc recommendations recommended related relatedposts respond share sharebar "
        "sharedaddy sharing sidebar signup sitenotice skip skiplink social sphinxsidebar sponsor "
        "sponsored subnav subscribe taboola topnav"
    ).split()
)
# Beside one of these words, a word of the list above describes the whole page ("has-sidebar") or a
# piece of text ("blockquote-footer").
_CONTENT = frozenset(
    (
        "has with no not without layout page template body wrapper container content main "
        "blockquote quote code table text"
    ).split()
)


def is_named_boilerplate(node: Node) -> bool:
    """Return whether an element's role, class or id declares that it is not content."""
    name = name_of(node)
    if name in _TEXT_ELEMENTS:
        return name == "p" and _COMMENT_NOTICE.search(node.get("class") or "") is not None
    if name in ("nav", "dialog") or node.get("role") in _ROLES or node.get("aria-modal") == "true":
        return True
    if node.get("role") == "note":
        return False
    names = (node.get("class") or "")[:_MAX_NAMES].split()
    if name != "section" and "section" not in names:
        # The id of a section is made from its heading: that of "Related work" declares nothing.
        names += (node.get("id") or "")[:_MAX_NAMES].split()
    return any(map(_is_boilerplate_name, names))


def is_named_footer(node: Node) -> bool:
    """Return whether an element's class or id says that it is the footer of the page."""
    names = f"{node.get('class') or ''} {node.get('id') or ''}"[:_MAX_NAMES].split()
    return any("footer" in _words(name) and _is_boilerplate_name(name) for name in names)


def _words(name: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(name)}


@lru_cache(_CACHE_SIZE)
def _is_boilerplate_name(name: str) -> bool:
    words = _words(name)
    return bool(words & _BOILERPLATE) and not words & _CONTENT
