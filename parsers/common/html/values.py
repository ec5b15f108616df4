"""What forms and drawings show as text: values that are filled in, ticks, words in a picture."""

from itertools import islice

from lxml import etree

from vouch.parsers.common.html.visibility import Node, name_of

_TICKS = etree.XPath("descendant::input[@type = 'checkbox' and @disabled]")
_FILLED_IN = etree.XPath("descendant::input[@value and (@readonly or @disabled)]")
_CHOSEN = etree.XPath("descendant::select[descendant::option[@selected]]")
_DRAWINGS = etree.XPath(
    "descendant::svg[descendant::text or descendant::foreignobject][not(@aria-hidden = 'true')]"
)
_TABLES = etree.XPath(
    "descendant::*[@role = 'table' or @role = 'grid'][not(self::table)]"
    "[not(ancestor::*[@role = 'table' or @role = 'grid'])]"
)
_TABLE_PARTS = etree.XPath("descendant::*[@role]")
_MAX_TABLES = 500
_ROLES = {
    "table": "table",
    "grid": "table",
    "row": "tr",
    "cell": "td",
    "gridcell": "td",
    "columnheader": "th",
    "rowheader": "th",
}
_AREAS = etree.XPath("descendant::area[@href and @alt]")
_TEXT_TYPES = (None, "text", "number", "date", "email", "tel", "url", "time", "month", "range")
_NOT_DRAWN = ("title", "desc", "defs", "metadata", "symbol")
_LINES = ("text", "tspan", "foreignobject")
_INLINE_PARENTS = ("p", "a", "li", "td", "th", "h1", "h2", "h3", "h4", "h5", "h6", "span", "button")
_HREFS = ("href", "xlink:href")


def write_values(root: Node) -> None:
    """Turn these into elements whose text is read."""
    for tick in _TICKS(root):
        _replace(tick, "[x] " if tick.get("checked") is not None else "[ ] ")
    for field in _FILLED_IN(root):
        if field.get("type") in _TEXT_TYPES:
            _replace(field, f" {field.get('value')} ")
    for choice in _CHOSEN(root):
        chosen = (option for option in choice.iter("option") if option.get("selected") is not None)
        _replace(choice, f" {', '.join(' '.join(option.itertext()) for option in chosen)} ")
    for table in _TABLES(root)[:_MAX_TABLES]:
        _write_table(table)
    for drawing in _DRAWINGS(root):
        _write_drawing(drawing)
    for area in _AREAS(root):
        _write_area(area)


def _replace(node: Node, text: str) -> None:
    tail = node.tail
    node.clear()
    node.tag, node.text, node.tail = "span", text, tail


def _write_drawing(drawing: Node) -> None:
    """Show the words in a picture, other than those for screen readers and of parts not drawn."""
    etree.strip_elements(drawing, *_NOT_DRAWN, with_tail=False)
    is_inline = next(islice(drawing.iterancestors(*_INLINE_PARENTS), 1), None) is not None
    drawing.tag = "span" if is_inline else "div"
    for line in list(drawing.iter(*_LINES)):
        line.tag = "span"
        line.tail = f" {line.tail or ''}"
    for link in drawing.iter("a"):
        target = next((link.get(name) for name in _HREFS if link.get(name)), None)
        if target:
            link.set("href", target)


def _write_table(table: Node) -> None:
    """Make a table of elements that only their roles say to be rows and cells."""
    parts = _TABLE_PARTS(table)
    if any(_ROLES.get(node.get("role") or "") == "table" for node in parts):
        return  # it lays others out
    for node in (table, *parts):
        node.tag = _ROLES.get(node.get("role") or "", node.tag)


def _write_area(area: Node) -> None:
    """Show a part of a picture that is a link: the map that it is in is where its picture is."""
    above = area.getparent()
    if above is not None and name_of(above) == "map":
        above.tag = "div"
    area.tag, area.text = "a", f" {area.get('alt')} "
