"""Jupyter notebooks: Markdown cells as Markdown, code cells and their text outputs as code."""

import json
from collections.abc import Iterable
from typing import Any

from vouch.parsers.base import Hint
from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.markdown.parser import add_markdown
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.records import Document, Metadata, Reason


def parse(data: bytes, hint: Hint) -> Document:
    """Raises `DocumentRejected` (malformed)."""
    try:
        notebook = json.loads(data.decode("utf-8-sig"))
        cells = list(_cells(notebook))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DocumentRejected(
            Reason.MALFORMED, f"it is not a notebook: {type(error).__name__}: {error}"[:300]
        ) from error
    builder = DocumentBuilder()
    for kind, source, outputs in cells:
        if kind == "markdown":
            add_markdown(builder, source)
        else:
            builder.code(source)
        for output in outputs:
            builder.code(output)
    return builder.build(_metadata(notebook, builder))


def _cells(notebook: dict[str, Any]) -> Iterable[tuple[str, str, list[str]]]:
    """Kind, source and text outputs of each cell; version 3 keeps its cells in worksheets."""
    sheets = notebook.get("worksheets")
    cells = (
        notebook["cells"]
        if sheets is None
        else [cell for sheet in sheets for cell in sheet["cells"]]
    )
    for cell in cells:
        source = _joined(cell.get("source", cell.get("input", "")))
        yield (
            cell["cell_type"],
            source,
            [_joined(text) for text in map(_output, cell.get("outputs") or []) if text],
        )


def _output(output: dict[str, Any]) -> Any:  # noqa: ANN401 - text, or a list of lines
    """What an output says in plain text: a stream, a result, an error's last words."""
    if output.get("output_type") == "error":
        return f"{output.get('ename', '')}: {output.get('evalue', '')}"
    return output.get("text") or output.get("data", {}).get("text/plain")


def _joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


def _metadata(notebook: dict[str, Any], builder: DocumentBuilder) -> Metadata:
    told = notebook.get("metadata") or {}
    title = told.get("title")
    kernel = (told.get("kernelspec") or {}).get("language") or (
        told.get("language_info") or {}
    ).get("name")
    authors = ", ".join(
        str(author.get("name", ""))
        for author in told.get("authors") or []
        if isinstance(author, dict)
    )
    return Metadata(
        title=title if isinstance(title, str) and title.strip() else builder.first_title,
        author=authors or None,
        extra=(("kernel_language", str(kernel)),) if kernel else (),
    )
