"""What a reader sees of reStructuredText's directives, which pandoc gives as divisions with the directive's name."""

from collections.abc import Sequence
from typing import Any

from parsers.pandoc_inlines import Node

# They say how a page is built; what they name is not on it.
_DROPPED = frozenset(
    "contents highlight highlightlang index currentmodule currentclass default-domain default-role program sectnum "
    "tabularcolumns literalinclude include meta role sectionauthor codeauthor moduleauthor testsetup testcleanup".split()
)
_CONDITIONS = ("only", "ifconfig", "ifconfigtag")
_VERSIONS = {
    "versionadded": "New in version",
    "versionchanged": "Changed in version",
    "deprecated": "Deprecated since version",
    "versionremoved": "Removed in version",
}
_TITLED = {"seealso": "See also", "todo": "Todo"}
_CAPTIONS = ("caption", "synopsis")


def shown(attributes: tuple[str, Sequence[str], Sequence[tuple[str, str]]], blocks: Sequence[Node]) -> list[Node]:
    """The blocks of a directive, with its title, and without what only a program reads."""
    name = attributes[1][0] if attributes[1] else ""
    captions = [_para([_str(value)]) for key, value in attributes[2] if key in _CAPTIONS and value]
    if name in _DROPPED:
        return []
    if name in _CONDITIONS:
        return list(blocks[1:])
    if name in _VERSIONS:
        return _version(_VERSIONS[name], list(blocks))
    if name == "toctree":
        return [*captions, *_entries(blocks)]
    if name in _TITLED:
        return _joined([_str(_TITLED[name])], list(blocks))
    if len(blocks) > 1 and blocks[0]["t"] == "Div" and "title" in blocks[0]["c"][0][1]:
        title = [inline for block in blocks[0]["c"][1] for inline in _inlines(block)]
        return _joined(title, list(blocks[1:]))
    if name == "admonition" and blocks:
        return _joined(_inlines(blocks[0]), list(blocks[1:]))
    return [*captions, *(_signature(block) if number == 0 else block for number, block in enumerate(blocks))]


def _joined(title: list[Node], blocks: list[Node]) -> list[Node]:
    """A title and the paragraph below it as one, on two lines."""
    if blocks and blocks[0]["t"] in ("Para", "Plain"):
        return [_para([*title, {"t": "LineBreak"}, *blocks[0]["c"]]), *blocks[1:]]
    return [_para(title), *blocks]


def _version(words: str, blocks: list[Node]) -> list[Node]:
    """`New in version 3.2: what is new`, whether that stands on the same line, the next, or in a paragraph."""
    inlines = _inlines(blocks[0]) if blocks else []
    number, rest = inlines[:1], inlines[2:]
    if not rest and len(blocks) > 1:
        rest = _inlines(blocks.pop(1))
    said = [_str(words), {"t": "Space"}, *number, *([_str(":"), {"t": "Space"}, *rest] if rest else [])]
    return [_para(said), *blocks[1:]]


def _entries(blocks: Sequence[Node]) -> list[Node]:
    """A table of contents as a list; of `Title <path>` the title."""
    items: list[list[Node]] = [[]]
    for inline in (inline for block in blocks for inline in [*_inlines(block), {"t": "SoftBreak"}]):
        if inline["t"] == "SoftBreak":
            items.append([])
        elif not (inline["t"] == "Str" and items[-1] and inline["c"].startswith("<") and inline["c"].endswith(">")):
            items[-1].append(inline)
    return [{"t": "BulletList", "c": [[{"t": "Plain", "c": item}] for item in items if item]}]


def _signature(block: Node) -> Node:
    """Several signatures stand on a line each; elsewhere nothing is lost by a line break."""
    if block["t"] not in ("Para", "Plain"):
        return block
    return {"t": block["t"], "c": [{"t": "LineBreak"} if one["t"] == "SoftBreak" else one for one in block["c"]]}


def _inlines(block: Node) -> list[Node]:
    return list(block["c"]) if block["t"] in ("Para", "Plain") else []


def _para(inlines: list[Node]) -> Node:
    return {"t": "Para", "c": inlines}


def _str(text: str) -> dict[str, Any]:
    return {"t": "Str", "c": text}
