"""What is doubtful about how the bytes of a document were decoded.

Decoding happens deep within parsers, in parts of mails and books too; what is doubtful about it
concerns the document as a whole, and becomes an entry of its metadata.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

DOUBTFUL_ENCODING = "doubtful_encoding"  # the key of a document's metadata

_doubts: ContextVar[list[str] | None] = ContextVar("doubts", default=None)


@contextmanager
def watched_doubts() -> Iterator[list[str]]:
    """Collect in words what is doubtful about the texts that are decoded meanwhile."""
    doubts: list[str] = []
    token = _doubts.set(doubts)
    try:
        yield doubts
    finally:
        _doubts.reset(token)


def note_doubt(doubt: str) -> None:
    """Add a doubt to those that are watched, if they are."""
    doubts = _doubts.get()
    if doubts is not None and doubt not in doubts:
        doubts.append(doubt)
