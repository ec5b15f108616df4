"""Elements whose role, class or id says that they are no content of the page."""

import re
from collections.abc import Iterable
from functools import lru_cache

from vouch.parsers.common.html_landmarks import AFTER_ROLES, BEFORE_ROLES, PAGE_ROLES
from vouch.parsers.common.html_visibility import HEADINGS, Node, name_of

_DIALOGS = ("dialog", "alertdialog")
_ROLES = (
    *(role for role in (*BEFORE_ROLES, *AFTER_ROLES) if role not in PAGE_ROLES),
    *_DIALOGS,
)
_NO_ASIDES = frozenset(
    (*HEADINGS, "html", "body", "main", "p", "table", "pre", "a", "span")
)  # whatever they are called
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
