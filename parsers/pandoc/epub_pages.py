"""Prepare the pages of an EPUB for pandoc, which reads more and less than a reader sees.

It reads hidden text, the readings of ruby within their words, and page numbers of the printed book;
it does not read the number that an item of a list is given.
"""

import re
from collections.abc import Iterator
from contextlib import suppress

from lxml import etree

from vouch.parsers.common.html.visibility import HIDING
from vouch.parsers.common.xml.tree import Xml, name_of, parse_xml
from vouch.parsers.common.zip_safety import open_zip, read_member, repacked
from vouch.schemas.documents.records import LeftOutKind
from vouch.schemas.errors import DocumentRejected

_SUFFIXES = (".xhtml", ".html", ".htm")
# What a page has that this changes, in its bytes: most pages have none of it.
_SUSPECT = re.compile(
    rb"<(?:\w+:)?r[tp]c?\b|\shidden\b|display\s*:\s*none|pagebreak|<li\s[^>]*value"
)
_TYPE = "{http://www.idpf.org/2007/ops}type"
_REFERENCE = re.compile(rb"href\s*=\s*[\"'][^\"'#]*#([^\"']+)")
_READINGS = ("rt", "rp", "rtc")


def with_shown_text(data: bytes) -> tuple[bytes, list[tuple[LeftOutKind, str]]]:
    """Return the book with what its readers see, and the texts that are left out of it.

    A hidden part that a link leads to, such as a note, stays. Raises `DocumentRejected`.
    """
    left_out: list[tuple[LeftOutKind, str]] = []
    with open_zip(data) as archive:
        names = [name for name in archive.namelist() if name.lower().endswith(_SUFFIXES)]
        pages = {name: read_member(archive, archive.getinfo(name)) for name in names}
        targets = {
            target.decode("utf-8", "replace")
            for page in pages.values()
            for target in _REFERENCE.findall(page)
        }
        changed: dict[str, bytes] = {}
        for name, page in pages.items():
            if _SUSPECT.search(page):
                with suppress(DocumentRejected):  # pandoc reads more than XML
                    root = parse_xml(page, "the page")
                    left_out += _clean(root, targets)
                    changed[name] = etree.tostring(root, xml_declaration=True, encoding="utf-8")
        return (repacked(archive, changed) if changed else data), left_out


def _clean(root: Xml, targets: set[str]) -> Iterator[tuple[LeftOutKind, str]]:
    removed: set[Xml] = set()
    for node in list(root.iter("{*}*")):
        kind = _reason(node, targets)
        if kind is None or node.getparent() is None or node.getparent() in removed:
            removed.update([node] if node.getparent() in removed else [])
            continue
        yield kind, " ".join("".join(node.itertext()).split())
        removed.add(node)
        _remove(node)
    for lists in list(root.iter("{*}ol")):
        _split_at_values(lists)


def _reason(node: Xml, targets: set[str]) -> LeftOutKind | None:
    """Return why an element is left out, None where it is shown."""
    if name_of(node) in _READINGS:
        return LeftOutKind.ALTERNATIVE
    if node.get(_TYPE) == "pagebreak":
        return LeftOutKind.PAGE_NUMBER
    is_hidden = node.get("hidden") is not None or HIDING.search(node.get("style") or "")
    if is_hidden and not any(part.get("id") in targets for part in node.iter("{*}*")):
        return LeftOutKind.HIDDEN
    return None


def _remove(node: Xml) -> None:
    """Remove an element, but not the text behind it."""
    parent, before = node.getparent(), node.getprevious()
    if before is None:
        parent.text = (parent.text or "") + (node.tail or "")
    else:
        before.tail = (before.tail or "") + (node.tail or "")
    parent.remove(node)


def _split_at_values(whole: Xml) -> None:
    """Begin another list at each item that is given its number."""
    current = whole
    for item in [child for child in whole if isinstance(child.tag, str)]:
        value = item.get("value") or ""
        if value.isdecimal():
            if current is not whole or item.getprevious() is not None:
                following = etree.Element(whole.tag, {**whole.attrib})
                current.addnext(following)
                following.tail, current.tail = current.tail, None
                current = following
            current.set("start", value)
        if current is not whole:
            current.append(item)
