"""Inline elements whose meaning is in how they are drawn: powers, fractions, quotes, initials."""

import re

from lxml import etree

from vouch.parsers.common.html.visibility import BLOCKS, Node, name_of
from vouch.parsers.common.text.scripts import around, lowered, note_mark, raised

_FRACTIONS = etree.XPath("descendant::span[contains(@class, 'frac')]")
_FRACTION = re.compile(r"(?:^|[\s_-])(?:s|t|v|nut)?frac(?:tion)?(?:$|[\s_-])")
_NOTE_NAME = re.compile(
    r"\b(?:foot|end)?note(?:ref|-ref)?\b|\bref(?:erence)?\b|\bcitation\b|noteref"
)
_SEEN = 40  # characters before and behind an element that decide what it means
_MAX_STEPS = 8  # elements to the text before or behind one
_QUOTES = ("“", "”"), ("‘", "’")


def write_inline(root: Node) -> None:
    """Write what these elements mean into their texts."""
    for node in _FRACTIONS(root):
        _write_fraction(node)
    for node in list(root.iter("sup", "sub")):
        _write_script(node)
    for node in list(root.iter("q")):
        depth = sum(name_of(above) == "q" for above in node.iterancestors())
        _surround(node, *_QUOTES[depth % 2])
    for node in list(root.iter("del", "s", "strike")):
        # What was struck out and what replaces it are two words, or two numbers.
        if _text(node)[-1:].isalnum() and _after(node)[:1].isalnum():
            node.tail = f" {node.tail or ''}"
    for node in list(root.iter("img")):
        _write_initial(node)


def _write_script(node: Node) -> None:
    text, before = _text(node), _before(node)
    if not text.strip():
        return
    if name_of(node) == "sub":
        written = lowered(before, text, _after(node))
    elif _is_note(node):
        written = note_mark(before, text)
    else:
        written = raised(before, text, _after(node))
    if written != text:
        _surround(node, *around(written, text))


def _is_note(node: Node) -> bool:
    """Return whether raised characters lead to a footnote."""
    links = [*node.iter("a"), *(above for above in node.iterancestors("a"))]
    if any("#" in (link.get("href") or "") for link in links):
        return True
    return any(
        (part.get("role") or "").startswith("doc-")
        or _NOTE_NAME.search(f"{part.get('class') or ''} {part.get('epub:type') or ''}")
        for part in (node, *links)
    )


def _write_fraction(node: Node) -> None:
    """Put a slash between two numbers above one another, and a space before them."""
    numbers = [child for child in node if _text(child).strip().isdecimal()]
    if not _FRACTION.search(node.get("class") or "") or len(numbers) != 2:
        return
    before, behind = numbers
    if not any(bar in _text(node) for bar in "/⁄∕"):
        behind.text = f"/{behind.text or ''}"
    if _before(before)[-1:].isdecimal() and before.text:
        before.text = f" {before.text}"


def _write_initial(picture: Node) -> None:
    """Replace the picture of a letter that begins a word by the letter."""
    letter = picture.get("alt") or ""
    if len(letter) == 1 and letter.isalpha() and (picture.tail or "")[:1].islower():
        picture.tag, picture.text = "span", letter


def _surround(node: Node, before: str, after: str) -> None:
    node.text = before + (node.text or "")
    if len(node):
        node[-1].tail = (node[-1].tail or "") + after
    else:
        node.text += after


def _text(node: Node) -> str:
    return "".join(node.itertext())


def _before(node: Node) -> str:
    """Return the end of the text before an element, in the same block."""
    for _ in range(_MAX_STEPS):
        previous = node.getprevious()
        if previous is not None:
            if text := previous.tail or ("" if name_of(previous) == "br" else _text(previous)):
                return text[-_SEEN:]
            if name_of(previous) in BLOCKS or name_of(previous) == "br":
                return ""
            node = previous
            continue
        parent = node.getparent()
        if parent is None:
            return ""
        if parent.text or name_of(parent) in BLOCKS:
            return (parent.text or "")[-_SEEN:]
        node = parent
    return ""


def _after(node: Node) -> str:
    """Return the beginning of the text behind an element, in the same block."""
    for _ in range(_MAX_STEPS):
        following = node.getnext()
        if node.tail:
            return str(node.tail)[:_SEEN]
        if following is not None:
            is_apart = name_of(following) in (*BLOCKS, "br", "sup", "sub")
            return "" if is_apart else _text(following)[:_SEEN]
        parent = node.getparent()
        if parent is None or name_of(parent) in BLOCKS:
            return ""
        node = parent
    return ""
