"""Parse the JSON and JSON lines of elements that unstructured's platform and ingest tool write.

They are read without the library. Of chunks, the elements are read that they were made from, where
the file has them: a chunk has neither titles nor list items nor pages.
"""

import base64
import binascii
import json
import zlib
from collections.abc import Iterator, Sequence

from vouch.parsers.base import Hint
from vouch.parsers.common.element_json import elements_in, is_element
from vouch.parsers.unstructured.elements import ElementDict, document_of
from vouch.schemas.documents.records import Document, Reason
from vouch.schemas.errors import DocumentRejected

_MAX_UNPACKED = 100_000_000  # bytes of the elements that chunks of one file were made from


def parse(data: bytes, hint: Hint) -> Document:
    """Parse the elements. Raise `DocumentRejected` (malformed)."""
    elements = elements_in(data)
    if elements is None:
        message = f"{hint.name} has objects that are no elements of unstructured"
        raise DocumentRejected(Reason.MALFORMED, message)
    return document_of(list(_unchunked(elements)))


def _unchunked(elements: Sequence[ElementDict]) -> Iterator[ElementDict]:
    """Replace chunks by what they were made from; a long element is in several chunks in a row."""
    left = _MAX_UNPACKED
    last = None
    for element in elements:
        originals, size = _unpacked(element["metadata"].get("orig_elements"), left)
        left -= size
        for original in originals or [element]:
            if not originals or original["element_id"] != last:
                yield original
            last = original["element_id"]


def _unpacked(packed: object, limit: int) -> tuple[list[ElementDict], int]:
    """Return packed elements and their size in bytes; none where they are damaged or too large.

    Users unpack them too, to take out pictures.
    """
    if isinstance(packed, list):
        return (packed if all(map(is_element, packed)) else []), 0
    if not isinstance(packed, str):
        return [], 0
    try:
        # Raw zlib; some versions wrote gzip.
        unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
        data = unpacker.decompress(base64.b64decode(packed), limit) if limit > 0 else b""
        values = json.loads(data) if unpacker.eof else []
    except (ValueError, RecursionError, binascii.Error, zlib.error):
        return [], 0
    is_whole = isinstance(values, list) and all(map(is_element, values))
    return (values if is_whole else []), len(data)
