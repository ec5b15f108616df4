"""Files of elements, as unstructured writes them."""

import base64
import json
import zlib
from typing import Any

Element = dict[str, Any]


def element(kind: str, text: str, identity: str = "", **metadata: Any) -> Element:
    """Return an element; its id is made of its text where none is given."""
    identity = identity or f"id-{text[:20]}"
    return {"type": kind, "element_id": identity, "text": text, "metadata": metadata}


def as_json(*elements: Element) -> bytes:
    return json.dumps(elements, indent=4).encode()


def as_lines(*elements: Element) -> bytes:
    return "\n".join(json.dumps(value, ensure_ascii=False) for value in elements).encode()


def packed(*elements: Element) -> str:
    """Return elements as the metadata of a chunk holds them."""
    return base64.b64encode(zlib.compress(json.dumps(elements).encode())).decode()
