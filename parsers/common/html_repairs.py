"""Changes a parsed page into what its readers see: panels opened, frames and scripts missing."""

from collections.abc import Iterator

from lxml import etree, html

from vouch.parsers.common.html_formulas import write_formulas
from vouch.parsers.common.html_visibility import HEADINGS, HIDING, Node, name_of, shown_text

_CONTROLLERS = etree.XPath("descendant::*[@aria-controls]")
_TAB_PANELS = etree.XPath("descendant::*[@role = 'tabpanel']")
_PANELS = etree.XPath("descendant::*[@id or @role = 'tabpanel']")
_MAX_PANELS = 1000
_MIN_NOSCRIPT = 200  # characters; shorter ones ask to switch scripts on, or name a picture
_PANEL_ROLES = (None, "tabpanel", "region", "group", "presentation")
_CONTROLS = ("form", "input", "select", "textarea")
_BARS = ("nav", "header", "footer", "menu", "dialog", "aside")


def repair(root: Node) -> None:
    """Show what a reader can see without scripts, with frames not loaded, or after a click."""
    for node in list(root.iter("noframes", "noembed")):
        _parse_content(node)
    for node in list(root.iter("noscript")):
        node.tag = "div" if _is_text(node) else node.tag
    _open_panels(root)
    write_formulas(root)


def _parse_content(node: Node) -> None:
    """Parse what a browser that knows frames takes for plain text."""
    text = (node.text or "").strip()
    node.tag, node.text = "div", None
    if text:
        node.append(html.fragment_fromstring(text, create_parent="div"))


def _is_text(noscript: Node) -> bool:
    """Return whether a page says in it what it otherwise shows by a script.

    Mostly it asks to switch scripts on, counts a visit or holds a picture that loads late.
    """
    if next(noscript.iter("p"), None) is None:
        return False
    text = " ".join(shown_text(part) for part in noscript)
    asks = "javascript" in text[:_MIN_NOSCRIPT].lower()
    return len(text) >= _MIN_NOSCRIPT and not asks


def _open_panels(root: Node) -> None:
    """Open the panels of tabs and accordions, and show the buttons that open them as text."""
    buttons: dict[str, Node] = {}
    for button in _CONTROLLERS(root)[:_MAX_PANELS]:
        for panel in button.get("aria-controls").split()[:1]:
            buttons.setdefault(panel, button)
    for panel in _PANELS(root) if buttons else _TAB_PANELS(root):
        button = buttons.get(panel.get("id") or "")
        if (button is not None or panel.get("role") == "tabpanel") and _is_panel(panel):
            _open(panel)
            if button is not None and name_of(button) == "button":
                in_heading = next(button.iterancestors(*HEADINGS), None) is not None
                button.tag = "span" if in_heading else "p"


def _is_panel(node: Node) -> bool:
    """Return whether an element that a button opens holds text, rather than a menu or a form."""
    if node.get("role") not in _PANEL_ROLES or next(node.iter(*_CONTROLS), None) is not None:
        return False
    if name_of(node) in _BARS or next(node.iterancestors(*_BARS), None) is not None:
        return False
    text, linked = (sum(map(len, pieces)) for pieces in (_pieces(node), _linked_pieces(node)))
    return text > 2 * linked


def _pieces(node: Node) -> Iterator[str]:
    return (piece.strip() for piece in node.itertext())


def _linked_pieces(node: Node) -> Iterator[str]:
    return (piece for link in node.iter("a") for piece in _pieces(link))


def _open(panel: Node) -> None:
    for name in ("hidden", "aria-hidden"):
        panel.attrib.pop(name, None)
    if style := panel.get("style"):
        panel.set("style", HIDING.sub("", style))
