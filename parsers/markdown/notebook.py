"""Jupyter notebooks (nbformat 3 and 4): Markdown cells as Markdown, code and its output as code."""

import json
from dataclasses import replace
from typing import Any, TypeAlias

from vouch.parsers.base import Hint
from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.text.clean import clean
from vouch.parsers.markdown.front_matter import FrontMatter, take_front_matter
from vouch.parsers.markdown.parser import add_markdown, page_metadata
from vouch.schemas.documents.records import Document, Metadata, Reason
from vouch.schemas.errors import DocumentRejected

_Parts: TypeAlias = tuple[str, str, list[str]]
"""Kind, source and text outputs of a cell."""


def parse(data: bytes, hint: Hint) -> Document:
    """Parse a notebook; a cell that cannot be read is a damaged part.

    Raises `DocumentRejected` (malformed, unsafe).
    """
    notebook = _load(data)
    builder = DocumentBuilder()
    parts: list[_Parts] = []
    cells = _cells(notebook)
    for number, cell in enumerate(cells, 1):
        try:
            parts.append(_parts(cell))
        except (KeyError, TypeError, AttributeError):
            builder.damaged_part(f"cell {number}", "it has no type or no source, as a cell has")
    front = FrontMatter({}, "")
    for number, (kind, source, outputs) in enumerate(_with_fields_above(parts)):
        if kind == "markdown":
            # Headings continue across cells, as they do in the rendered notebook.
            fields = add_markdown(builder, source, is_page=False)
            front = front if number else fields
        else:
            builder.code(source)
        for output in outputs:
            builder.code(output)
    if cells and not parts:
        message = "it is not a notebook: none of its cells has a type and a source"
        raise DocumentRejected(Reason.MALFORMED, message)
    return builder.build(_metadata(notebook, page_metadata(front, builder)))


def _load(data: bytes) -> dict[str, Any]:
    try:
        notebook = json.loads(data)
    except RecursionError as error:
        message = "the notebook is nested deeper than can be read"
        raise DocumentRejected(Reason.UNSAFE, message) from error
    except ValueError as error:
        message = f"it is not a notebook, as it is not JSON: {error}"
        raise DocumentRejected(Reason.MALFORMED, message) from error
    if not isinstance(notebook, dict):
        raise DocumentRejected(Reason.MALFORMED, "it is not a notebook: it is no JSON object")
    return notebook


def _cells(notebook: dict[str, Any]) -> list[Any]:
    try:
        if notebook.get("worksheets") is None:
            return list(notebook["cells"])
        # nbformat 3
        return [cell for sheet in notebook["worksheets"] for cell in sheet["cells"]]
    except (KeyError, TypeError) as error:
        message = "it is not a notebook: it has no list of cells"
        raise DocumentRejected(Reason.MALFORMED, message) from error


def _with_fields_above(parts: list[_Parts]) -> list[_Parts]:
    """Put a first cell that holds nothing but fields, as Quarto's do, into the page below it."""
    if not parts or parts[0][0] not in ("raw", "markdown"):
        return parts
    front, rest = take_front_matter(clean(parts[0][1]))
    if not front.fields or rest.strip():
        return parts
    if len(parts) > 1 and parts[1][0] == "markdown":
        return [("markdown", f"{parts[0][1]}\n{parts[1][1]}", parts[1][2]), *parts[2:]]
    return [("markdown", *parts[0][1:]), *parts[1:]]


def _parts(cell: dict[str, Any]) -> _Parts:
    """Return kind, source and text outputs of a cell; raise what a wrong type of a part raises."""
    source = _joined(cell.get("source", cell.get("input", "")))
    outputs = [_joined(text) for text in map(_output, cell.get("outputs") or []) if text]
    return cell["cell_type"], source, outputs


def _output(output: dict[str, Any]) -> Any:  # noqa: ANN401 - text, or a list of lines
    """Return the plain text of an output: a stream, a result, or an error message."""
    if output.get("output_type") == "error":
        return f"{output.get('ename', '')}: {output.get('evalue', '')}"
    return output.get("text") or output.get("data", {}).get("text/plain")


def _joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


def _metadata(notebook: dict[str, Any], page: Metadata) -> Metadata:
    """Return the metadata of a notebook, and of the page that its first cell makes of it."""
    fields = _fields(notebook.get("metadata"))
    title = fields.get("title")
    has_title = isinstance(title, str) and title.strip()
    language = _fields(fields.get("kernelspec")).get("language")
    language = language or _fields(fields.get("language_info")).get("name")
    authors = fields.get("authors")
    names = [
        str(author.get("name", ""))
        for author in (authors if isinstance(authors, list) else [])
        if isinstance(author, dict)
    ]
    kernel = (("kernel_language", str(language)),) if language else ()
    return replace(
        page,
        title=title if has_title else page.title,
        author=", ".join(names) or page.author,
        extra=(*page.extra, *kernel),
    )


def _fields(value: object) -> dict[str, Any]:
    """Return an object of the metadata, empty where a notebook has something else there."""
    return value if isinstance(value, dict) else {}
