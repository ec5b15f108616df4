"""What the names of an element, and its place on a page, say about it."""

import re
from itertools import islice

from vouch.parsers.common.html.visibility import Node, name_of

MAX_ELEMENTS = 5_000  # of a kind that are looked at
MAX_ABOVE = 4  # elements above a panel that say what it is
# What lies over a page, and what is no text of it: notices, forms and menus.
_OVERLAY = re.compile(r"modal|popup|pop-up|offcanvas|drawer|overlay|dialog", re.IGNORECASE)
NOTICE = re.compile(
    r"cookie|consent|gdpr|newsletter|subscri|log-?in|sign-?(?:in|up)|search"
    r"|(?:^|[\s_-])(?:nav|menu|dropdown|share|cart|lang(?:uages?)?)"
    r"|(?:nav|menu|navbar|dropdown|navigation)(?=$|[\s_-])",
    re.IGNORECASE,
)
BARS = ("nav", "header", "footer", "menu")
CONTENT = ("main", "article")
_SECTIONS = (*CONTENT, "section")
NO_PANEL_ROLES = frozenset(
    "alert banner combobox contentinfo listbox menu menubar navigation search status "
    "toolbar tree".split()
)
_DIALOGS = ("dialog", "alertdialog")
_MAX_NAMES = 300  # characters
_MAX_PIECES, _MAX_LETTERS = 50, 1000  # of a text that is compared


def names_of(node: Node) -> str:
    """Return the names that authors give an element: classes, id and property."""
    names = (node.get("class"), node.get("id"), node.get("itemprop"))
    return " ".join(name for name in names if name)[:_MAX_NAMES]


def is_dialog(panel: Node) -> bool:
    """Return whether an element lies over the page."""
    is_named = _OVERLAY.search(names_of(panel)) is not None
    return is_named or name_of(panel) == "dialog" or panel.get("role") in _DIALOGS


def is_in_bar(node: Node) -> bool:
    """Return whether an element is in the navigation, header or footer of the page."""
    for above in node.iterancestors():
        name = name_of(above)
        if name in CONTENT:
            return False
        if above.get("role") in NO_PANEL_ROLES:
            return True
        if name in BARS:
            is_of_part = next(above.iterancestors(*_SECTIONS), None) is not None
            return name == "nav" or not is_of_part
    return False


def is_overlaid(node: Node) -> bool:
    """Return whether an element is in a bar, a menu, a notice or a dialog."""
    return is_in_bar(node) or any(
        NOTICE.search(names_of(above)) or is_dialog(above)
        for above in (node, *islice(node.iterancestors(), MAX_ABOVE))
    )


def letters_of(node: Node) -> str:
    """Return letters and digits that the text of an element begins with."""
    text = "".join(islice(node.itertext(), _MAX_PIECES))[:_MAX_LETTERS]
    return "".join(filter(str.isalnum, text))
