"""reStructuredText: sections, lists, tables, notes and directives as a reader sees them. No other file is read.

Lines become blocks (`rst_blocks`), which gathers what is defined on the way; then inline markup is read and elements are
made (`rst_walk`), so that a reference may stand before what it refers to.
"""

import re
from collections.abc import Mapping, Sequence

from vouch.parsers.base import Hint
from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.clean import clean, one_line
from vouch.parsers.common.dates import parse_time
from vouch.parsers.common.encoding import decode
from vouch.parsers.rst.blocks import Blocks
from vouch.parsers.rst.inline import Inline
from vouch.parsers.rst.lines import lines_of
from vouch.parsers.rst.nodes import Definitions, Kind, Node
from vouch.parsers.rst.writer import add_rst
from vouch.schemas.records import Document, Metadata

_DOCINFO = (
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
_KNOWN = ("title", "author", "authors", "date", "created", "language")
# RFC 2822 fields at the beginning, as in Python's PEPs: reStructuredText itself knows only `:field: value`.
_FIELDS = re.compile(r"\A(?:[A-Z][\w-]*:[^\n]*\n(?:[ \t]+\S[^\n]*\n)*){2,}(?=\s*\n)")
_FIELD = re.compile(r"^([A-Z][\w-]*):[ \t]*((?:[^\n]*\n(?:[ \t]+[^\n]*\n)*))", re.MULTILINE)
_LINK = re.compile(r"`([^`<]+?)\s*<[^<>`]*>`__?")


def parse(data: bytes, hint: Hint) -> Document:
    """Raises `DocumentRejected` (undecodable)."""
    text, fields = _take_fields(clean(decode(data)))
    blocks = Blocks()
    nodes = blocks.read(lines_of(text))
    builder = DocumentBuilder()
    builder.paragraph("\n".join(f"{name}: {value}" for name, value in fields if value))
    add_rst(builder, nodes, blocks.definitions)
    told = _docinfo(nodes, blocks.definitions) | {
        name.lower(): value for name, value in fields if value
    }
    return builder.build(_metadata(told, builder))


def _take_fields(text: str) -> tuple[str, list[tuple[str, str]]]:
    """The text without the fields at its beginning, and the fields."""
    match = _FIELDS.match(text)
    if match is None:
        return text, []
    return text[match.end() :], [
        (name, one_line(_LINK.sub(r"\1", value))) for name, value in _FIELD.findall(match[0])
    ]


def _docinfo(nodes: Sequence[Node], definitions: Definitions) -> dict[str, str]:
    """What the fields below a document's title say of it; they stay in the text."""
    begin = next(
        (number for number, node in enumerate(nodes) if node.kind is not Kind.TITLE), len(nodes)
    )
    told: dict[str, str] = {}
    for node in nodes[begin:]:
        if node.kind is not Kind.FIELD:
            break
        if node.text.lower() in _DOCINFO and node.blocks and node.blocks[0].kind is Kind.PARAGRAPH:
            told[node.text.lower()] = one_line(Inline(definitions).text(node.blocks[0].text))
    return told


def _metadata(told: Mapping[str, str], builder: DocumentBuilder) -> Metadata:
    return Metadata(
        title=told.get("title") or builder.first_title,
        author=told.get("author") or told.get("authors") or None,
        language=told.get("language") or None,
        created=parse_time(told.get("created") or told.get("date") or ""),
        extra=tuple((name, value) for name, value in told.items() if value and name not in _KNOWN),
    )
