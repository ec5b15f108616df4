"""What Vouch and unstructured find in a file, in one form.

unstructured runs without the model that it would download.
"""

import io
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any, TypeAlias

from lxml import html

from vouch.parsers.registry import parse
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.records import Document, ElementType

_LABEL = re.compile(r"^\(?[0-9a-zA-Z]{1,4}[.)]\s+")
_INDENTED = re.compile(r"( *)- ")
_KINDS = {"Title": "title", "ListItem": "item", "CodeSnippet": "code", "Table": "table"}
_IGNORED = {"PageBreak", "Header", "Footer", "Image"}
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
    document = parse(data, name)
    reading = Reading(text=whole(document))
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


def whole(document: Document, depth: int = 0) -> str:
    """Return the text of a document and of its attachments."""
    attached = []
    for attachment in document.attachments if depth < _MAX_ATTACHED else ():
        # A picture in an archive, for example, has no text.
        with suppress(DocumentRejected):
            attached.append(whole(parse(attachment.data, attachment.name), depth + 1))
    return "\n".join([document.text, *attached])


def by_unstructured(data: bytes, name: str) -> Reading:
    """Return what unstructured finds; call it inside `offline`.

    Raises whatever unstructured raises; an `ImportError` where one of its extras is missing.
    """
    from unstructured.partition.auto import partition

    reading = Reading()
    elements = partition(file=io.BytesIO(data), metadata_filename=name)
    for element in elements:
        if element.category in _IGNORED:
            continue
        kind = _KINDS.get(element.category, "paragraph")
        reading.pieces.append((kind, element.text, element.metadata.category_depth or 0))
        if kind == "table" and element.metadata.text_as_html:
            reading.rows += _rows(element.metadata.text_as_html)
    reading.text = "\n".join(element.text for element in elements)
    return reading


@contextmanager
def offline() -> Iterator[None]:
    """Give unstructured a blank spaCy pipeline for the model it would fetch; mute warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import spacy
        from unstructured.nlp import tokenize

        original = tokenize._load_spacy_model
        model: Any = spacy.blank("en")
        model.add_pipe("sentencizer")
        tokenize._load_spacy_model = lambda *_: model
        try:
            yield
        finally:
            tokenize._load_spacy_model = original


def _rows(text: str) -> list[list[str]]:
    rows = html.fragment_fromstring(text, create_parent=True).iter("tr")
    return [
        [" ".join("".join(cell.itertext()).split()) for cell in row if cell.tag in ("td", "th")]
        for row in rows
    ]


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
    except ImportError:
        return None, 0.0, "extra not installed"
    except Exception as error:  # noqa: BLE001 - the baseline raises anything
        return None, perf_counter() - start, type(error).__name__


def plain(text: str) -> str:
    """Return the words of a text in lower case, without the label of a list item."""
    return " ".join(re.findall(r"\w+", _LABEL.sub("", text.strip()))).casefold()
