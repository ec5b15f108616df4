"""Internal subsets of document types in HTML, which readers of HTML take for text (`]>`)."""

import re

from lxml import etree

from vouch.parsers.common.xml.tree import parse_xml
from vouch.schemas.documents.records import Reason
from vouch.schemas.errors import DocumentRejected

# A quoted text, a comment or an instruction may hold the bracket that ends the subset. Possessive:
# what was read is not read again another way.
_SUBSET = re.compile(
    r"""(\s*+(?:<\?[^>]*+>\s*+|<!--(?:(?!-->).)*+-->\s*+)*+
        <!DOCTYPE\b(?:"[^"]*+"|'[^']*+'|[^\[>"'])*+)
        \[(?:"[^"]*+"|'[^']*+'|<!--(?:(?!-->).)*+-->|<\?(?:(?!\?>).)*+\?>|[^\]"'])*+\]""",
    re.DOTALL | re.IGNORECASE | re.VERBOSE,
)
_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")  # it names the encoding of the bytes


def without_subset(text: str) -> str:
    """Return a page without the internal subset of its document type.

    Where the page is XHTML, the entities that the subset declares are filled in. Raises
    `DocumentRejected` (unsafe) where these grow without limit or load other files.
    """
    match = _SUBSET.match(text)
    if match is None:
        return text
    if "<!ENTITY" in match[0]:
        try:
            xml = _DECLARATION.sub("", text, count=1).lstrip().encode("utf-8", "replace")
            root = parse_xml(xml, "the page", huge_tree=True)
        except DocumentRejected as rejected:
            if rejected.reason == Reason.UNSAFE:
                raise
        else:
            page: str = etree.tostring(root, method="html", encoding="unicode")
            return page
    return match[1] + text[match.end() :]
