"""Keep the code in an OpenDocument text, which pandoc reads as paragraphs without indents.

Code is recognized by styles: by their names, or by a fixed-pitch font. Each line goes through
pandoc as a placeholder, so that it comes out at its place.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from lxml import etree

from vouch.parsers.common.xml.tree import Xml, XmlPackage, attribute, child, name_of
from vouch.parsers.common.zip_safety import open_zip, repacked
from vouch.parsers.pandoc.inlines import Node, Tree
from vouch.parsers.pandoc.odt_styles import CodeStyles
from vouch.schemas.documents.records import Reason
from vouch.schemas.errors import DocumentRejected

_CONTENT = "content.xml"
# Private-use characters. A text that holds such a placeholder by itself stays text, as long as its
# number is past the last line of code.
_OPEN, _CLOSE = "\ue8fe", "\uefff"
_PLACEHOLDER = re.compile(f"{_OPEN}(\\d{{1,7}}){_CLOSE}")
_SPACES = re.compile(r"[ \t\r\n]+")
# Elements of a paragraph that are text. A line with any other element, such as a note or an image,
# goes through pandoc as it is: a placeholder would lose that element.
_TEXTUAL = frozenset(
    "s tab line-break span a bookmark bookmark-start bookmark-end soft-page-break".split()
)
_MAX_SPACES = 200  # a count of billions must not make a line of gigabytes
# Characters of a line of code. Prose pasted into a document can get the same styles; its
# paragraphs are longer.
_MAX_LINE = 200


def extract_code(data: bytes) -> tuple[bytes, list[str]]:
    """Return the document with placeholders for its lines of code, and those lines.

    Raises `DocumentRejected` (malformed) for a style that inherits from itself: pandoc would
    follow it until its time limit.
    """
    try:
        with open_zip(data) as archive:
            package = XmlPackage(archive)
            parts = (package.xml(part) for part in ("styles.xml", _CONTENT))
            roots = [root for root in parts if root is not None]
            styles, root = CodeStyles(roots), roots[-1] if roots else None
            lines = [] if root is None else list(_extract_lines(root, styles))
            packed = data
            if lines:  # without pictures, which are not read
                content = {_CONTENT: etree.tostring(root)}
                packed = repacked(archive, content, ("Pictures/", "Thumbnails/"))
    except DocumentRejected:
        return data, []  # pandoc reports in its own words what is damaged
    if style := styles.circular_style():
        raise DocumentRejected(
            Reason.MALFORMED, f"the style {style!r} of the document inherits from itself"
        )
    return packed, lines


def restore_code(node: Tree, lines: Sequence[str]) -> Tree:
    """Return pandoc's tree with code for the placeholders, consecutive lines as one block."""
    if isinstance(node, dict):
        return {key: restore_code(value, lines) for key, value in node.items()}
    if not isinstance(node, list):
        return node
    restored: list[Tree] = []
    for is_code, group in groupby(
        ((_line_of(item, lines), item) for item in node), key=lambda pair: pair[0] is not None
    ):
        if is_code:
            text = "\n".join(line or "" for line, _ in group)
            restored.append({"t": "CodeBlock", "c": [["", [], []], text]})
        else:
            restored += [restore_code(item, lines) for _, item in group]
    return restored


def _line_of(node: Tree, lines: Sequence[str]) -> str | None:
    """Return the line of code that a paragraph is the placeholder of, else None."""
    if not isinstance(node, dict) or node.get("t") not in ("Para", "Plain"):
        return None
    inlines: list[Node] = node["c"]
    if len(inlines) != 1 or inlines[0]["t"] != "Str":
        return None
    match = _PLACEHOLDER.fullmatch(inlines[0]["c"])
    return lines[int(match[1])] if match and int(match[1]) < len(lines) else None


def _extract_lines(root: Xml, styles: CodeStyles) -> Iterator[str]:
    """Yield the lines of code, each replaced by its placeholder in the tree."""
    number = 0
    body = child(root, "body")
    for paragraph in () if body is None else [node for node in body.iter() if name_of(node) == "p"]:
        if not styles.is_code(paragraph) or any(
            name_of(node) not in _TEXTUAL for node in paragraph.iterdescendants()
        ):
            continue
        text = "".join(_pieces(paragraph)).strip("\n")
        if any(len(line) > _MAX_LINE for line in text.split("\n")):
            continue
        yield text
        for node in list(paragraph):
            paragraph.remove(node)
        paragraph.text = f"{_OPEN}{number}{_CLOSE}"
        number += 1


def _pieces(element: Xml) -> Iterator[str]:
    """Yield the text of a paragraph with its spaces.

    White space in the XML is one space (OpenDocument 1.2, 6.1.2); more are counted in elements.
    """
    yield _SPACES.sub(" ", element.text or "")
    for node in element:
        name = name_of(node)
        if name == "s":
            count = attribute(node, "c") or "1"
            yield " " * min(int(count) if count.isdecimal() and len(count) < 9 else 1, _MAX_SPACES)
        else:
            yield {"tab": "\t", "line-break": "\n"}.get(name, "")
        yield from _pieces(node)
        yield _SPACES.sub(" ", node.tail or "")
