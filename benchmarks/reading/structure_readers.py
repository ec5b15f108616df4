"""What the two engines of the parser registry find in a file, in one form.

They differ by one setting, `parsing.engines`; unstructured's elements are read as ours are.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import TypeAlias

from vouch.parsers.engines import NO_CHOICE, Engines
from vouch.parsers.registry import UNSTRUCTURED, parse
from vouch.parsers.registry import read as read_by_engine
from vouch.schemas.documents.records import Document, ElementType, Reason
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.settings.choices import Engine

BY_UNSTRUCTURED: Engines = {"*": Engine.UNSTRUCTURED}
_LABEL = re.compile(r"^\(?[0-9a-zA-Z]{1,4}[.)]\s+")
_INDENTED = re.compile(r"( *)(?:-|\(?[0-9a-zA-Z]{1,4}[.)]) ")
_MAX_ATTACHED = 2


@dataclass(slots=True)
class Reading:
    """Pieces as (kind, text, depth from 0), rows of tables as their cells, and the whole text."""

    pieces: list[tuple[str, str, int]] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    text: str = ""


Reader: TypeAlias = Callable[[bytes, str], Reading]
Read: TypeAlias = tuple[Reading | None, float, str]
"""What was found or None, the seconds, and why nothing was found."""


def by_vouch(data: bytes, name: str) -> Reading:
    """Return what Vouch finds. Raises `DocumentRejected`."""
    return _pieces(parse(data, name), NO_CHOICE)


def by_unstructured(data: bytes, name: str) -> Reading:
    """Return what unstructured finds. Raises `DocumentRejected`, also for what it does not read."""
    return _pieces(parse_by_unstructured(data, name), BY_UNSTRUCTURED)


def parse_by_unstructured(data: bytes, name: str) -> Document:
    """Return a document as unstructured reads it. Raises `DocumentRejected`."""
    reading = read_by_engine(data, name, engines=BY_UNSTRUCTURED)
    if reading.read_by != UNSTRUCTURED:
        message = f"{reading.media_type} is read by {reading.read_by}, whatever the engine"
        raise DocumentRejected(Reason.UNSUPPORTED_TYPE, message)
    return reading.document


def _pieces(document: Document, engines: Engines) -> Reading:
    reading = Reading(text=whole(document, engines))
    for element in document.elements:
        text = document.text[element.char_start : element.char_end]
        if element.table is not None:
            reading.rows += [
                [document.text[start:end] for start, end in row] for row in element.table.rows
            ]
            reading.pieces.append(("table", text, 0))
        elif element.type is ElementType.TITLE:
            reading.pieces.append(("title", text, (element.level or 1) - 1))
        elif element.type is ElementType.LIST_ITEM:
            indent = _INDENTED.match(text)
            reading.pieces.append(
                (
                    "item",
                    text[indent.end() :] if indent else text,
                    len(indent[1]) // 2 if indent else 0,
                )
            )
        elif element.type in (ElementType.CODE, ElementType.PARAGRAPH):
            reading.pieces.append((str(element.type), text, 0))
    return reading


def whole(document: Document, engines: Engines, depth: int = 0) -> str:
    """Return the text of a document and of its attachments."""
    attached = []
    for attachment in document.attachments if depth < _MAX_ATTACHED else ():
        # A picture in an archive, for example, has no text.
        with suppress(DocumentRejected):
            inner = parse(attachment.data, attachment.name, engines)
            attached.append(whole(inner, engines, depth + 1))
    return "\n".join([document.text, *attached])


def files(folder: Path, largest: int) -> list[Path]:
    """Return the files directly in a folder, up to a size in bytes, by name."""
    return sorted(
        path for path in folder.iterdir() if path.is_file() and path.stat().st_size <= largest
    )


def read(reader: Reader, data: bytes, name: str) -> Read:
    """Return what a reader finds, or None and the reason where it fails."""
    start = perf_counter()
    try:
        return reader(data, name), perf_counter() - start, ""
    except DocumentRejected as rejected:
        return None, perf_counter() - start, str(rejected.reason)


def plain(text: str) -> str:
    """Return the words of a text in lower case, without the label of a list item."""
    return " ".join(re.findall(r"\w+", _LABEL.sub("", text.strip()))).casefold()
