"""Markdown and MDX: rendered text with its structure, not markup."""

import re
from collections.abc import Mapping, Sequence
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
from vouch.parsers.markdown.admonitions import plain_admonitions
from vouch.parsers.markdown.code_fences import outdented
from vouch.parsers.markdown.front_matter import take_front_matter
from vouch.parsers.markdown.mdx import plain_mdx
from vouch.parsers.markdown.rule_dispatch import by_character
from vouch.parsers.markdown.tokens import notes_in_place, with_terms, with_whole_tables
from vouch.schemas.records import Document, Metadata

_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_ANCHOR = re.compile(r"<(/?)a\b(?:[^>]*?\bhref\s*=\s*[\"']?([^\"'\s>]*))?", re.IGNORECASE)
_IMAGE = re.compile(r"<img\s(?:[^>]*\s)?alt\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)
_CAPTION = re.compile(
    r"\b(?:title|filename|caption)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|(\S+))|(?<=\s)((?:[\w.@-]+/)*[\w-]*\.\w+)(?=\s|$)"
)
_WORDS = ("text", "text_special", "code_inline")
_MAX_NESTING = (
    60  # blocks in blocks; the reader of Markdown recurses, and drops what is deeper without a word
)
_KNOWN = (
    "title",
    "author",
    "authors",
    "date",
    "created",
    "updated",
    "lastmod",
    "modified",
    "lang",
    "language",
)


def parse(data: bytes, hint: Hint) -> Document:
    """Raises `DocumentRejected` (undecodable)."""
    builder = DocumentBuilder()
    front = add_markdown(builder, decode(data), mdx=hint.name.lower().endswith(".mdx"))
    return builder.build(_metadata(front, builder))


def add_markdown(builder: DocumentBuilder, text: str, *, mdx: bool = False) -> Mapping[str, str]:
    """Add Markdown's elements; returns the fields of its front matter, as far as they can be read."""
    front, text = take_front_matter(clean(text))
    tokens = _markdown().parse(plain_admonitions(outdented(plain_mdx(text, mdx=mdx), anywhere=mdx)))
    title, description = front.fields.get("title", ""), front.fields.get("description", "")
    heading = _first_heading(tokens)
    if title != heading:
        builder.title(title, 1)
    builder.paragraph(description)
    # What is not said already keeps its shape: else no span could prove it.
    builder.code(front.unsaid((title, description, heading or "")))
    if any(token.level >= _MAX_NESTING - 1 and token.nesting == 1 for token in tokens):
        # What is deeper is not among the tokens. No one wrote that as Markdown: it is read as plain text.
        for block in re.split(r"\n\s*\n", text):
            builder.paragraph(block)
    else:
        _Walk(builder).walk(_in_reading_order(tokens))
    return front.fields


def _in_reading_order(tokens: Sequence[Token]) -> Sequence[Token]:
    """Whole tables of HTML, footnotes where they are referred to, and terms with their meanings."""
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
    markdown.use(footnote_plugin, inline=False, move_to_end=False)
    markdown.use(
        dollarmath_plugin,
        allow_space=False,
        allow_digits=False,
        allow_labels=False,
        double_inline=True,
    )
    # Pieces of text are put together here, whatever their sort.
    return by_character(markdown.disable(["text_join", "fragments_join"]))


def _first_heading(tokens: Sequence[Token]) -> str | None:
    pairs = zip(tokens, tokens[1:], strict=False)
    return next(
        (
            one_line(_text(inline.children or ()))
            for opening, inline in pairs
            if opening.type == "heading_open"
        ),
        None,
    )


def _metadata(told: Mapping[str, str], builder: DocumentBuilder) -> Metadata:
    return Metadata(
        title=told.get("title") or builder.first_title,
        author=told.get("author") or told.get("authors") or None,
        language=told.get("lang") or told.get("language") or None,
        created=parse_time(told.get("date") or told.get("created") or ""),
        modified=parse_time(
            told.get("updated") or told.get("lastmod") or told.get("modified") or ""
        ),
        extra=tuple((name, value) for name, value in told.items() if value and name not in _KNOWN),
    )


class _Walk:
    """Tokens in order; what a paragraph becomes depends on the list that it stands in."""

    def __init__(self, builder: DocumentBuilder) -> None:
        self._builder = builder
        self._lists = 0
        self._items: list[bool] = []  # per open list item: was its first text added already?
        self._heading: int | None = None
        self._rows: list[list[str]] | None = None
        self._header_rows = 0

    def walk(self, tokens: Sequence[Token]) -> None:
        handlers = {
            kind: getattr(self, f"_{kind}", None) for kind in {token.type for token in tokens}
        }
        for token in tokens:
            if handle := handlers[token.type]:
                handle(token)

    def _heading_open(self, token: Token) -> None:
        self._heading = int(token.tag[1:])

    def _heading_close(self, token: Token) -> None:
        self._heading = None

    def _bullet_list_open(self, token: Token) -> None:
        self._lists += 1

    _ordered_list_open = _bullet_list_open

    def _bullet_list_close(self, token: Token) -> None:
        self._lists -= 1

    _ordered_list_close = _bullet_list_close

    def _list_item_open(self, token: Token) -> None:
        self._items.append(False)

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
            self._builder.title(text, self._heading)
        elif self._items and not self._items[-1]:
            self._items[-1] = True
            self._builder.list_item(text, self._lists - 1)
        else:
            self._builder.paragraph(text)


def _text(tokens: Sequence[Token]) -> Linked:
    """Inline tokens as text: links and emphasis by their words, images by their description."""
    if len(tokens) == 1 and tokens[0].type == "text":
        return Linked(tokens[0].content)
    gathered = LinkedTextBuilder()
    for token in tokens:
        if token.type in _WORDS:
            gathered.add(token.content)
        elif token.type == "link_open":
            gathered.open(target_of(str(token.attrs.get("href", ""))))
        elif token.type == "link_close":
            gathered.close()
        elif token.type == "html_inline" and (anchor := _ANCHOR.match(token.content)):
            gathered.open(None if anchor[1] else target_of(anchor[2]))
        else:
            gathered.add(_between_words(token))
    return gathered.take()


def _between_words(token: Token) -> str:
    if token.type == "softbreak":
        return " "
    if token.type == "hardbreak" or (
        token.type == "html_inline" and _BREAK.fullmatch(token.content)
    ):
        return "\n"
    if token.type == "image":
        return _text(token.children or ())
    if token.type == "html_inline" and (described := _IMAGE.match(token.content)):
        return described[1] or described[2] or ""
    if token.type in ("math_inline", "math_inline_double"):
        return f"{token.markup}{token.content}{token.markup}"  # what is no formula after all keeps its dollars
    return ""
