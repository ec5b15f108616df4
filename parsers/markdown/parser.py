"""Markdown and MDX: the rendered text with its structure, without markup.

Read as CommonMark with tables, strikethrough, footnotes, definition lists and formulas. HTML blocks
go through `vouch.parsers.common.html.tree`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin

from vouch.parsers.base import Hint
from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.dates import parse_time
from vouch.parsers.common.html.tree import add_html
from vouch.parsers.common.text.clean import clean, one_line
from vouch.parsers.common.text.encoding import decode
from vouch.parsers.markdown.admonitions import plain_admonitions
from vouch.parsers.markdown.code_fences import outdented
from vouch.parsers.markdown.front_matter import FrontMatter, take_front_matter
from vouch.parsers.markdown.inline import BoundedInline
from vouch.parsers.markdown.inline_text import inline_text, without_id
from vouch.parsers.markdown.mdx import plain_mdx
from vouch.parsers.markdown.tokens import notes_in_place, with_terms, with_whole_tables
from vouch.schemas.documents.records import Document, LeftOutKind, Metadata
from vouch.schemas.documents.values import texts

_CAPTION = re.compile(
    r"\b(?:title|filename|caption)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|(\S+))"
    r"|(?<=\s)((?:[\w.@-]+/)*[\w-]*\.\w+)(?=\s|$)"
)
_MAX_NESTING = 60  # blocks; markdown-it recurses, and silently drops what is nested deeper
_OWN_FIELDS = frozenset(
    "title author authors date created updated lastmod modified lang language".split()
)


def parse(data: bytes, hint: Hint) -> Document:
    """Parse Markdown, or MDX by its file name. Raise `DocumentRejected` (undecodable)."""
    builder = DocumentBuilder()
    front = add_markdown(builder, decode(data), mdx=hint.name.lower().endswith(".mdx"))
    return builder.build(page_metadata(front, builder))


def add_markdown(
    builder: DocumentBuilder, text: str, *, mdx: bool = False, is_page: bool = True
) -> FrontMatter:
    """Add the elements of Markdown, and return its front matter.

    `is_page` says that it is a page by itself, which may have fields and nothing else.
    """
    front, text = take_front_matter(clean(text))
    tokens = _markdown().parse(plain_admonitions(outdented(plain_mdx(text, mdx=mdx), anywhere=mdx)))
    title, description = front.fields.get("title", ""), front.fields.get("description", "")
    heading = _first_heading(tokens)
    # Sites show the title of the front matter; many pages repeat it as their first heading.
    if title != heading:
        builder.title(title, 1)
    builder.paragraph(description)
    _add_fields(builder, front, (title, description, heading or ""), is_all=is_page and not tokens)
    if any(token.level >= _MAX_NESTING - 1 and token.nesting == 1 for token in tokens):
        # Deeper blocks are missing from the tokens. Nobody writes such Markdown: it is plain text.
        for block in re.split(r"\n\s*\n", text):
            builder.paragraph(block)
    else:
        _Walk(builder).walk(_in_reading_order(tokens))
    return front


def _add_fields(
    builder: DocumentBuilder, front: FrontMatter, shown: tuple[str, ...], *, is_all: bool
) -> None:
    """Add the sentences of front matter, and count its other fields, which are metadata.

    Where the page has nothing else, or the fields cannot be read, they are text as it is written.
    """
    if is_all or not front.fields:
        builder.code(front.not_shown(shown))
        return
    for sentence in front.prose:
        if sentence not in shown:
            builder.paragraph(sentence)
    builder.leave_out(LeftOutKind.METADATA, front.not_shown((*shown, *front.prose)))


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
            return one_line(without_id(inline_text(inline.children or ())))
    return None


def page_metadata(front: FrontMatter, builder: DocumentBuilder) -> Metadata:
    """Return the metadata of a page by the fields of its front matter."""
    fields = front.fields
    extra = [(name, value) for name, value in front.values.items() if name not in _OWN_FIELDS]
    return Metadata(
        title=fields.get("title") or builder.first_title,
        author=fields.get("author") or fields.get("authors") or None,
        language=fields.get("lang") or fields.get("language") or None,
        created=parse_time(fields.get("date") or fields.get("created") or ""),
        modified=parse_time(
            fields.get("updated") or fields.get("lastmod") or fields.get("modified") or ""
        ),
        extra=tuple(extra),
        written=tuple(
            (name, fields[name])
            for name, value in extra
            if not isinstance(value, tuple) and texts(value) != (fields[name],)
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
        text = inline_text(token.children or ())
        if self._rows is not None:
            self._rows[-1].append(text)
        elif self._heading is not None:
            self._builder.title(without_id(text), self._heading)
        elif self._items and (marker := self._items[-1]) is not None:
            self._items[-1] = None
            self._builder.list_item(text, len(self._lists) - 1, marker)
        else:
            self._builder.paragraph(text)
