"""Inline tokens of Markdown as the text that a reader sees, with its links."""

import re
from collections.abc import Sequence

from markdown_it.token import Token

from vouch.parsers.common.links import Linked, LinkedTextBuilder, target_of
from vouch.parsers.common.text.scripts import around, lowered, note_mark, raised

_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_ANCHOR = re.compile(r"<(/?)a\b(?:[^>]*?\bhref\s*=\s*[\"']?([^\"'\s>]*))?", re.IGNORECASE)
_IMAGE = re.compile(r"<img\s(?:[^>]*\s)?alt\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)
_SCRIPT = re.compile(r"<(/?)(sup|sub)\b[^>]*>", re.IGNORECASE)
_NOTE = re.compile(r"#|<a\b[^>]*href\s*=\s*[\"']?[^\"'>\s]*#", re.IGNORECASE)
_MAX_SCRIPT = 12  # tokens between its tags
# The id of a heading, which pandoc, kramdown and Docusaurus do not show.
_HEADING_ID = re.compile(r"\s*\{#[\w.:-]{1,100}\}\s*\Z")
_BARE = re.compile(r"\bhttps?://[^\s<>\[\]`\"]{3,}")
_BEHIND_LINK = "?!.,:;*_~'\""
_TEXT_TOKENS = ("text", "code_inline")


def inline_text(tokens: Sequence[Token]) -> Linked:
    """Return inline tokens as text: links and emphasis by their words, images by description."""
    if len(tokens) == 1 and tokens[0].type == "text" and "://" not in tokens[0].content:
        return Linked(tokens[0].content)
    linked = LinkedTextBuilder()
    is_linked = False
    for number, token in enumerate(tokens):
        if token.type == "text" and not is_linked:
            _add_text(linked, token.content)
        elif token.type in _TEXT_TOKENS:
            linked.add(token.content)
        elif token.type == "link_open":
            linked.open(target_of(str(token.attrs.get("href", ""))))
            is_linked = True
        elif token.type == "link_close":
            linked.close()
            is_linked = False
        elif token.type == "html_inline" and (script := _SCRIPT.fullmatch(token.content)):
            linked.add(_script_sign(script, tokens, number, linked.end))
        elif token.type == "html_inline" and (anchor := _ANCHOR.match(token.content)):
            linked.open(None if anchor[1] else target_of(anchor[2]))
            is_linked = not anchor[1]
        else:
            linked.add(_other_text(token))
    return linked.take()


def without_id(heading: Linked) -> Linked:
    """Return a heading without the id that is written behind it."""
    match = _HEADING_ID.search(heading)
    return Linked(heading[: match.start()], heading.links) if match else heading


def _add_text(linked: LinkedTextBuilder, text: str) -> None:
    """Add plain text, with its bare addresses as links."""
    end = 0
    for match in _BARE.finditer(text) if "://" in text else ():
        address = match[0].rstrip(_BEHIND_LINK)
        while address.endswith(")") and address.count(")") > address.count("("):
            address = address[:-1].rstrip(_BEHIND_LINK)
        linked.add(text[end : match.start()])
        linked.open(target_of(address))
        linked.add(address)
        linked.close()
        end = match.start() + len(address)
    linked.add(text[end:])


def _script_sign(script: re.Match[str], tokens: Sequence[Token], number: int, before: str) -> str:
    """Return what is written instead of a tag that begins or ends raised or lowered characters."""
    is_end, name = bool(script[1]), script[2].lower()
    step = -1 if is_end else 1
    partner = _other_tag(tokens, number, step, f"<{'' if is_end else '/'}{name}")
    if partner is None:
        return ""
    first, last = sorted((number, partner))
    inside = tokens[first + 1 : last]
    text = "".join(token.content for token in inside if token.type in _TEXT_TOKENS)
    if is_end:  # the text before it has been written already
        before = tokens[first - 1].content if first else ""
    after = tokens[last + 1].content if last + 1 < len(tokens) else ""
    is_note = any(
        _NOTE.match(str(token.attrs.get("href", "")) or token.content) for token in inside
    )
    if name == "sub":
        written = lowered(before, text, after)
    else:
        written = note_mark(before, text) if is_note else raised(before, text, after)
    return around(written, text)[is_end] if text.strip() else ""


def _other_tag(tokens: Sequence[Token], number: int, step: int, beginning: str) -> int | None:
    """Return where the tag is that belongs to another one, near it."""
    for place in range(number + step, number + step * _MAX_SCRIPT, step):
        if not 0 <= place < len(tokens):
            return None
        if tokens[place].type == "html_inline" and tokens[place].content.startswith(beginning):
            return place
    return None


def _other_text(token: Token) -> str:
    """Return the text of an inline token that is neither plain text nor a link."""
    if token.type == "softbreak":
        return " "
    if token.type == "hardbreak":
        return "\n"
    if token.type == "image":
        return inline_text(token.children or ())
    if token.type == "html_inline":
        if _BREAK.fullmatch(token.content):
            return "\n"
        image = _IMAGE.match(token.content)
        return (image[1] or image[2] or "") if image else ""
    if token.type in ("math_inline", "math_inline_double"):
        # With its dollars, as it may be no formula after all.
        return f"{token.markup}{token.content}{token.markup}"
    return ""
