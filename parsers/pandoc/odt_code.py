"""Code in an OpenDocument text, which pandoc reads as paragraphs and loses the indents of.

What is code is told by styles: by their names, or by a font of which all letters are as wide. Each line goes through
pandoc as a placeholder, so that it stands where it belongs.
"""

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from lxml import etree

from vouch.parsers.common.xml_tree import Xml, XmlPackage, attribute, child, name_of
from vouch.parsers.common.zip_safety import open_zip
from vouch.parsers.pandoc.inlines import Node
from vouch.parsers.pandoc.odt_fonts import Fonts
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.records import Reason

_CONTENT = "content.xml"
_OPEN, _CLOSE = "\ue8fe", "\uefff"
_PLACEHOLDER = re.compile(f"{_OPEN}(\\d{{1,7}}){_CLOSE}")
_SPACES = re.compile(r"[ \t\r\n]+")
_TEXTUAL = frozenset(
    "s tab line-break span a bookmark bookmark-start bookmark-end soft-page-break".split()
)
_MAX_SPACES = 200
_LONGEST = 200  # characters of a line of code; prose that is pasted into a text gets the same style


def without_code(data: bytes) -> tuple[bytes, list[str]]:
    """The same document with placeholders for the lines of its code, and these.

    Raises `DocumentRejected` (malformed) for a style that inherits from itself: pandoc would follow it for ever.
    """
    try:
        with open_zip(data) as archive:
            package = XmlPackage(archive)
            roots = [
                root for part in ("styles.xml", _CONTENT) if (root := package.xml(part)) is not None
            ]
            fonts, root = Fonts(roots), roots[-1] if roots else None
            lines = [] if root is None else list(_taken(root, fonts))
            found = (_repacked(archive, etree.tostring(root)), lines) if lines else (data, [])
    except DocumentRejected:
        return data, []  # pandoc says in its own words what is wrong with it
    if ring := fonts.made_from_itself():
        raise DocumentRejected(
            Reason.MALFORMED, f"the style {ring!r} of the document inherits from itself"
        )
    return found


def with_code(node: Any, lines: Sequence[str]) -> Any:  # noqa: ANN401 - pandoc's tree, of which every part is handled alike
    """pandoc's tree with the code in place of the placeholders, lines that follow each other in one block."""
    if isinstance(node, dict):
        return {key: with_code(one, lines) for key, one in node.items()}
    if not isinstance(node, list):
        return node
    told: list[Any] = []
    for is_code, run in groupby(
        ((_line(one, lines), one) for one in node), key=lambda pair: pair[0] is not None
    ):
        if is_code:
            told.append(
                {"t": "CodeBlock", "c": [["", [], []], "\n".join(line or "" for line, _ in run)]}
            )
        else:
            told += [with_code(one, lines) for _, one in run]
    return told


def _line(node: Any, lines: Sequence[str]) -> str | None:  # noqa: ANN401
    if not isinstance(node, dict) or node.get("t") not in ("Para", "Plain"):
        return None
    inlines: list[Node] = node["c"]
    found = (
        _PLACEHOLDER.fullmatch(inlines[0]["c"])
        if len(inlines) == 1 and inlines[0]["t"] == "Str"
        else None
    )
    return lines[int(found[1])] if found and int(found[1]) < len(lines) else None


def _taken(root: Xml, fonts: Fonts) -> Iterator[str]:
    """The lines of code, each replaced by its placeholder."""
    number = 0
    body = child(root, "body")
    for paragraph in () if body is None else [one for one in body.iter() if name_of(one) == "p"]:
        if not fonts.is_code(paragraph) or any(
            name_of(one) not in _TEXTUAL for one in paragraph.iterdescendants()
        ):
            continue
        text = "".join(_pieces(paragraph)).strip("\n")
        if any(len(line) > _LONGEST for line in text.split("\n")):
            continue
        yield text
        for one in list(paragraph):
            paragraph.remove(one)
        paragraph.text = f"{_OPEN}{number}{_CLOSE}"
        number += 1


def _pieces(element: Xml) -> Iterator[str]:
    yield _SPACES.sub(" ", element.text or "")
    for one in element:
        name = name_of(one)
        if name == "s":
            count = attribute(one, "c") or "1"
            yield " " * min(int(count) if count.isdecimal() and len(count) < 9 else 1, _MAX_SPACES)
        else:
            yield {"tab": "\t", "line-break": "\n"}.get(name, "")
        yield from _pieces(one)
        yield _SPACES.sub(" ", one.tail or "")


def _repacked(archive: zipfile.ZipFile, content: bytes) -> bytes:
    """Without pictures, which nothing is read of."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        for member in archive.infolist():
            if not member.filename.startswith(("Pictures/", "Thumbnails/")):
                packed.writestr(
                    member.filename,
                    content if member.filename == _CONTENT else archive.read(member),
                )
    return stream.getvalue()
