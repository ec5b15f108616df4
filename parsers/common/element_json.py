"""Recognises the elements that the library unstructured writes, as JSON or as JSON lines."""

import json
from typing import Any

MEDIA_TYPE = "application/vnd.unstructured.elements+json"


def elements_in(data: bytes) -> list[dict[str, Any]] | None:
    """Return the elements of a file that consists of them, None of any other file."""
    start = data[:1000].removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    # Looked for before the file is parsed: most JSON is something else.
    if start not in (b"[", b"{") or b'"element_id"' not in data:
        return None
    try:
        text = data.decode("utf-8-sig")
        lines = [text] if start == b"[" else text.split("\n")
        values = [json.loads(line) for line in lines if line.strip()]
    except (ValueError, RecursionError):
        return None
    if start == b"[":
        (values,) = values
    return values if values and all(map(is_element, values)) else None


def is_element(value: object) -> bool:
    """Return whether a value has what the library writes of every element.

    The text may be null, where a model describes a picture without any.
    """
    return (
        isinstance(value, dict)
        and isinstance(value.get("type"), str)
        and isinstance(value.get("element_id"), str)
        and isinstance(value.get("text", 0), str | None)
        and isinstance(value.get("metadata"), dict)
    )
