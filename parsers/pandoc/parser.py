"""Parse the formats of pandoc's readers that `_READERS` names, from its JSON tree.

pandoc runs as a separate process without files or network (`--sandbox`), bounded in memory and
processor time.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pypandoc

from vouch.parsers.base import Hint
from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.dates import parse_time
from vouch.parsers.common.spans import blocks
from vouch.parsers.common.subprocesses import run_bounded
from vouch.parsers.common.text.clean import one_line
from vouch.parsers.common.text.encoding import decode
from vouch.parsers.common.xml.cut import completed
from vouch.parsers.common.xml.package_entities import with_entities_filled_in
from vouch.parsers.common.xml.tree import XmlPackage, child, name_of, without_entities
from vouch.parsers.common.zip_safety import open_zip
from vouch.parsers.pandoc.blocks import DECIMAL, add_blocks
from vouch.parsers.pandoc.damaged_parts import without_damaged_parts
from vouch.parsers.pandoc.epub_chapters import readable_epub
from vouch.parsers.pandoc.epub_pages import with_shown_text
from vouch.parsers.pandoc.flat_odt import packed
from vouch.parsers.pandoc.inlines import Node, plain_meta, typed_meta
from vouch.parsers.pandoc.latex_labels import plain_labels
from vouch.parsers.pandoc.odt_code import extract_code, restore_code
from vouch.parsers.pandoc.opml_links import with_links
from vouch.parsers.pandoc.org_backslashes import (
    protect_backslashes,
    restore_backslashes,
    stand_in_for_backslash,
)
from vouch.parsers.pandoc.rtf_postprocess import resolve_marks
from vouch.parsers.pandoc.rtf_preprocess import prepare_rtf, restore_characters
from vouch.schemas.documents.records import Document, LeftOutKind, Metadata, Reason
from vouch.schemas.documents.value_types import listed
from vouch.schemas.errors import DocumentRejected

# Without `raw_tex`, pandoc leaves out commands that it does not know, with what they apply to.
# Those of a preamble are no text: a mark shows where it ends.
_LATEX = "latex+raw_tex"
# Kind and sign of numbers where a list does not say them: of LaTeX by the depth of a list. Of
# OpenDocument these are lists of which the style is missing, which are drawn with bullets.
_NUMBERS = {
    _LATEX: (("1", "{}."), ("a", "({})"), ("i", "{}."), ("A", "{}.")),
    "odt": (("1", "-"),),
}
_BODY, _BEGINNING = r"\begin{document}", "\ue8ff"
_READERS = {
    "text/x-org": "org",
    "application/x-tex": _LATEX,
    "text/x-textile": "textile",
    "text/x-mediawiki": "mediawiki",
    "application/docbook+xml": "docbook",
    "application/jats+xml": "jats",
    "text/x-opml": "opml",
    "text/rtf": "rtf",
    "application/epub+zip": "epub",
    "application/vnd.oasis.opendocument.text": "odt",
}
_ZIPS = ("epub", "odt")
_XML = ("docbook", "jats", "opml")
_XML_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
_DECLARED_ENCODING = re.compile(rb"\s*<\?xml[^>]*encoding\s*=\s*[\"']([\w.:-]+)")
_MEMORY_MB = 1024
_CPU_S = 90
_TEXT_CPU_S = 30  # of formats that can be read as plain text instead
_PLAIN_INSTEAD = (Reason.MALFORMED, Reason.PARSER_TIMEOUT)
# Exit statuses where pandoc's runtime exceeds its heap: killed, or with its own message.
_OUT_OF_MEMORY = (-9, 251)
# Metadata that has a field of its own; the rest becomes `extra`.
_FIELDS = ("title", "author", "authors", "creator", "date", "lang", "language")
# Elements of OpenDocument's meta.xml, which pandoc does not read, by pandoc's names for them.
_ODT_PROPERTIES = {
    "title": "title",
    "creator": "author",
    "initial-creator": "author",
    "creation-date": "date",
    "language": "lang",
    "description": "description",
    "subject": "subject",
}


def parse(data: bytes, hint: Hint) -> Document:
    """Return the document that pandoc reads.

    Raises `DocumentRejected`: malformed with pandoc's own message, unsafe, parser_memory,
    parser_timeout, or parser_error where pandoc cannot be started.
    """
    reader = _READERS[hint.media_type]
    properties: dict[str, Node] = {}
    code: list[str] = []
    damaged: Mapping[str, DocumentRejected] = {}
    left_out: list[tuple[LeftOutKind, str]] = []
    if reader in _ZIPS:
        data = packed(data) if reader == "odt" and not data.startswith(b"PK") else data
        data, damaged = (readable_epub if reader == "epub" else without_damaged_parts)(data)
        data = with_entities_filled_in(data)
        if reader == "epub":
            data, left_out = with_shown_text(data)
        if reader == "odt":
            properties = _odt_properties(data)
            data, code = extract_code(data)
    elif reader == "rtf":
        data = prepare_rtf(data)
    else:
        return _parse_text(_xml_text(data) if reader in _XML else decode(data), reader)
    tree = _convert(data, reader)
    if code:
        tree = restore_code(tree, code)
    return _build(tree, _metadata(properties | tree["meta"]), reader, damaged, left_out)


def _xml_text(data: bytes) -> str:
    """Return an XML document as text, with its entities filled in.

    Raises `DocumentRejected` (unsafe, malformed, undecodable).
    """
    declared = _DECLARED_ENCODING.match(data)
    text = decode(data, declared[1].decode() if declared else None)
    # The declaration names the encoding of the bytes.
    xml = _XML_DECLARATION.sub("", text, count=1).lstrip().encode("utf-8", "replace")
    return without_entities(xml, "it").decode()


def _parse_text(
    text: str, reader: str, damaged: Mapping[str, DocumentRejected] | None = None
) -> Document:
    """Return a document of a text format; of one that pandoc cannot read in time, its paragraphs.

    Of XML these would be full of tags: it is malformed, unless just its end is missing.
    """
    whole = text
    if reader == "opml":
        text = with_links(text)
    elif reader == _LATEX:
        text = plain_labels(text.replace(_BODY, f"{_BODY}\n\n{_BEGINNING}\n\n", 1))
    stand_in = stand_in_for_backslash(text) if reader == "org" else ""
    sources = [protect_backslashes(text, stand_in) if stand_in else text]
    if stand_in:  # the second attempt, with commands as they are written
        sources.append(text.replace("\\", stand_in))
    message = ""
    for source in sources:
        try:
            tree = _convert(source.encode("utf-8", "replace"), reader, stand_in)
        except DocumentRejected as rejected:
            cut = completed(whole) if reader in _XML and damaged is None else None
            if cut and rejected.reason == Reason.MALFORMED:
                line = whole.count("\n", 0, cut[1]) + 1
                missing = DocumentRejected(Reason.MALFORMED, f"the file is cut off in line {line}")
                return _parse_text(cut[0], reader, {"end": missing})
            if rejected.reason not in _PLAIN_INSTEAD or reader in _XML:
                raise
            message = message or rejected.message
            if rejected.reason == Reason.PARSER_TIMEOUT:
                break
        else:
            tree["blocks"] = _without_preamble(tree["blocks"])
            return _build(tree, _metadata(tree["meta"]), reader, damaged)
    text = text.replace(_BEGINNING, "")
    builder = DocumentBuilder()
    for start, end in blocks(text):
        builder.paragraph(text[start:end])
    return builder.build(Metadata(extra=(("read_as_plain_text", message),)))


def _without_preamble(blocks: Sequence[Node]) -> Sequence[Node]:
    """Return the blocks after the mark of a document's beginning, all where there is none."""
    mark = {"t": "Para", "c": [{"t": "Str", "c": _BEGINNING}]}
    return blocks[blocks.index(mark) + 1 :] if mark in blocks else blocks


def _odt_properties(data: bytes) -> dict[str, Node]:
    """Return meta.xml in the form of pandoc's metadata; empty where it is missing or damaged."""
    try:
        with open_zip(data) as archive:
            root = XmlPackage(archive).xml("meta.xml")
    except DocumentRejected:
        return {}
    properties: dict[str, Node] = {}
    keywords: list[Node] = []
    meta = child(root, "meta")
    for element in () if meta is None else meta:
        name, value = _ODT_PROPERTIES.get(name_of(element)), one_line(element.text or "")
        if name == "keywords" and value:
            keywords += ({"t": "MetaString", "c": entry} for entry in listed(value))
        elif name and value:
            properties.setdefault(name, {"t": "MetaString", "c": value})
    if keywords:
        properties["keywords"] = {"t": "MetaList", "c": keywords}
    return properties


def _convert(data: bytes, reader: str, stand_in: str = "") -> dict[str, Any]:
    """Return pandoc's tree of a document, with backslashes for `stand_in`."""
    cpu_s = _CPU_S if reader in (*_ZIPS, *_XML, "rtf") else _TEXT_CPU_S
    command = [pypandoc.get_pandoc_path(), "-f", reader, "-t", "json", "-s", "--sandbox", "--quiet"]
    # Its own limit of the heap fails with a message; a limit by the system would kill it.
    command += ["+RTS", f"-M{_MEMORY_MB}M", "-RTS"]
    try:
        process = run_bounded(command, data, cpu_s=cpu_s)
    except OSError as error:
        raise DocumentRejected(
            Reason.PARSER_ERROR, f"pandoc could not be started: {error}"
        ) from error
    if process.returncode == 0:
        text = process.stdout.decode()
        text = restore_backslashes(text, stand_in) if stand_in else text
        tree: dict[str, Any] = json.loads(restore_characters(text) if reader == "rtf" else text)
        if reader == "rtf":
            tree["blocks"] = resolve_marks(tree["blocks"])
        return tree
    message = one_line(process.stderr.decode("utf-8", "replace"))[:300]
    if "heap" in message.lower() or process.returncode in _OUT_OF_MEMORY:
        message = f"pandoc needed more than {_MEMORY_MB} MB, as for a bomb or a damaged file"
        raise DocumentRejected(Reason.PARSER_MEMORY, message)
    if process.returncode < 0:
        reason = (
            f"pandoc was stopped by signal {-process.returncode} "
            f"(it may use {cpu_s} s of processor time)"
        )
        raise DocumentRejected(Reason.PARSER_TIMEOUT, reason)
    raise DocumentRejected(Reason.MALFORMED, f"pandoc cannot read it as {reader}: {message}")


def _build(
    tree: dict[str, Any],
    metadata: Metadata,
    reader: str,
    damaged: Mapping[str, DocumentRejected] | None = None,
    left_out: Sequence[tuple[LeftOutKind, str]] = (),
) -> Document:
    builder = DocumentBuilder()
    for kind, text in left_out:
        builder.leave_out(kind, text)
    for part, rejected in (damaged or {}).items():
        builder.damaged_part(part, rejected.message, rejected.reason)
    # pandoc moves a document's only top heading, or its title page, from the text to the metadata.
    title = plain_meta(tree["meta"]["title"]) if "title" in tree["meta"] else ""
    builder.title(title, 1)
    if reader not in ("odt", "rtf"):
        authors = f"Authors: {metadata.author}" if metadata.author else ""
        if reader == "org":  # whose keywords are metadata of the page
            builder.leave_out(LeftOutKind.METADATA, authors)
        else:
            builder.paragraph(authors)
        for name in ("description", "abstract"):
            builder.paragraph(plain_meta(tree["meta"][name]) if name in tree["meta"] else "")
    numbers = _NUMBERS.get(reader, DECIMAL)
    add_blocks(builder, tree["blocks"], shift=1 if title else 0, numbers=numbers)
    if metadata.title is None:  # then the first heading names the document
        metadata = replace(metadata, title=builder.first_title)
    return builder.build(metadata)


def _metadata(meta: dict[str, Node]) -> Metadata:
    values = {name: plain_meta(value) for name, value in meta.items()}
    return Metadata(
        title=values.get("title") or None,
        author=values.get("author") or values.get("authors") or values.get("creator") or None,
        language=values.get("lang") or values.get("language") or None,
        created=parse_time(values.get("date") or ""),
        extra=tuple(
            (name, listed(value) if name == "keywords" and isinstance(value, str) else value)
            for name, node in meta.items()
            if name not in _FIELDS and (value := typed_meta(node)) not in ("", ())
        ),
    )
