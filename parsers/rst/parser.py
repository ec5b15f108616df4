"""Read reStructuredText by docutils, as a reader of the rendered page sees it.

No other file is opened: `include`, `literalinclude` and `raw :file:` show nothing.
"""

import re
from collections.abc import Mapping

from docutils import nodes

from vouch.parsers.base import Hint
from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.dates import parse_time
from vouch.parsers.common.text.clean import clean, one_line
from vouch.parsers.common.text.encoding import decode
from vouch.parsers.rst.docutils_types import Node
from vouch.parsers.rst.inline import Inlines
from vouch.parsers.rst.states import doctree
from vouch.parsers.rst.writer import add_rst
from vouch.schemas.documents.records import Document, LeftOutKind, Metadata
from vouch.schemas.documents.value_types import typed

# Fields below the title that docutils takes for the document's own ("Bibliographic Fields").
_BIBLIOGRAPHIC_FIELDS = frozenset(
    "author authors contact copyright date language organization revision status version".split()
)
_METADATA_FIELDS = ("title", "author", "authors", "date", "created", "language")
# RFC 2822 fields at the beginning of the file, as PEPs have them (PEP 12); reStructuredText itself
# knows only `:field: value`.
_PREAMBLE = re.compile(r"\A(?:[A-Z][\w-]*:[^\n]*\n(?:[ \t]+\S[^\n]*\n)*){2,}(?=\s*\n)")
_FIELD = re.compile(r"^([A-Z][\w-]*):[ \t]*((?:[^\n]*\n(?:[ \t]+[^\n]*\n)*))", re.MULTILINE)
_LONGEST_FIELD = 100  # characters
_KEYWORD = re.compile(r"\$(?:Date|Revision|Author|Id)(?::\s*(.*?)\s*)?\$")


def parse(data: bytes, hint: Hint) -> Document:
    """Return the document of a reStructuredText file.

    Raises `DocumentRejected` (undecodable, or raw HTML that cannot be read).
    """
    text = clean(decode(data))
    match = _PREAMBLE.match(text)
    fields = _FIELD.findall(match[0]) if match else []
    # An escaped space makes any value running text.
    preamble = "".join(
        f":{name}: \\ {one_line(value)}\n" for name, value in fields if value.strip()
    )
    # An empty comment ends the list of fields.
    document = doctree(f"{preamble}\n..\n\n{text[match.end() :]}" if match else text)
    builder = DocumentBuilder()
    values = _add_preamble(builder, document) if match else _bibliographic_fields(document)
    values |= _take_file_wide_fields(builder, document)
    add_rst(builder, document)
    return builder.build(_metadata(values, builder))


def _add_preamble(builder: DocumentBuilder, document: Node) -> dict[str, str]:
    """Add the fields of the preamble, each on a line, and return them; they leave the document."""
    inlines = Inlines(document)
    pieces: list[Node | str] = []
    values: dict[str, str] = {}
    for name, body in document.pop(0).children:
        if body.astext().strip():
            pieces += [*(["\n"] if pieces else []), name, ": ", body]
            values[name.astext().lower()] = one_line(inlines.text(body))
    builder.paragraph(inlines.text(*pieces))
    return values


def _bibliographic_fields(document: Node) -> dict[str, str]:
    """Return the fields between a document's titles and its text; they stay in the text, too."""
    inlines = Inlines(document)
    parent: Node = document
    while (first := _first_block(parent)) is not None and isinstance(first, nodes.section):
        parent = first
    if not isinstance(first, nodes.field_list):
        return {}
    fields: list[Node] = [*first.children]
    return {
        name.astext().lower(): _KEYWORD.sub(r"\1", one_line(inlines.text(*body.children[:1])))
        for name, body in fields
        if name.astext().lower() in _BIBLIOGRAPHIC_FIELDS
    }


def _take_file_wide_fields(builder: DocumentBuilder, document: Node) -> dict[str, str]:
    """Take a list of fields right above the title out of a document, which is its metadata.

    Sphinx does not show such a list. Sentences among its values are text, and keep it in.
    """
    first, *below = document.children[:2] or [None]
    is_above_title = any(isinstance(child, nodes.section) for child in below)
    if not isinstance(first, nodes.field_list) or not is_above_title:
        return {}
    fields: list[Node] = [*first.children]
    values = {name.astext().lower(): one_line(body.astext()) for name, body in fields}
    if any(
        len(value) > _LONGEST_FIELD or value.endswith((".", "!", "?")) for value in values.values()
    ):
        return {}
    document.remove(first)
    text = "\n".join(f"{name}: {value}" for name, value in values.items())
    builder.leave_out(LeftOutKind.METADATA, text)
    return values


def _first_block(parent: Node) -> Node | None:
    """Return the first child that is shown, other than a title."""
    shown = (
        child
        for child in parent.children
        if not isinstance(child, nodes.title | nodes.Invisible | nodes.system_message)
    )
    return next(shown, None)


def _metadata(fields: Mapping[str, str], builder: DocumentBuilder) -> Metadata:
    date = fields.get("created") or fields.get("date") or ""
    return Metadata(
        title=fields.get("title") or builder.first_title,
        author=fields.get("author") or fields.get("authors") or None,
        language=fields.get("language") or None,
        created=parse_time(date) or parse_time(date[:10]),  # version control adds time and weekday
        extra=tuple(
            (name, typed(value))
            for name, value in fields.items()
            if value and name not in _METADATA_FIELDS
        ),
    )
