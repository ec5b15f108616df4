"""Decompress a stream piece by piece, whatever compressed it."""

import bz2
import gzip
import io
import lzma
import sys
import zlib
from collections.abc import Callable

import brotli

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


class BrotliStream:
    """Decompresses what a web server compressed by Brotli (RFC 7932), a piece at a time."""

    def __init__(self, data: bytes) -> None:
        self._decompressor = brotli.Decompressor()
        self._data = data

    def read(self, size: int, /) -> bytes:
        """Return up to about `size` bytes. Raise `OSError` for damaged data or those cut off."""
        data, self._data = self._data, b""
        try:
            piece: bytes = self._decompressor.process(data, output_buffer_limit=size)
        except brotli.error as error:
            raise OSError(f"its Brotli data are damaged: {error}") from None
        if not piece and not self._decompressor.is_finished():
            raise OSError("its Brotli data are cut off")
        return piece


def decompressed(data: bytes, media_type: str) -> CountedStream:
    """Return the decompressed stream; reading it raises `DocumentRejected` (unsafe) for a bomb."""
    unpacking = Unpacking(len(data), "compressed file")
    return CountedStream(_OPEN[media_type](io.BytesIO(data)), unpacking)
