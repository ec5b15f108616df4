"""Read what a compressed file holds: a tar, or a single file under its name without the suffix."""

import io
from pathlib import PurePosixPath

from vouch.parsers.archives.members import Members
from vouch.parsers.archives.streams import DAMAGES, GZIP, decompressed
from vouch.parsers.archives.tar import streamed_tar_members
from vouch.parsers.common.attachment_names import base_name
from vouch.parsers.common.tar_header import BLOCK, is_tar
from vouch.schemas.documents.records import Reason
from vouch.schemas.errors import DocumentRejected

_SUFFIXES = {".gz", ".gzip", ".bz2", ".bz", ".xz", ".lzma", ".zst", ".zstd"}
# Suffixes that stand for two, as .tgz does for .tar.gz.
_SHORT = {".svgz": ".svg", ".emz": ".emf", ".wmz": ".wmf", ".tgz": ".tar", ".adz": ".adf"}
_ORIGINAL_NAME = 0x08  # FNAME of the flags (RFC 1952, 2.3.1)
_MAX_HEADER = 1_000  # bytes of a gzip header that are searched for the end of the name


def compressed_members(data: bytes, name: str, media_type: str) -> Members:
    """Return the files of a compressed tar, or the single file.

    Raises `DocumentRejected` (malformed, unsafe).
    """
    stream = decompressed(data, media_type)
    try:
        head = stream.read(BLOCK)
        if is_tar(head):
            return streamed_tar_members(_Rejoined(head, stream))
        content = head + stream.read()
    except DAMAGES as error:
        message = f"the compressed data are damaged or cut off: {error}"
        raise DocumentRejected(Reason.MALFORMED, message) from None
    members = Members()
    members.add(_member_name(data, name, media_type), content)
    return members


class _Rejoined(io.RawIOBase):
    """A stream with its beginning, which was read already, before it."""

    def __init__(self, head: bytes, rest: io.RawIOBase) -> None:
        super().__init__()
        self._head = io.BytesIO(head)
        self._rest = rest

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._head.read(size) or self._rest.read(size) or b""


def _member_name(data: bytes, name: str, media_type: str) -> str:
    """Return the name of the single file: the file's own without its suffix, else the stored one.

    A stored name is the older of the two; people rename the compressed file.
    """
    path = PurePosixPath(base_name(name))
    suffix = path.suffix.lower()
    if suffix in _SUFFIXES and path.stem:
        return path.stem
    if suffix in _SHORT:
        return path.stem + _SHORT[suffix]
    stored = _stored_name(data) if media_type == GZIP else ""
    return stored or base_name(name) or "content"


def _stored_name(data: bytes) -> str:
    """Return the name in a gzip header, "" where it has none."""
    if len(data) < 10 or data[3] != _ORIGINAL_NAME:
        return ""
    return base_name(data[10:_MAX_HEADER].split(b"\0", 1)[0].decode("latin-1"))
