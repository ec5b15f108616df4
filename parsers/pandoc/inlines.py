"""Turn pandoc's inline elements and metadata values into text."""

from collections.abc import Iterable
from itertools import zip_longest
from typing import Any, TypeAlias

from vouch.parsers.common.links import Anchor, Linked, LinkedTextBuilder, target_of
from vouch.parsers.common.text.scripts import around, lowered, note_mark, raised
from vouch.schemas.documents.value_types import typed
from vouch.schemas.documents.values import Value, joined

Node: TypeAlias = dict[str, Any]
"""A node of pandoc's JSON tree: `t` is its type and `c` its content."""
Tree: TypeAlias = Any
"""Any part of the tree: a node, a list of parts, a string or a number."""

_SPACES = {"Space": " ", "SoftBreak": " ", "LineBreak": "\n", "HorizontalRule": ""}
_QUOTES = {"SingleQuote": ("‘", "’"), "DoubleQuote": ("“", "”")}
_WITH_ATTRIBUTES = ("Image", "Span", "Cite")
_SCRIPTS = {"Superscript": raised, "Subscript": lowered}
_FORMATTED = (
    "Emph",
    "Strong",
    "SmallCaps",
    "Underline",
)


def plain(inlines: Iterable[Node], notes: list[list[Node]] | None = None) -> Linked:
    """Return the text of inline elements; footnotes are added to `notes`, as blocks."""
    text = LinkedTextBuilder()
    _add(inlines, text, notes)
    return _merged(text.take())


def _merged(text: Linked) -> Linked:
    """Join links of one target without a gap: pandoc cuts a link of RTF where its type changes."""
    links: list[Anchor] = []
    for start, end, target in text.links:
        if links and links[-1][1:] == (start, target):
            links[-1] = (links[-1][0], end, target)
        else:
            links.append((start, end, target))
    return Linked(text, links)


def _add(inlines: Iterable[Node], text: LinkedTextBuilder, notes: list[list[Node]] | None) -> None:
    nodes = list(inlines)
    following: Node | None
    for node, following in zip_longest(nodes, nodes[1:]):
        kind, content = node["t"], node.get("c")
        if kind in _SPACES:
            text.add(_SPACES[kind])
        elif kind == "Str":
            text.add(str(content))
        elif content is None:
            continue
        elif kind in ("Code", "Math"):
            text.add(str(content[1]))
        elif kind == "RawInline":  # of other formats this is markup; of TeX it is a formula
            text.add(str(content[1]) if content[0] in ("latex", "tex") else "")
        elif kind == "Quoted":
            opening, closing = _QUOTES[content[0]["t"]]
            text.add(opening)
            _add(content[1], text, notes)
            text.add(closing)
        elif kind == "Link":
            text.open(target_of(content[2][0]))
            _add(content[1], text, notes)
            text.close()
        elif kind in _WITH_ATTRIBUTES:
            _add(content[1], text, notes)
        elif kind in _SCRIPTS:
            _add_script(node, following, text, notes)
        elif kind == "Strikeout":
            _add(content, text, notes)
            # What was struck out and what replaces it are two words, or two numbers.
            is_joined = following is not None and str(following.get("c", ""))[:1].isalnum()
            text.add(" " if is_joined and text.end[-1:].isalnum() else "")
        elif kind in _FORMATTED:
            _add(content, text, notes)
        elif kind == "Note" and notes is not None:
            notes.append(content)


def _add_script(
    node: Node, following: Node | None, text: LinkedTextBuilder, notes: list[list[Node]] | None
) -> None:
    """Add raised or lowered characters; a link in them leads to a footnote."""
    shown = plain(node["c"])
    after = str(following["c"]) if following is not None and following["t"] == "Str" else ""
    is_note = any(inline["t"] == "Link" for inline in node["c"])
    written = note_mark(text.end, shown) if is_note else _SCRIPTS[node["t"]](text.end, shown, after)
    before, behind = around(written, shown) if written != shown else ("", "")
    text.add(before)
    _add(node["c"], text, notes)
    text.add(behind)


def typed_meta(value: Node) -> Value:
    """Return a metadata value with its type; "" or an empty list where there is nothing."""
    kind, content = value["t"], value.get("c")
    if kind == "MetaBool":
        return bool(content)
    if kind != "MetaList":
        return typed(plain_meta(value))
    return joined(map(typed_meta, content or []))


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
