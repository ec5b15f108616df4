"""pandoc's inline elements to text."""

from collections.abc import Iterable
from typing import Any

Node = dict[str, Any]

_SPACES = {"Space": " ", "SoftBreak": " ", "LineBreak": "\n", "HorizontalRule": ""}
_QUOTES = {"SingleQuote": ("‘", "’"), "DoubleQuote": ("“", "”")}
_WITH_INLINES_LAST = (
    "Emph",
    "Strong",
    "Strikeout",
    "Superscript",
    "Subscript",
    "SmallCaps",
    "Underline",
)


def plain(inlines: Iterable[Node], notes: list[list[Node]] | None = None) -> str:
    """The text of inline elements; footnotes are put into `notes`, as blocks."""
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
    if kind == "RawInline":
        return str(content[1]) if content[0] in ("latex", "tex") else ""
    if kind == "Quoted":
        opening, closing = _QUOTES[content[0]["t"]]
        return opening + plain(content[1], notes) + closing
    if kind in ("Link", "Image", "Span", "Cite"):
        return plain(content[1], notes)
    if kind in _WITH_INLINES_LAST:
        return plain(content, notes)
    if kind == "Note" and notes is not None:
        notes.append(content)
    return ""


def plain_meta(value: Node) -> str:
    """The text of a metadata value; lists are joined by commas."""
    kind, content = value["t"], value.get("c")
    if kind == "MetaList":
        return ", ".join(filter(None, (plain_meta(one) for one in content or [])))
    if kind == "MetaMap":
        return plain_meta(
            (content or {}).get("text")
            or next(iter((content or {}).values()), {"t": "MetaString", "c": ""})
        )
    if kind == "MetaInlines":
        return plain(content or []).strip()
    if kind == "MetaBlocks":
        return " ".join(
            plain(block["c"]) for block in content or [] if block["t"] in ("Para", "Plain")
        ).strip()
    return "" if content is None else str(content)
