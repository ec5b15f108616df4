"""Parts of an HTML page that readers do not see, and what a report counts them as."""

from collections.abc import Iterable

from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.html.visibility import LEFT_OUT, Node, name_of
from vouch.schemas.documents.records import LeftOutKind

# What is no text of the page, or is in its metadata.
_NO_TEXT = frozenset(
    "script style template link meta title map iframe embed noscript base head param source "
    "track".split()
)
_KINDS = {
    "button": LeftOutKind.BOILERPLATE,
    "select": LeftOutKind.BOILERPLATE,
    "datalist": LeftOutKind.BOILERPLATE,
    # A transcription of the characters that it is above.
    "rt": LeftOutKind.ALTERNATIVE,
    "rtc": LeftOutKind.ALTERNATIVE,
    "rp": LeftOutKind.ALTERNATIVE,
    # What is shown where a program or a picture cannot be.
    "object": LeftOutKind.ALTERNATIVE,
    "canvas": LeftOutKind.ALTERNATIVE,
    "audio": LeftOutKind.ALTERNATIVE,
    "video": LeftOutKind.ALTERNATIVE,
    "svg": LeftOutKind.ALTERNATIVE,
}

_MARKED = {kind.value: kind for kind in LeftOutKind}


def mark_left_out(node: Node, kind: LeftOutKind) -> None:
    """Make an element one that is not shown."""
    node.set(LEFT_OUT, kind.value)


def count_left_out(builder: DocumentBuilder, nodes: Iterable[Node]) -> None:
    """Count the text of the elements that `vouch.parsers.common.html.blocks.read` did not show."""
    for node in nodes:
        name = name_of(node)
        text = "" if name in _NO_TEXT else " ".join(node.itertext())
        if any(map(str.isalnum, text)):  # marks beside headings are no loss
            builder.leave_out(_kind(node, name), text)


def _kind(node: Node, name: str) -> LeftOutKind:
    marked = _MARKED.get(node.get(LEFT_OUT) or "")
    return marked or _KINDS.get(name, LeftOutKind.HIDDEN)
