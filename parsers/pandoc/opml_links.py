"""Make the addresses in a list of feeds (OPML) links, which pandoc does for type `link` only."""

import re

from lxml import etree

from vouch.parsers.common.xml.tree import parse_xml
from vouch.schemas.errors import DocumentRejected

_XML_DECLARATION = re.compile(r"\s*<\?xml[^>]*>")  # it names the encoding of the bytes
_ADDRESSES = ("url", "htmlUrl", "xmlUrl")  # the page before the feed


def with_links(text: str) -> str:
    """Return the list with every outline that has an address as a link (OPML 2.0, `type`)."""
    try:
        root = parse_xml(_XML_DECLARATION.sub("", text).encode("utf-8", "replace"), "the list")
    except DocumentRejected:
        return text  # pandoc reports in its own words what is wrong
    for outline in root.iter("outline"):
        address = next(filter(None, map(outline.get, _ADDRESSES)), None)
        if address:
            outline.set("type", "link")
            outline.set("url", address)
    linked: str = etree.tostring(root, encoding="unicode")
    return linked
