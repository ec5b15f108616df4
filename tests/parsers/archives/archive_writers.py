"""Write archives of every kind with given members."""

import bz2
import gzip
import io
import lzma
import tarfile

from backports import zstd
from py7zr import SevenZipFile

from tests.parsers.binary_files import zipped

Members = dict[str, bytes]


def tarred(members: Members, form: int = tarfile.PAX_FORMAT, *more: tarfile.TarInfo) -> bytes:
    """Return a tar of files, and of headers without contents."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=form) as archive:
        for name, content in members.items():
            header = tarfile.TarInfo(name)
            header.size = len(content)
            archive.addfile(header, io.BytesIO(content))
        for header in more:
            archive.addfile(header)
    return stream.getvalue()


def sevenzipped(members: Members, **options: object) -> bytes:
    """Return a 7z of files."""
    stream = io.BytesIO()
    with SevenZipFile(stream, "w", **options) as archive:
        for name, content in members.items():
            archive.writestr(content, name)
    return stream.getvalue()


COMPRESSORS = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".lzma": lambda data: lzma.compress(data, format=lzma.FORMAT_ALONE),
    ".zst": zstd.compress,
}
WRITERS = {
    ".zip": zipped,
    ".tar": tarred,
    ".7z": sevenzipped,
    **{f".tar{suffix}": lambda m, pack=pack: pack(tarred(m)) for suffix, pack in COMPRESSORS.items()},
}  # fmt: skip
