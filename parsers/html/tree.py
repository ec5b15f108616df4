"""HTML to elements.

What belongs to the page rather than to its content (navigation, banners, footers, all that stands outside a `main`) becomes
page headers and footers: kept, but not searched where there is anything else. What of a whole page is its content is told by
`vouch.parsers.html.main_content`; of a fragment and of a mail only what says so of itself is set aside.
"""

import re

from lxml import etree, html

from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.html.blocks import blocks
from vouch.parsers.html.landmarks import base_of, landmarks, said_main
from vouch.parsers.html.visibility import Node
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.records import ElementType, Reason

# libxml2 drops what comes after these; a browser shows it, and pages and mails put together from several have them.
_ENDS = re.compile(r"</(?:body|html)\s*>", re.IGNORECASE)


def add_html(builder: DocumentBuilder, text: str) -> None:
    """Add what a page or a fragment shows. Raises `DocumentRejected` (malformed) where nothing can be made of it."""
    if text.strip():
        add_tree(builder, parse_html(text))


def add_tree(builder: DocumentBuilder, root: Node) -> None:
    """As `add_html`, from a parsed page."""
    found = blocks(root, base_of(root))
    main = said_main(root, found)
    within = set() if main is None else set(main.iter())
    aside = landmarks(root.iter("*"))
    before = True
    for block in found:
        if main is not None and block.node not in within:
            block.add_to(builder, ElementType.HEADER if before else ElementType.FOOTER)
        else:
            before = False
            block.add_to(builder, aside.get(block.node))


def parse_html(text: str) -> Node:
    """The root of a page; no network, and no limit on depth. Raises `DocumentRejected` (malformed)."""
    parser = etree.HTMLParser(
        encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=True
    )
    try:
        whole = _ENDS.sub("", text.replace("\0", ""))
        root: Node = html.document_fromstring(whole.encode("utf-8", "replace"), parser=parser)
    except etree.ParserError:
        return etree.Element("html")  # comments, or nothing at all
    except (etree.XMLSyntaxError, ValueError) as error:
        raise DocumentRejected(Reason.MALFORMED, f"it cannot be read as HTML: {error}") from error
    for entry in parser.error_log:
        # libxml2 gives up below some depth and keeps what it has; a page cut short must not pass for a whole one.
        if "depth" in entry.message.lower() or entry.level_name == "FATAL":
            raise DocumentRejected(
                Reason.UNSAFE, f"the page cannot be read to its end: {entry.message.strip()}"
            )
    return root
