"""Turn pandoc's inline elements and metadata values into text."""

from collections.abc import Iterable
from typing import Any, TypeAlias

Node: TypeAlias = dict[str, Any]
"""A node of pandoc's JSON tree: `t` is its type and `c` its content."""
Tree: TypeAlias = Any
"""Any part of the tree: a node, a list of parts, a string or a number."""

_SPACES = {"Space": " ", "SoftBreak": " ", "LineBreak": "\n", "HorizontalRule": ""}
_QUOTES = {"SingleQuote": ("‘", "’"), "DoubleQuote": ("“", "”")}
_WITH_ATTRIBUTES = ("Link", "Image", "Span", "Cite")
_FORMATTED = (
    "Emph",
    "Strong",
    "Strikeout",
    "Superscript",
    "Subscript",
    "SmallCaps",
    "Underline",
)


def plain(inlines: Iterable[Node], notes: list[list[Node]] | None = None) -> str:
    """Return the text of inline elements; footnotes are added to `notes`, as blocks."""
    return "".join(_text(node, notes) for node in inlines)


def _text(node: Node, notes: list[list[Node]] | None) -> str:
    kind, content = node["t"], node.get("c")
    if kind in _SPACES:
        return _SPACES[kind]
    if kind == "Str":
        return str(content)
    if content is None:
        return ""
    if kind in ("Code", "Math"):
        return str(content[1])
    if kind == "RawInline":  # of other formats this is markup; of TeX it is a formula
        return str(content[1]) if content[0] in ("latex", "tex") else ""
    if kind == "Quoted":
        opening, closing = _QUOTES[content[0]["t"]]
        return opening + plain(content[1], notes) + closing
    if kind in _WITH_ATTRIBUTES:
        return plain(content[1], notes)
    if kind in _FORMATTED:
        return plain(content, notes)
    if kind == "Note" and notes is not None:
        notes.append(content)
    return ""


def plain_meta(value: Node) -> str:
    """Return the text of a metadata value; lists are joined by commas."""
    kind, content = value["t"], value.get("c")
    if kind == "MetaList":
        return ", ".join(filter(None, map(plain_meta, content or [])))
    if kind == "MetaMap":
        # EPUB stores a title as a map with its text and its kind.
        entries = content or {}
        empty = {"t": "MetaString", "c": ""}
        return plain_meta(entries.get("text") or next(iter(entries.values()), empty))
    if kind == "MetaInlines":
        return plain(content or []).strip()
    if kind == "MetaBlocks":
        prose = (block for block in content or [] if block["t"] in ("Para", "Plain"))
        return " ".join(plain(block["c"]) for block in prose).strip()
    return "" if content is None else str(content)
