"""Parse documents with unstructured, where `parsing.engines` chooses it."""

from vouch.parsers.base import Hint
from vouch.parsers.common.text.encoding import decode
from vouch.parsers.common.zip_safety import check_zip
from vouch.parsers.unstructured.elements import document_of
from vouch.parsers.unstructured.library import partition
from vouch.parsers.unstructured.media_types import PARTITIONABLE
from vouch.schemas.documents.records import Document

# The library takes all text for UTF-8 or guesses; markup and mail declare their own encodings.
_DECODED = frozenset(
    "text/plain text/x-source application/yaml text/markdown text/x-rst text/x-org text/csv "
    "text/tab-separated-values".split()
)
_MAIL = frozenset({"message/rfc822", "application/vnd.ms-outlook"})
# Of the library's metadata, what the index knows better, and guesses.
_OMITTED = frozenset({"filename", "file_directory", "filetype", "languages"})


def parse(data: bytes, hint: Hint) -> Document:
    """Return the elements as ours. Raise `DocumentRejected` (unsafe, malformed or undecodable)."""
    if data.startswith(b"PK"):
        check_zip(data)
    if hint.media_type in _DECODED:
        data = decode(data).encode()
    # Attached files are documents of their own, which `vouch.parsers.registry` adds.
    options = {"process_attachments": False} if hint.media_type in _MAIL else {}
    content_type = PARTITIONABLE[hint.media_type].content_type
    return document_of(partition(data, hint.name, content_type, options), _OMITTED)
