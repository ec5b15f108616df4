"""Jupyter notebooks (nbformat 3 and 4): Markdown cells as Markdown, code and its output as code."""

import json
from collections.abc import Iterable
from typing import Any

from vouch.parsers.base import Hint
from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.markdown.parser import add_markdown
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.records import Document, Metadata, Reason


def parse(data: bytes, hint: Hint) -> Document:
    """Parse a notebook. Raise `DocumentRejected` (malformed)."""
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
            # Headings continue across cells, as they do in the rendered notebook.
            add_markdown(builder, source)
        else:
            builder.code(source)
        for output in outputs:
            builder.code(output)
    return builder.build(_metadata(notebook, builder))


def _cells(notebook: dict[str, Any]) -> Iterable[tuple[str, str, list[str]]]:
    """Yield kind, source and text outputs of each cell."""
    if notebook.get("worksheets") is None:
        cells = notebook["cells"]
    else:  # nbformat 3
        cells = [cell for sheet in notebook["worksheets"] for cell in sheet["cells"]]
    for cell in cells:
        source = _joined(cell.get("source", cell.get("input", "")))
        outputs = [_joined(text) for text in map(_output, cell.get("outputs") or []) if text]
        yield cell["cell_type"], source, outputs


def _output(output: dict[str, Any]) -> Any:  # noqa: ANN401 - text, or a list of lines
    """Return the plain text of an output: a stream, a result, or an error message."""
    if output.get("output_type") == "error":
        return f"{output.get('ename', '')}: {output.get('evalue', '')}"
    return output.get("text") or output.get("data", {}).get("text/plain")


def _joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


def _metadata(notebook: dict[str, Any], builder: DocumentBuilder) -> Metadata:
    fields = notebook.get("metadata") or {}
    title = fields.get("title")
    has_title = isinstance(title, str) and title.strip()
    kernel = fields.get("kernelspec") or {}
    language = kernel.get("language") or (fields.get("language_info") or {}).get("name")
    authors = [author for author in fields.get("authors") or [] if isinstance(author, dict)]
    return Metadata(
        title=title if has_title else builder.first_title,
        author=", ".join(str(author.get("name", "")) for author in authors) or None,
        extra=(("kernel_language", str(language)),) if language else (),
    )
