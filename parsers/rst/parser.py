"""Parses reStructuredText: sections, lists, tables, notes and directives as a reader sees them.

Lines become blocks (`blocks.py`), which collects the definitions on the way; then inline markup is
read and elements are written (`writer.py`), so that a reference may precede its target.
No other file is read: `include`, `literalinclude` and `raw :file:` show nothing.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import dropwhile

from vouch.parsers.base import Hint
from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.clean import clean, one_line
from vouch.parsers.common.dates import parse_time
from vouch.parsers.common.encoding import decode
from vouch.parsers.rst.blocks import BlockParser
from vouch.parsers.rst.inline import InlineParser
from vouch.parsers.rst.lines import split_lines
from vouch.parsers.rst.nodes import Definitions, Kind, Node
from vouch.parsers.rst.writer import add_rst
from vouch.schemas.records import Document, Metadata

# Fields below the title that docutils takes for the document's own ("Bibliographic Fields").
_BIBLIOGRAPHIC_FIELDS = (
    "author",
    "authors",
    "date",
    "version",
    "status",
    "revision",
    "copyright",
    "organization",
    "contact",
    "language",
)
_METADATA_FIELDS = ("title", "author", "authors", "date", "created", "language")
# RFC 2822 fields at the beginning of the file, as PEPs have them (PEP 12); reStructuredText itself
# knows only `:field: value`.
_PREAMBLE = re.compile(r"\A(?:[A-Z][\w-]*:[^\n]*\n(?:[ \t]+\S[^\n]*\n)*){2,}(?=\s*\n)")
_FIELD = re.compile(r"^([A-Z][\w-]*):[ \t]*((?:[^\n]*\n(?:[ \t]+[^\n]*\n)*))", re.MULTILINE)
_LINK = re.compile(r"`([^`<]+?)\s*<[^<>`]*>`__?")


def parse(data: bytes, hint: Hint) -> Document:
    """Return the document of a reStructuredText file.

    Raises `DocumentRejected` (undecodable, or raw HTML that cannot be read).
    """
    text, preamble = _split_preamble(clean(decode(data)))
    parser = BlockParser()
    nodes = parser.parse(split_lines(text))
    builder = DocumentBuilder()
    builder.paragraph("\n".join(f"{name}: {value}" for name, value in preamble if value))
    add_rst(builder, nodes, parser.definitions)
    fields = _bibliographic_fields(nodes, parser.definitions)
    fields |= {name.lower(): value for name, value in preamble if value}
    return builder.build(_metadata(fields, builder))


def _split_preamble(text: str) -> tuple[str, list[tuple[str, str]]]:
    """Return the text without its RFC 2822 preamble, and the fields of the preamble in order."""
    match = _PREAMBLE.match(text)
    if match is None:
        return text, []
    return text[match.end() :], [
        (name, one_line(_LINK.sub(r"\1", value))) for name, value in _FIELD.findall(match[0])
    ]


def _bibliographic_fields(nodes: Sequence[Node], definitions: Definitions) -> dict[str, str]:
    """Return the fields between a document's titles and its text; they stay in the text, too."""
    fields: dict[str, str] = {}
    for node in dropwhile(lambda node: node.kind is Kind.TITLE, nodes):
        if node.kind is not Kind.FIELD:
            break
        name = node.text.lower()
        if name in _BIBLIOGRAPHIC_FIELDS and node.blocks and node.blocks[0].kind is Kind.PARAGRAPH:
            fields[name] = one_line(InlineParser(definitions).text(node.blocks[0].text))
    return fields


def _metadata(fields: Mapping[str, str], builder: DocumentBuilder) -> Metadata:
    return Metadata(
        title=fields.get("title") or builder.first_title,
        author=fields.get("author") or fields.get("authors") or None,
        language=fields.get("language") or None,
        created=parse_time(fields.get("created") or fields.get("date") or ""),
        extra=tuple(
            (name, value)
            for name, value in fields.items()
            if value and name not in _METADATA_FIELDS
        ),
    )
