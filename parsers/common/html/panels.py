"""Opens what a control on the page opens: panels of tabs and accordions, slides, spoilers, dialogs.

A text that a page hides and that nothing on it opens stays hidden.
"""

import re
from collections.abc import Iterator
from itertools import islice

from lxml import etree

from vouch.parsers.common.html.names import (
    BARS,
    CONTENT,
    MAX_ABOVE,
    MAX_ELEMENTS,
    NO_PANEL_ROLES,
    NOTICE,
    is_dialog,
    is_in_bar,
    is_overlaid,
    letters_of,
    names_of,
)
from vouch.parsers.common.html.quiet import show_drawn
from vouch.parsers.common.html.tabs import label_panels
from vouch.parsers.common.html.visibility import (
    HEADINGS,
    HIDING,
    SKIPPED,
    Node,
    is_hidden,
    name_of,
)

_HIDDEN = etree.XPath(
    "descendant::*[@hidden or @style or @popover or @role = 'tabpanel' or @role = 'tooltip'"
    " or self::dialog]"
)
# Attributes by which an element names what it opens.
_NAMING = etree.XPath(
    "descendant::*[@aria-controls or @aria-owns or @aria-describedby or @onclick or @popovertarget"
    " or @commandfor or starts-with(@href, '#') or @*[starts-with(name(), 'data-')]]"
)
_BUTTONS = etree.XPath("descendant::button")
_NAMING_ATTRIBUTES = (
    "aria-controls aria-owns aria-describedby onclick popovertarget commandfor href".split()
)
_TOKEN = re.compile(r"(?<![\w:.-])[#.]?[\w:][\w:.-]*")
_MAX_NAMING = 300  # characters of an attribute; longer ones hold data
_SCRIPTED = frozenset(
    "x-show x-collapse x-cloak v-show v-cloak ng-show ng-hide ng-if data-show data-collapse".split()
)
# Words of class names and ids: of a panel, of what panels are in, of what opens one.
_PANEL = re.compile(
    r"accordion|collaps|expand|faq|answer|spoiler|tooltip|tab-?_?(?:s?-?_?content|pane|panel|body)"
    r"|carousel|slide|swiper|slick|toggle|disclosure|read-?_?more|more-?_?(?:text|content)"
    r"|(?:^|[\s_-])details(?=$|[\s_-])",
    re.IGNORECASE,
)
_GROUP = re.compile(
    r"accordion|collapsi|collapsed|expandable|faq|spoiler|tab-?_?content|carousel|swiper|slick",
    re.IGNORECASE,
)
_CONTROL = re.compile(
    r"accordion|collaps|expand|faq|question|toggle|disclosure|(?:read|show|see)-?_?more|tab-?_?link",
    re.IGNORECASE,
)
_MAX_WALKED = 1000  # beginnings and ends of elements: nested panels are all looked at
_FIELDS = ("input", "select", "textarea")
_NOT_PROSE = frozenset({"form", "label", "button", *SKIPPED, *_FIELDS})
_MIN_PROSE = 20  # characters of prose of a panel that has fields, or of a dialog


def open_panels(root: Node) -> None:
    """Open the panels of a page, and show the buttons that open them as text."""
    label_panels(root)
    closed = [node for node in _HIDDEN(root)[:MAX_ELEMENTS] if _is_closed(node)]
    openers = _openers(root, closed) if closed else {}
    refused: set[Node] = set()
    for panel in closed:
        opener = openers.get(panel)
        if opener is None:
            opener = _beside(panel)
        if (opener is not None or _says_panel(panel)) and _is_panel(panel, opener):
            _open(panel)
            if opener is not None:
                _show(opener)
        elif opener is not None:
            refused.add(opener)
    show_drawn(root)
    for button in _BUTTONS(root)[:MAX_ELEMENTS]:
        if button not in refused and _opens(button) and not is_overlaid(button):
            _show(button)


def _is_closed(node: Node) -> bool:
    if name_of(node) == "dialog" or node.get("role") in ("tabpanel", "tooltip"):
        return True
    if node.get("popover") is not None:
        return True
    return is_hidden(node) and name_of(node) not in SKIPPED


def _openers(root: Node, closed: list[Node]) -> dict[Node, Node]:
    """Return the element that opens each panel which another element names."""
    by_name: dict[str, list[Node]] = {}
    for node in closed:
        if name := node.get("id"):
            by_name.setdefault(name, []).append(node)
            by_name.setdefault(f"#{name}", []).append(node)
        for word in (node.get("class") or "").split():
            by_name.setdefault(f".{word}", []).append(node)
    openers: dict[Node, Node] = {}
    for control in _NAMING(root)[:MAX_ELEMENTS]:
        for name in _named(control):
            for panel in by_name.get(name, ()):
                if panel is not control and panel not in openers and not _holds(panel, control):
                    openers[panel] = control
    labels = {name: panel for panel in closed if (name := panel.get("aria-labelledby"))}
    for control in root.iter() if labels else ():
        panel = labels.get(control.get("id") or "")
        if panel is not None and panel not in openers and not _holds(panel, control):
            openers[panel] = control
    return openers


def _named(control: Node) -> Iterator[str]:
    """Yield what an element may name: ids, `#id` and `.class`."""
    if name_of(control) in _FIELDS:  # what describes a field is an error, or how to fill it in
        return
    for attribute, value in control.items():
        is_naming = attribute in _NAMING_ATTRIBUTES or attribute.startswith("data-")
        if is_naming and len(value) <= _MAX_NAMING and (attribute != "href" or value[:1] == "#"):
            yield from _TOKEN.findall(value)


def _holds(panel: Node, control: Node) -> bool:
    return any(above is panel for above in control.iterancestors())


def _beside(panel: Node) -> Node | None:
    """Return the control right before or behind a panel."""
    for node in (panel.getprevious(), panel.getnext()):
        if node is None or name_of(node) == "":
            continue
        inside = islice((part for part in node.iter("button", "a", "span", "div", "i")), 5)
        for part in (node, *inside):
            if _is_control(part):
                return part
    return None


def _is_control(node: Node) -> bool:
    """Return whether an element says that it unfolds something; any button may do something."""
    return (
        node.get("aria-expanded") is not None
        or node.get("onclick") is not None
        or node.get("role") == "tab"
        or _CONTROL.search(names_of(node)) is not None
    )


def _says_panel(panel: Node) -> bool:
    """Return whether a panel, or an element around it, says that it is one of those."""
    if panel.get("role") in ("tabpanel", "tooltip") or not _SCRIPTED.isdisjoint(panel.keys()):
        return True
    around = map(names_of, islice(panel.iterancestors(), MAX_ABOVE))
    return _PANEL.search(names_of(panel)) is not None or any(map(_GROUP.search, around))


def _is_panel(panel: Node, opener: Node | None) -> bool:
    """Return whether what is opened holds text, rather than a menu, a form or a notice."""
    if panel.get("role") in NO_PANEL_ROLES or name_of(panel) in BARS or is_in_bar(panel):
        return False
    controls = [] if opener is None else [opener]
    if any(NOTICE.search(names_of(node)) for node in (panel, *controls)):
        return False
    plain, linked = _prose_of(panel)
    if is_dialog(panel):
        return opener is not None and plain >= _MIN_PROSE
    if next(panel.iter(*_FIELDS), None) is not None:
        return plain >= _MIN_PROSE
    is_tab = panel.get("role") == "tabpanel"
    is_content = is_tab or next(panel.iterancestors(*CONTENT), None) is not None
    return plain > linked or (linked > 0 and is_content)


def _prose_of(panel: Node) -> tuple[int, int]:
    """Return how many characters of a panel are prose, and how many are links."""
    plain = linked = 0
    walk = etree.iterwalk(panel, events=("start", "end"))
    links = 0
    for event, node in islice(walk, _MAX_WALKED):
        name = name_of(node)
        plain += len(node.get("alt") or "") if name == "img" and event == "start" else 0
        if event == "start" and name in _NOT_PROSE and node is not panel:
            walk.skip_subtree()
        links += (name == "a") * (1 if event == "start" else -1)
        text = node.tail if event == "end" and node is not panel else None
        if event == "start" and (name not in _NOT_PROSE or node is panel):
            text = node.text
        size = len((text or "").strip())
        plain, linked = plain + (0 if links else size), linked + (size if links else 0)
    return plain, linked


def _open(panel: Node) -> None:
    for name in ("hidden", "aria-hidden", "popover"):
        panel.attrib.pop(name, None)
    if style := panel.get("style"):
        panel.set("style", HIDING.sub("", style))
    if is_dialog(panel):
        panel.tag = "div"
        for name in ("role", "aria-modal", "class", "id"):
            panel.attrib.pop(name, None)


def _show(control: Node) -> None:
    """Show a button as text: in a line of its own where it is not part of one."""
    if name_of(control) != "button":
        return
    inline = ("p", "li", "td", "th", "dt", "a", "span", "label", "summary", *HEADINGS)
    is_inline = next(islice(control.iterancestors(*inline), 1), None) is not None
    control.tag = "span" if is_inline else "p"


def _opens(button: Node) -> bool:
    """Return whether a button unfolds a part of the text below it, or is what a link shows."""
    if next(button.iterancestors("a"), None) is not None:
        return True
    if button.get("aria-haspopup") is not None or not letters_of(button):
        return False
    return (
        button.get("role") == "tab"
        or button.get("aria-expanded") is not None
        or _CONTROL.search(names_of(button)) is not None
    )
