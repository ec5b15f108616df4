"""Decompress a stream piece by piece, whatever compressed it."""

import bz2
import gzip
import io
import lzma
import sys
import zlib
from collections.abc import Callable

from vouch.parsers.common.unpacking import CountedStream, Readable, Unpacking

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

GZIP, BZIP2, XZ, LZMA, ZSTANDARD = (
    "application/gzip",
    "application/x-bzip2",
    "application/x-xz",
    "application/x-lzma",
    "application/zstd",
)
_OPEN: dict[str, Callable[[io.BytesIO], Readable]] = {
    GZIP: lambda stream: gzip.GzipFile(fileobj=stream),
    BZIP2: bz2.BZ2File,
    XZ: lzma.LZMAFile,
    LZMA: lzma.LZMAFile,
    ZSTANDARD: zstd.ZstdFile,
}
# What these raise for data that are cut off or damaged.
DAMAGES = (EOFError, OSError, ValueError, zlib.error, lzma.LZMAError, zstd.ZstdError)


def decompressed(data: bytes, media_type: str) -> CountedStream:
    """Return the decompressed stream; reading it raises `DocumentRejected` (unsafe) for a bomb."""
    unpacking = Unpacking(len(data), "compressed file")
    return CountedStream(_OPEN[media_type](io.BytesIO(data)), unpacking)
