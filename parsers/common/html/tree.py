"""HTML inside other formats (mail, Markdown, reStructuredText, feeds, EPUB) to elements.

`add_html` is what these formats call, so that none of them imports the parser of HTML pages.
`vouch.parsers.html` reads whole pages, and also separates the main content from what surrounds it.
Of a fragment or a mail, only what declares itself to be outside the content (navigation, banners,
footers, everything outside one `main`) becomes page headers and footers, which are not searched as
long as there is other text.
"""

import re

from lxml import etree, html

from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.html.blocks import read
from vouch.parsers.common.html.landmarks import base_of, declared_main, landmarks
from vouch.parsers.common.html.left_out import count_left_out
from vouch.parsers.common.html.repairs import repair
from vouch.parsers.common.html.visibility import Node
from vouch.parsers.common.xml.doctype import without_subset
from vouch.schemas.documents.records import ElementType, Reason
from vouch.schemas.errors import DocumentRejected

# Elements with the methods of lxml.html, which extractors use. lxml.html itself chooses a class for
# each tag in Python, at a cost for every element.
_ELEMENTS = etree.ElementDefaultClassLookup(element=html.HtmlElement)
# libxml2 drops what follows these tags. A browser shows it, and so do pages joined from several.
_END_TAGS = re.compile(r"</(?:body|html)\s*>", re.IGNORECASE)


def add_html(builder: DocumentBuilder, text: str) -> None:
    """Add the shown text of a page or fragment. Raise `DocumentRejected` (malformed, unsafe)."""
    if text.strip():
        add_tree(builder, parse_html(text))


def add_tree(builder: DocumentBuilder, root: Node) -> None:
    """Add the shown text of a parsed page or fragment, as `add_html` does."""
    page, not_shown = read(root, base_of(root))
    count_left_out(builder, not_shown)
    main = declared_main(root, page)
    in_main = set() if main is None else set(main.iter())
    sides = landmarks(root.iter("*"), page)
    is_before_main = True
    for block in page:
        if main is not None and block.node not in in_main:
            block.add_to(builder, ElementType.HEADER if is_before_main else ElementType.FOOTER)
        else:
            is_before_main = False
            block.add_to(builder, sides.get(block.node))


def parse_html(text: str) -> Node:
    """Return the root element of a page, read without network access and without a depth limit.

    Raises `DocumentRejected`: malformed, or unsafe where libxml2 stops before the end of the page.
    """
    parser = etree.HTMLParser(
        encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=True
    )
    parser.set_element_class_lookup(_ELEMENTS)
    try:
        # As bytes: lxml rejects text with an encoding declaration.
        page = _END_TAGS.sub("", without_subset(text.replace("\0", "")))
        root: Node = html.document_fromstring(page.encode("utf-8", "replace"), parser=parser)
    except etree.ParserError:
        return etree.Element("html")  # only comments, or nothing at all
    except (etree.XMLSyntaxError, ValueError) as error:
        raise DocumentRejected(Reason.MALFORMED, f"it cannot be read as HTML: {error}") from error
    for entry in parser.error_log:
        # Below some depth libxml2 stops and returns what it has, which must not pass for the page.
        if "depth" in entry.message.lower() or entry.level_name == "FATAL":
            raise DocumentRejected(
                Reason.UNSAFE, f"the page cannot be read to its end: {entry.message.strip()}"
            )
    repair(root)
    return root
