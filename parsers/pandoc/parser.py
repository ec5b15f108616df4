"""Org, OpenDocument text, EPUB and RTF, read by pandoc and walked as its JSON tree.

pandoc runs as a process of its own, without files or network (`--sandbox`), bounded in memory and processor time.
"""

import json
from dataclasses import replace
from typing import Any

import pypandoc

from vouch.parsers.base import Hint
from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.clean import one_line
from vouch.parsers.common.dates import parse_time
from vouch.parsers.common.encoding import decode
from vouch.parsers.common.subprocesses import run_bounded
from vouch.parsers.common.zip_safety import check_zip
from vouch.parsers.pandoc import rtf_postprocess as rtf_tree
from vouch.parsers.pandoc import rtf_preprocess as rtf_source
from vouch.parsers.pandoc.blocks import add_blocks
from vouch.parsers.pandoc.inlines import plain_meta
from vouch.parsers.pandoc.odt_code import with_code, without_code
from vouch.parsers.pandoc.odt_metadata import open_document_meta
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.records import Document, Metadata, Reason

_OPEN_DOCUMENT = "application/vnd.oasis.opendocument.text"
_READERS = {
    "text/x-org": "org",
    "text/rtf": "rtf",
    "application/epub+zip": "epub",
    _OPEN_DOCUMENT: "odt",
}
_ZIPS = ("epub", "odt")
_MEMORY_MB = 1024
_CPU_S = 90
_KNOWN = ("title", "author", "authors", "creator", "date", "lang", "language")


def parse(data: bytes, hint: Hint) -> Document:
    """Raises `DocumentRejected` (malformed, unsafe, parser_error) with pandoc's own message."""
    reader = _READERS[hint.media_type]
    if reader in _ZIPS:
        check_zip(data)
    elif reader == "rtf":
        data = rtf_source.for_pandoc(data)
    else:
        data = decode(data).encode("utf-8", "replace")
    properties = open_document_meta(data) if reader == "odt" else {}
    data, code = without_code(data) if reader == "odt" else (data, [])
    tree = _convert(data, reader)
    tree = with_code(tree, code) if code else tree
    return _build(tree, _metadata(properties | tree["meta"]), reader)


def _convert(data: bytes, reader: str) -> dict[str, Any]:
    command = [pypandoc.get_pandoc_path(), "-f", reader, "-t", "json", "-s", "--sandbox", "--quiet"]
    command += ["+RTS", f"-M{_MEMORY_MB}M", "-RTS"]
    try:
        done = run_bounded(command, data, cpu_s=_CPU_S)
    except OSError as error:
        raise DocumentRejected(
            Reason.PARSER_ERROR, f"pandoc could not be started: {error}"
        ) from error
    if done.returncode == 0:
        text = done.stdout.decode()
        tree: dict[str, Any] = json.loads(
            rtf_source.with_whole_characters(text) if reader == "rtf" else text
        )
        return tree | {"blocks": rtf_tree.unmarked(tree["blocks"])} if reader == "rtf" else tree
    message = one_line(done.stderr.decode("utf-8", "replace"))[:300]
    if "heap" in message.lower() or done.returncode in (-9, 251):
        raise DocumentRejected(
            Reason.PARSER_MEMORY, f"pandoc needed more than {_MEMORY_MB} MB: {message}"
        )
    if done.returncode < 0:
        reason = f"pandoc was stopped by signal {-done.returncode} (it may use {_CPU_S} s of processor time)"
        raise DocumentRejected(Reason.PARSER_TIMEOUT, reason)
    raise DocumentRejected(Reason.MALFORMED, f"pandoc cannot read it as {reader}: {message}")


def _build(tree: dict[str, Any], metadata: Metadata, reader: str) -> Document:
    builder = DocumentBuilder()
    # pandoc takes a document's only top heading, or its title page, out of the text and makes it the title.
    taken = plain_meta(tree["meta"]["title"]) if "title" in tree["meta"] else ""
    builder.title(taken, 1)
    if reader in ("epub", "org"):
        builder.paragraph(f"Authors: {metadata.author}" if metadata.author else "")
        builder.paragraph(dict(metadata.extra).get("description", ""))
    add_blocks(builder, tree["blocks"], shift=1 if taken else 0)
    if metadata.title is None:
        # Without a title of its own, a document has that of its first heading.
        metadata = replace(metadata, title=builder.first_title)
    return builder.build(metadata)


def _metadata(meta: dict[str, Any]) -> Metadata:
    told = {name: plain_meta(value) for name, value in meta.items()}
    return Metadata(
        title=told.get("title") or None,
        author=told.get("author") or told.get("authors") or told.get("creator") or None,
        language=told.get("lang") or told.get("language") or None,
        created=parse_time(told.get("date") or ""),
        extra=tuple((name, value) for name, value in told.items() if name not in _KNOWN and value),
    )
