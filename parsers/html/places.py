"""Where a block of a page is, and what it is there."""

from itertools import islice

from vouch.parsers.common.html.blocks import Block
from vouch.parsers.common.html.visibility import Node, name_of

_MIN_OWN_WORDS = 2
_OF_TEXT = ("ul", "ol", "li", "dl", "dd", "pre", "blockquote")
_MAX_PARTS = 2  # elements around a paragraph, below the one that holds all of an article
_MAX_ABOVE_NOTE = 4  # elements
_NOTES = frozenset(
    "footnotes footnote-list endnotes references reflist doc-endnotes doc-bibliography".split()
)


def outermost(node: Node) -> Node:
    """Return the list, table or other element of the text itself that a block's element is in."""
    while (parent := node.getparent()) is not None and name_of(parent) in _OF_TEXT:
        node = parent
    return node


def place(part: Node | None) -> tuple[Node | None, tuple[tuple[str, str], ...]]:
    """Return where a part of a page is: the element around it, and how what is between is built."""
    built = []
    for _ in range(_MAX_PARTS):
        if part is None:
            break
        built.append((name_of(part), part.get("class") or ""))
        part = part.getparent()
    return part, tuple(built)


def has_own_words(block: Block) -> bool:
    """Return whether a block has several words outside its links, as a sentence does."""
    end, words = 0, 0
    for start, stop, _ in (*block.text.links, (len(block.text), 0, "")):
        words += sum(any(map(str.isalpha, word)) for word in block.text[end:start].split())
        end = stop
    return words >= _MIN_OWN_WORDS


def is_note(node: Node) -> bool:
    """Return whether an element is in a part of the page that is named notes, or is one."""
    return any(
        part.get("role") in _NOTES or not _NOTES.isdisjoint((part.get("class") or "").split())
        for part in (node, *islice(node.iterancestors(), _MAX_ABOVE_NOTE))
    )
