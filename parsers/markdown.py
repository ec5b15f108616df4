"""Markdown and MDX: rendered text with its structure, not markup."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from io import StringIO

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.front_matter import front_matter_plugin
from ruamel.yaml import YAML
from ruamel.yaml.events import AliasEvent

from parsers.base import Hint
from parsers.builder import DocumentBuilder
from parsers.clean import clean, one_line
from parsers.encoding import decode
from parsers.html_tree import add_html
from parsers.jsx import plain_mdx
from parsers.linked import Gatherer, Linked, target_of
from parsers.times import parse_time
from schemas.records import Document, Metadata

_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_ANCHOR = re.compile(r"<(/?)a\b(?:[^>]*?\bhref\s*=\s*[\"']?([^\"'\s>]*))?", re.IGNORECASE)
_FIELD = re.compile(r"(\w[\w -]*):[ \t]+(\S.*)")
_MAX_NESTING = 60  # blocks in blocks; the reader of Markdown recurses, and drops what is deeper without a word
_MAX_VALUE_DEPTH = 8
_KNOWN = ("title", "author", "authors", "date", "created", "updated", "lastmod", "modified", "lang", "language")


def parse(data: bytes, hint: Hint) -> Document:
    """Raises `DocumentRejected` (undecodable)."""
    builder = DocumentBuilder()
    front = add_markdown(builder, decode(data))
    return builder.build(_metadata(front, builder))


def add_markdown(builder: DocumentBuilder, text: str) -> dict[str, str]:
    """Add Markdown's elements; returns its front matter, empty where there is none that can be read."""
    before = len(builder)
    tokens = _markdown().parse(plain_mdx(clean(text)))
    front: dict[str, str] = {}
    if tokens and tokens[0].type == "front_matter":
        front = _front_matter(tokens[0].content)
        if front.get("title") != _first_heading(tokens):
            builder.title(front.get("title", ""), 1)
        builder.paragraph(front.get("description", ""))
    if any(token.level >= _MAX_NESTING - 1 and token.nesting == 1 for token in tokens):
        # What is deeper is not among the tokens. No one wrote that as Markdown: it is read as plain text.
        for block in re.split(r"\n\s*\n", clean(text)):
            builder.paragraph(block)
    else:
        _Walk(builder).walk(tokens)
    if len(builder) == before:
        # A page that is made from its front matter says what it is about there and nowhere else.
        builder.paragraph("\n".join(f"{name}: {value}" for name, value in front.items() if value))
    return front


@cache
def _markdown() -> MarkdownIt:
    options = {"maxNesting": _MAX_NESTING}
    return MarkdownIt("commonmark", options).enable(["table", "strikethrough"]).use(front_matter_plugin)


def _first_heading(tokens: Sequence[Token]) -> str | None:
    pairs = zip(tokens, tokens[1:], strict=False)
    return next((one_line(_text(inline.children or ())) for opening, inline in pairs if opening.type == "heading_open"), None)


def _front_matter(text: str) -> dict[str, str]:
    """Never a reason to lose a document: from what is no YAML, its lines of the form `name: value` are taken."""
    try:
        # Aliases make a few lines swell without end, or hold themselves; no front matter needs them.
        if "&" in text and any(isinstance(event, AliasEvent) for event in YAML(typ="safe", pure=True).parse(StringIO(text))):
            return {}
        found = YAML(typ="safe", pure=True).load(StringIO(text))
        return {str(name).lower(): _told(value) for name, value in found.items()} if isinstance(found, dict) else {}
    except Exception:  # noqa: BLE001 - the loader raises KeyError, TypeError and others besides its own on bad values
        fields = (_FIELD.fullmatch(line) for line in text.split("\n"))
        return {field[1].lower(): one_line(field[2].strip("\"' ")) for field in fields if field}


def _told(value: object, depth: int = 0) -> str:
    if depth > _MAX_VALUE_DEPTH:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(filter(None, (_told(one, depth + 1) for one in value)))
    if isinstance(value, Mapping):
        return _told(value.get("name"), depth + 1)
    return "" if value is None else one_line(str(value))


def _metadata(told: Mapping[str, str], builder: DocumentBuilder) -> Metadata:
    return Metadata(
        title=told.get("title") or builder.first_title,
        author=told.get("author") or told.get("authors") or None,
        language=told.get("lang") or told.get("language") or None,
        created=parse_time(told.get("date") or told.get("created") or ""),
        modified=parse_time(told.get("updated") or told.get("lastmod") or told.get("modified") or ""),
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
        for token in tokens:
            handle = getattr(self, f"_{token.type}", None)
            if handle is not None:
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
        self._builder.code(token.content)

    _code_block = _fence

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
    gathered = Gatherer()
    for token in tokens:
        if token.type == "link_open":
            gathered.open(target_of(str(token.attrs.get("href", ""))))
        elif token.type == "link_close":
            gathered.close()
        elif token.type == "html_inline" and (anchor := _ANCHOR.match(token.content)):
            gathered.open(None if anchor[1] else target_of(anchor[2]))
        else:
            gathered.add(_inline_text(token))
    return gathered.take()


def _inline_text(token: Token) -> str:
    if token.type == "softbreak":
        return " "
    if token.type == "hardbreak" or (token.type == "html_inline" and _BREAK.fullmatch(token.content)):
        return "\n"
    if token.type == "image":
        return _text(token.children or ())
    return token.content if token.type in ("text", "code_inline") else ""
