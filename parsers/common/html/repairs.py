"""Changes a parsed page into what its readers see: panels opened, frames and scripts missing."""

from itertools import islice

from lxml import html

from vouch.parsers.common.html.inline import write_inline
from vouch.parsers.common.html.left_out import mark_left_out
from vouch.parsers.common.html.math import write_formulas
from vouch.parsers.common.html.panels import open_panels
from vouch.parsers.common.html.values import write_values
from vouch.parsers.common.html.visibility import Node, shown_pieces
from vouch.schemas.documents.records import LeftOutKind

_MIN_NOSCRIPT = 200  # characters; shorter ones ask to switch scripts on, or name a picture
_MAX_FRAMES = 100  # pages within a page


def repair(root: Node) -> None:
    """Show what a reader can see without scripts, with frames not loaded, or after a click."""
    for node in list(root.iter("noframes", "noembed")):
        _parse_content(node)
    scriptless = list(root.iter("noscript"))
    is_all = bool(scriptless) and not any(text.strip() for text in shown_pieces(root))
    for node in scriptless:
        node.tag = "div" if _is_text(node, is_all=is_all) else node.tag
    for node in list(root.iter("template")):
        _open_shadow(node)
    for node in islice(root.iter("iframe"), _MAX_FRAMES):
        if (page := node.get("srcdoc")) is not None:
            node.text = page
            _parse_content(node)
    write_formulas(root)
    write_inline(root)
    write_values(root)
    open_panels(root)


def _parse_content(node: Node) -> None:
    """Parse what a browser that knows frames takes for plain text."""
    text = (node.text or "").strip()
    node.tag, node.text = "div", None
    if text:
        node.append(html.fragment_fromstring(text, create_parent="div"))


def _is_text(noscript: Node, *, is_all: bool) -> bool:
    """Return whether a page says in it what it otherwise shows by a script.

    Mostly it asks to switch scripts on, counts a visit or holds a picture that loads late; `is_all`
    says that the page shows nothing else.
    """
    text = " ".join(" ".join(noscript.itertext()).split())
    asks = "javascript" in text[:_MIN_NOSCRIPT].lower()
    return bool(text) and not asks and (is_all or len(text) >= _MIN_NOSCRIPT)


def _open_shadow(template: Node) -> None:
    """Show a template that is the inside of an element, with the element's content in its slots."""
    if template.get("shadowrootmode") is None and template.get("shadowroot") is None:
        return
    template.tag = "div"
    host = template.getparent()
    is_filled = host is not None and (len(host) > 1 or (template.tail or "").strip())
    for slot in list(template.iter("slot")) if is_filled else ():
        mark_left_out(slot, LeftOutKind.ALTERNATIVE)
