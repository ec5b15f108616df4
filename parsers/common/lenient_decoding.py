"""Decoding for a part of a document, which is not worth the whole."""

from vouch.parsers.common.encoding import decode
from vouch.schemas.errors import DocumentRejected


def decode_leniently(data: bytes, declared: str | None = None) -> str:
    """As `vouch.parsers.common.encoding.decode`, with a replacement character for each byte where no encoding fits."""
    try:
        return decode(data, declared)
    except DocumentRejected:
        return data.decode("utf-8", errors="replace")
