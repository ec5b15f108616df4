"""Opens what a control on the page opens: panels of tabs and accordions, slides, spoilers, dialogs.

A text that a page hides and that nothing on it opens stays hidden.
"""

import re
from collections.abc import Iterator, Set
from itertools import islice

from lxml import etree

from vouch.parsers.common.html_left_out import mark_left_out
from vouch.parsers.common.html_visibility import (
    HEADINGS,
    HIDING,
    SKIPPED,
    Node,
    is_hidden,
    name_of,
    shown_pieces,
)
from vouch.schemas.records import LeftOutKind

_HIDDEN = etree.XPath(
    "descendant::*[@hidden or @style or @popover or @role = 'tabpanel' or @role = 'tooltip'"
    " or self::dialog]"
)
_QUIET = etree.XPath("descendant::*[@aria-hidden = 'true']")
# Attributes by which an element names what it opens.
_NAMING = etree.XPath(
    "descendant::*[@aria-controls or @aria-owns or @aria-describedby or @onclick or @popovertarget"
    " or @commandfor or starts-with(@href, '#') or @*[starts-with(name(), 'data-')]]"
)
_TAB_LISTS = etree.XPath("descendant::*[@role = 'tablist']")
_TABS = etree.XPath("descendant::*[@role = 'tab']")
_TAB_PANELS = etree.XPath("descendant::*[@role = 'tabpanel']")
_BUTTONS = etree.XPath("descendant::button")
_NAMING_ATTRIBUTES = (
    "aria-controls aria-owns aria-describedby onclick popovertarget commandfor href".split()
)
_TOKEN = re.compile(r"(?<![\w:.-])[#.]?[\w:][\w:.-]*")
_MAX_NAMING = 300  # characters of an attribute; longer ones hold data
_MAX_ELEMENTS = 5_000  # of a kind that are looked at
_MAX_ABOVE = 4  # elements above a panel that say what it is
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
_CLONE = re.compile(r"clone|duplicate", re.IGNORECASE)
_ICON = re.compile(r"(?:^|[\s_-])(?:icons?|fa[bsrl]?|glyphicons?|material|emoji)(?=$|[\s_-])", re.I)
# What lies over a page, and what is no text of it: notices, forms and menus.
_OVERLAY = re.compile(r"modal|popup|pop-up|offcanvas|drawer|overlay|dialog", re.IGNORECASE)
_NOTICE = re.compile(
    r"cookie|consent|gdpr|newsletter|subscri|log-?in|sign-?(?:in|up)|search"
    r"|(?:^|[\s_-])(?:nav|menu|dropdown|share|cart|lang(?:uages?)?)"
    r"|(?:nav|menu|navbar|dropdown|navigation)(?=$|[\s_-])",
    re.IGNORECASE,
)
_OFF_SCREEN = re.compile(r"(?:left|top|text-indent)\s*:\s*-\d{3,}|clip\s*:|font-size\s*:\s*0", re.I)
_BARS = ("nav", "header", "footer", "menu")
_CONTENT = ("main", "article")
_SECTIONS = (*_CONTENT, "section")
_NO_PANEL_ROLES = frozenset(
    "alert banner combobox contentinfo listbox menu menubar navigation search status "
    "toolbar tree".split()
)
_MAX_WALKED = 1000  # beginnings and ends of elements: nested panels are all looked at
_MAX_PIECES, _MAX_LETTERS = 50, 1000  # of a text that is compared
_DIALOGS = ("dialog", "alertdialog")
_FIELDS = ("input", "select", "textarea")
_NOT_PROSE = frozenset({"form", "label", "button", *SKIPPED, *_FIELDS})
_MIN_PROSE = 20  # characters of prose of a panel that has fields, or of a dialog


def open_panels(root: Node) -> None:
    """Open the panels of a page, and show the buttons that open them as text."""
    _label_panels(root)
    closed = [node for node in _HIDDEN(root)[:_MAX_ELEMENTS] if _is_closed(node)]
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
    _show_drawn(root)
    for button in _BUTTONS(root)[:_MAX_ELEMENTS]:
        if button not in refused and _opens(button) and not _is_overlaid(button):
            _show(button)


def _label_panels(root: Node) -> None:
    """Put the label of each tab before its panel, as readers see one below the other."""
    for tab_list in _TAB_LISTS(root)[:_MAX_ELEMENTS]:
        tabs = _TABS(tab_list)
        holders = islice(tab_list.iterancestors(), _MAX_ABOVE)
        panels = next((found for above in holders if (found := _own_panels(above))), [])
        if not tabs or len(tabs) != len(panels) or _is_in_bar(tab_list):
            continue
        by_id = {panel.get("id"): panel for panel in panels if panel.get("id")}
        for tab, panel in zip(tabs, panels, strict=True):
            label = etree.Element("p")
            label.text = " ".join("".join(tab.itertext()).split())
            named = by_id.get(tab.get("aria-controls") or "", panel)
            label.tail, named.text = named.text, None
            named.insert(0, label)
        following = etree.Element("span")
        following.tail, tab_list.tail = tab_list.tail, None
        tab_list.getparent().replace(tab_list, following)


def _own_panels(holder: Node) -> list[Node]:
    """Return the panels in an element, without those within one another."""
    panels = dict.fromkeys(_TAB_PANELS(holder)[:_MAX_ELEMENTS])
    return [panel for panel in panels if panels.keys().isdisjoint(panel.iterancestors())]


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
    for control in _NAMING(root)[:_MAX_ELEMENTS]:
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
        or _CONTROL.search(_names(node)) is not None
    )


def _names(node: Node) -> str:
    """Return the names that authors give an element: classes, id and property."""
    names = (node.get("class"), node.get("id"), node.get("itemprop"))
    return " ".join(name for name in names if name)[:_MAX_NAMING]


def _says_panel(panel: Node) -> bool:
    """Return whether a panel, or an element around it, says that it is one of those."""
    if panel.get("role") in ("tabpanel", "tooltip") or not _SCRIPTED.isdisjoint(panel.keys()):
        return True
    around = map(_names, islice(panel.iterancestors(), _MAX_ABOVE))
    return _PANEL.search(_names(panel)) is not None or any(map(_GROUP.search, around))


def _is_panel(panel: Node, opener: Node | None) -> bool:
    """Return whether what is opened holds text, rather than a menu, a form or a notice."""
    if panel.get("role") in _NO_PANEL_ROLES or name_of(panel) in _BARS or _is_in_bar(panel):
        return False
    controls = [] if opener is None else [opener]
    if any(_NOTICE.search(_names(node)) for node in (panel, *controls)):
        return False
    plain, linked = _prose_of(panel)
    if _is_dialog(panel):
        return opener is not None and plain >= _MIN_PROSE
    if next(panel.iter(*_FIELDS), None) is not None:
        return plain >= _MIN_PROSE
    is_tab = panel.get("role") == "tabpanel"
    is_content = is_tab or next(panel.iterancestors(*_CONTENT), None) is not None
    return plain > linked or (linked > 0 and is_content)


def _is_dialog(panel: Node) -> bool:
    is_named = _OVERLAY.search(_names(panel)) is not None
    return is_named or name_of(panel) == "dialog" or panel.get("role") in _DIALOGS


def _is_in_bar(node: Node) -> bool:
    """Return whether an element is in the navigation, header or footer of the page."""
    for above in node.iterancestors():
        name = name_of(above)
        if name in _CONTENT:
            return False
        is_of_part = name != "nav" and next(above.iterancestors(*_SECTIONS), None) is not None
        if (name in _BARS and not is_of_part) or above.get("role") in _NO_PANEL_ROLES:
            return True
    return False


def _is_overlaid(node: Node) -> bool:
    return _is_in_bar(node) or any(
        _NOTICE.search(_names(above)) or _is_dialog(above)
        for above in (node, *islice(node.iterancestors(), _MAX_ABOVE))
    )


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
    if _is_dialog(panel):
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
    if button.get("aria-haspopup") is not None or not _letters(button):
        return False
    return (
        button.get("role") == "tab"
        or button.get("aria-expanded") is not None
        or _CONTROL.search(_names(button)) is not None
    )


def _show_drawn(root: Node) -> None:
    """Show what is hidden from screen readers only, other than icons, copies and notices."""
    quiet = dict.fromkeys(_QUIET(root)[:_MAX_ELEMENTS])
    drawn = [(node, letters) for node in quiet if (letters := _letters(node)) and _is_text(node)]
    if not drawn:
        return
    said = "".join(filter(str.isalnum, "".join(shown_pieces(root))))
    shown: set[Node] = set()
    for node, letters in drawn:
        if not shown.isdisjoint(node.iterancestors()):
            del node.attrib["aria-hidden"]
            continue
        is_long = len(letters) >= _MIN_PROSE
        is_copy = letters in said if is_long else _is_said_beside(node, letters, quiet.keys())
        if is_copy or _CLONE.search(_names(node)):
            mark_left_out(node, LeftOutKind.REPEATED)
        else:
            del node.attrib["aria-hidden"]
            shown.add(node)
            said += f" {letters}" if is_long else ""


def _is_text(node: Node) -> bool:
    """Return whether an element that screen readers skip is a text, rather than an icon or mark."""
    is_mark = name_of(node) in ("i", "svg", "img") or (node.get("href") or "").startswith("#")
    if is_mark or node.getparent() is None or _letters(node).isdecimal():
        return False
    is_icon = _ICON.search(_names(node)) or _OFF_SCREEN.search(node.get("style") or "")
    return not is_icon and not _is_overlaid(node)


def _is_said_beside(node: Node, letters: str, quiet: Set[Node]) -> bool:
    """Return whether a text beside an element says the same for screen readers."""
    beside = islice((part for part in node.getparent() if part not in quiet), _MAX_PIECES)
    return any(letters in _letters(part) for part in beside)


def _letters(node: Node) -> str:
    text = "".join(islice(node.itertext(), _MAX_PIECES))[:_MAX_LETTERS]
    return "".join(filter(str.isalnum, text))
