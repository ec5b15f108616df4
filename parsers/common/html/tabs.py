"""Tabs and their panels: the label of each tab is read with its panel."""

from itertools import islice

from lxml import etree

from vouch.parsers.common.html.names import MAX_ABOVE, is_in_bar
from vouch.parsers.common.html.visibility import Node

_TAB_LISTS = etree.XPath("descendant::*[@role = 'tablist']")
_TABS = etree.XPath("descendant::*[@role = 'tab']")
_TAB_PANELS = etree.XPath("descendant::*[@role = 'tabpanel']")
_MAX_TAB_LISTS = 100  # of a page, and panels of one


def label_panels(root: Node) -> None:
    """Put the label of each tab before its panel, as readers see one below the other."""
    for tab_list in _TAB_LISTS(root)[:_MAX_TAB_LISTS]:
        tabs = _TABS(tab_list)
        holders = islice(tab_list.iterancestors(), MAX_ABOVE)
        panels = next((own for above in holders if (own := _own_panels(above))), [])
        if not tabs or len(tabs) != len(panels) or is_in_bar(tab_list):
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
    panels = dict.fromkeys(_TAB_PANELS(holder)[:_MAX_TAB_LISTS])
    return [panel for panel in panels if panels.keys().isdisjoint(panel.iterancestors())]
