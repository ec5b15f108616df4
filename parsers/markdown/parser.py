"""Markdown and MDX: the rendered text with its structure, without markup.

Read as CommonMark with tables, strikethrough, footnotes, definition lists and formulas. HTML blocks
go through `vouch.parsers.common.html_tree`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin

from vouch.parsers.base import Hint
from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.clean import clean, one_line
from vouch.parsers.common.dates import parse_time
from vouch.parsers.common.encoding import decode
from vouch.parsers.common.html_tree import add_html
from vouch.parsers.common.links import Linked, LinkedTextBuilder, target_of
from vouch.parsers.common.scripts import around, lowered, note_mark, raised
from vouch.parsers.markdown.admonitions import plain_admonitions
from vouch.parsers.markdown.code_fences import outdented
from vouch.parsers.markdown.front_matter import take_front_matter
from vouch.parsers.markdown.inline import BoundedInline
from vouch.parsers.markdown.mdx import plain_mdx
from vouch.parsers.markdown.tokens import notes_in_place, with_terms, with_whole_tables
from vouch.schemas.records import Document, Metadata

_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_ANCHOR = re.compile(r"<(/?)a\b(?:[^>]*?\bhref\s*=\s*[\"']?([^\"'\s>]*))?", re.IGNORECASE)
_IMAGE = re.compile(r"<img\s(?:[^>]*\s)?alt\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)
_CAPTION = re.compile(
    r"\b(?:title|filename|caption)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|(\S+))"
    r"|(?<=\s)((?:[\w.@-]+/)*[\w-]*\.\w+)(?=\s|$)"
)
_SCRIPT = re.compile(r"<(/?)(sup|sub)\b[^>]*>", re.IGNORECASE)
_NOTE = re.compile(r"#|<a\b[^>]*href\s*=\s*[\"']?[^\"'>\s]*#", re.IGNORECASE)
_MAX_SCRIPT = 12  # tokens between its tags
# The id of a heading, which pandoc, kramdown and Docusaurus do not show.
_HEADING_ID = re.compile(r"\s*\{#[\w.:-]{1,100}\}\s*\Z")
_BARE = re.compile(r"\bhttps?://[^\s<>\[\]`\"]{3,}")
_BEHIND_LINK = "?!.,:;*_~'\""
_TEXT_TOKENS = ("text", "code_inline")
_MAX_NESTING = 60  # blocks; markdown-it recurses, and silently drops what is nested deeper
_OWN_FIELDS = frozenset(
    "title author authors date created updated lastmod modified lang language".split()
)


def parse(data: bytes, hint: Hint) -> Document:
    """Parse Markdown, or MDX by its file name. Raise `DocumentRejected` (undecodable)."""
    builder = DocumentBuilder()
    front = add_markdown(builder, decode(data), mdx=hint.name.lower().endswith(".mdx"))
    return builder.build(_metadata(front, builder))


def add_markdown(builder: DocumentBuilder, text: str, *, mdx: bool = False) -> Mapping[str, str]:
    """Add the elements of Markdown, and return the fields of its front matter."""
    front, text = take_front_matter(clean(text))
    tokens = _markdown().parse(plain_admonitions(outdented(plain_mdx(text, mdx=mdx), anywhere=mdx)))
    title, description = front.fields.get("title", ""), front.fields.get("description", "")
    heading = _first_heading(tokens)
    # Sites show the title of the front matter; many pages repeat it as their first heading.
    if title != heading:
        builder.title(title, 1)
    builder.paragraph(description)
    # Verbatim, so that spans point to the fields as they are written.
    builder.code(front.not_shown((title, description, heading or "")))
    if any(token.level >= _MAX_NESTING - 1 and token.nesting == 1 for token in tokens):
        # Deeper blocks are missing from the tokens. Nobody writes such Markdown: it is plain text.
        for block in re.split(r"\n\s*\n", text):
            builder.paragraph(block)
    else:
        _Walk(builder).walk(_in_reading_order(tokens))
    return front.fields


def _in_reading_order(tokens: Sequence[Token]) -> Sequence[Token]:
    """Return the tokens with whole HTML tables, and footnotes and definitions in place."""
    kinds = {token.type for token in tokens}
    if "html_block" in kinds:
        tokens = list(with_whole_tables(tokens))
    if "footnote_reference_open" in kinds:
        tokens = notes_in_place(tokens)
    return list(with_terms(tokens)) if "dl_open" in kinds else tokens


@cache
def _markdown() -> MarkdownIt:
    options = {"maxNesting": _MAX_NESTING}
    markdown = (
        MarkdownIt("commonmark", options).enable(["table", "strikethrough"]).use(deflist_plugin)
    )
    markdown.inline = BoundedInline.of(markdown.inline)
    markdown.use(footnote_plugin, inline=False, move_to_end=False)
    markdown.use(
        dollarmath_plugin,
        allow_space=False,
        allow_digits=False,
        allow_labels=False,
        double_inline=True,
    )
    return markdown


def _first_heading(tokens: Sequence[Token]) -> str | None:
    for opening, inline in zip(tokens, tokens[1:], strict=False):
        if opening.type == "heading_open":
            return one_line(_without_id(_text(inline.children or ())))
    return None


def _metadata(fields: Mapping[str, str], builder: DocumentBuilder) -> Metadata:
    return Metadata(
        title=fields.get("title") or builder.first_title,
        author=fields.get("author") or fields.get("authors") or None,
        language=fields.get("lang") or fields.get("language") or None,
        created=parse_time(fields.get("date") or fields.get("created") or ""),
        modified=parse_time(
            fields.get("updated") or fields.get("lastmod") or fields.get("modified") or ""
        ),
        extra=tuple(
            (name, value) for name, value in fields.items() if value and name not in _OWN_FIELDS
        ),
    )


@dataclass(slots=True)
class _List:
    """An open list: the number of its next item, None in a list of bullets, and the sign behind."""

    number: int | None
    sign: str

    def next_marker(self) -> str:
        if self.number is None:
            return "-"
        marker = f"{self.number}{self.sign}"
        self.number += 1
        return marker


class _Walk:
    """Adds tokens in order; what a paragraph becomes depends on the block that it is in."""

    def __init__(self, builder: DocumentBuilder) -> None:
        self._builder = builder
        self._lists: list[_List] = []  # open ones
        # The marker of each open list item, None as soon as its first text was added.
        self._items: list[str | None] = []
        self._heading: int | None = None
        self._rows: list[list[str]] | None = None
        self._header_rows = 0

    def walk(self, tokens: Sequence[Token]) -> None:
        """Call the method of each token's type; tokens without one have no text of their own."""
        kinds = {token.type for token in tokens}
        handlers = {kind: getattr(self, f"_{kind}", None) for kind in kinds}
        for token in tokens:
            if handle := handlers[token.type]:
                handle(token)

    def _heading_open(self, token: Token) -> None:
        self._heading = int(token.tag[1:])

    def _heading_close(self, token: Token) -> None:
        self._heading = None

    def _bullet_list_open(self, token: Token) -> None:
        start = int(token.attrs.get("start", 1)) if token.type == "ordered_list_open" else None
        self._lists.append(_List(start, token.markup))

    _ordered_list_open = _bullet_list_open

    def _bullet_list_close(self, token: Token) -> None:
        self._lists.pop()

    _ordered_list_close = _bullet_list_close

    def _list_item_open(self, token: Token) -> None:
        self._items.append(self._lists[-1].next_marker())

    def _list_item_close(self, token: Token) -> None:
        self._items.pop()

    def _fence(self, token: Token) -> None:
        if caption := _CAPTION.search(token.info):
            self._builder.paragraph(next(filter(None, caption.groups()), ""))
        self._builder.code(token.content)

    def _code_block(self, token: Token) -> None:
        self._builder.code(token.content)

    def _math_block(self, token: Token) -> None:
        self._builder.code(f"$${token.content}$$")

    def _html_block(self, token: Token) -> None:
        add_html(self._builder, token.content)

    def _table_open(self, token: Token) -> None:
        self._rows, self._header_rows = [], 0

    def _thead_close(self, token: Token) -> None:
        self._header_rows = len(self._rows or ())

    def _tr_open(self, token: Token) -> None:
        if self._rows is not None:
            self._rows.append([])

    def _table_close(self, token: Token) -> None:
        self._builder.table(self._rows or (), self._header_rows)
        self._rows = None

    def _inline(self, token: Token) -> None:
        text = _text(token.children or ())
        if self._rows is not None:
            self._rows[-1].append(text)
        elif self._heading is not None:
            self._builder.title(_without_id(text), self._heading)
        elif self._items and (marker := self._items[-1]) is not None:
            self._items[-1] = None
            self._builder.list_item(text, len(self._lists) - 1, marker)
        else:
            self._builder.paragraph(text)


def _text(tokens: Sequence[Token]) -> Linked:
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


def _without_id(heading: Linked) -> Linked:
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
    other = _other_tag(tokens, number, step, f"<{'' if is_end else '/'}{name}")
    if other is None:
        return ""
    first, last = sorted((number, other))
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
        return _text(token.children or ())
    if token.type == "html_inline":
        if _BREAK.fullmatch(token.content):
            return "\n"
        image = _IMAGE.match(token.content)
        return (image[1] or image[2] or "") if image else ""
    if token.type in ("math_inline", "math_inline_double"):
        # With its dollars, as it may be no formula after all.
        return f"{token.markup}{token.content}{token.markup}"
    return ""
