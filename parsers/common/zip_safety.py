"""Zip containers read safely, and third-party parsers contained.

A zip is judged by what its directory declares before a byte of it is unpacked. `zipfile` never reads past a declared
size and compares the checksum, so a directory that lies ends as a broken zip, not as a full memory.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from vouch.parsers.common.ole_container import MAGIC, OleFileIO, has_stream
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.records import Reason

MAX_UNPACKED_MB = 512
MAX_RATIO = 200
# Honest files reach high ratios while they are small: an empty styled sheet is mostly the same line again and again.
RATIO_FROM_MB = 16
MAX_MEMBERS = 100_000
_MEGABYTE = 1_000_000
_RUST_PANIC = "pyo3_runtime"
_READ_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError)


@contextmanager
def contained(format_name: str) -> Iterator[None]:
    """Turn whatever a third-party parser raises on bad input into `DocumentRejected`; memory errors pass."""
    try:
        yield
    except (DocumentRejected, MemoryError, RecursionError):
        raise
    except (
        BaseException
    ) as error:  # the libraries inside raise anything on damaged bytes; this is the border
        # What a Rust library panics with is no Exception; what stops the process is none either, and must pass.
        if not isinstance(error, Exception) and type(error).__module__ != _RUST_PANIC:
            raise
        detail = " ".join(str(error).split())[:300]
        message = f"the {format_name} file is damaged or not what it says it is: {type(error).__name__}: {detail}"
        raise DocumentRejected(Reason.MALFORMED, message) from None


def open_zip(
    data: bytes, *, max_unpacked_mb: int = MAX_UNPACKED_MB, max_ratio: int = MAX_RATIO
) -> zipfile.ZipFile:
    """The zip in `data`, its declared sizes checked.

    Raises `DocumentRejected`: malformed (no zip), unsafe (a bomb, by size, ratio or number of members) or encrypted.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (*_READ_ERRORS, NotImplementedError) as error:
        raise DocumentRejected(Reason.MALFORMED, f"the zip container is damaged: {error}") from None
    members = archive.infolist()
    _check_sizes(members, len(data), max_unpacked_mb, max_ratio)
    if any(member.flag_bits & 0x1 for member in members):
        raise DocumentRejected(
            Reason.ENCRYPTED, "the zip holds members under a password; remove it and try again"
        )
    return archive


def check_zip(
    data: bytes, *, max_unpacked_mb: int = MAX_UNPACKED_MB, max_ratio: int = MAX_RATIO
) -> None:
    """As `open_zip`, and every member is unpacked once, a piece at a time, to prove sizes and checksums.

    For libraries that unpack by themselves and may not stop at the declared size.
    """
    with open_zip(data, max_unpacked_mb=max_unpacked_mb, max_ratio=max_ratio) as archive:
        for member in archive.infolist():
            with reading(member), archive.open(member) as stream:
                while stream.read(_MEGABYTE):
                    pass


def read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """The bytes of one member of a zip from `open_zip`; raises `DocumentRejected`."""
    with reading(member):
        return archive.read(member)


@contextmanager
def reading(member: zipfile.ZipInfo) -> Iterator[None]:
    """Turn what `zipfile` raises for a bad member into `DocumentRejected`."""
    try:
        yield
    except NotImplementedError as error:
        message = (
            f"the member {member.filename!r} is packed in a way that cannot be read here: {error}"
        )
        raise DocumentRejected(Reason.UNSUPPORTED_TYPE, message) from None
    except _READ_ERRORS as error:
        message = f"the member {member.filename!r} of the zip is damaged: {error}"
        raise DocumentRejected(Reason.MALFORMED, message) from None


def open_office(data: bytes, format_name: str) -> zipfile.ZipFile:
    """As `open_zip`, for an Office Open XML file, which is an OLE container while it is under a password."""
    reject_encrypted_office(data)
    if data.startswith(MAGIC):
        message = (
            f"the file is an old binary Office file, not {format_name}; save it in the new format"
        )
        raise DocumentRejected(Reason.MALFORMED, message)
    return open_zip(data)


def reject_encrypted_office(data: bytes) -> None:
    """Raise `DocumentRejected` (encrypted) for an Office Open XML file under a password or rights management."""
    if not data.startswith(MAGIC):
        return
    with contained("Office"), OleFileIO(data) as container:
        if has_stream(container, "EncryptedPackage") or has_stream(container, "\x09DRMContent"):
            message = "the Office file is protected by a password or by rights management; remove it and try again"
            raise DocumentRejected(Reason.ENCRYPTED, message)


def _check_sizes(
    members: list[zipfile.ZipInfo], packed: int, max_unpacked_mb: int, max_ratio: int
) -> None:
    unpacked = sum(member.file_size for member in members)
    if len(members) > MAX_MEMBERS:
        raise DocumentRejected(
            Reason.UNSAFE, f"the zip declares {len(members):,} members; at most {MAX_MEMBERS:,}"
        )
    if unpacked > max_unpacked_mb * _MEGABYTE:
        message = f"the zip would unpack to {unpacked / _MEGABYTE:,.0f} MB; at most {max_unpacked_mb} are unpacked"
        raise DocumentRejected(Reason.UNSAFE, message)
    if unpacked > RATIO_FROM_MB * _MEGABYTE and unpacked > packed * max_ratio:
        message = f"the zip would grow by a factor of {unpacked // packed:,}, as a zip bomb does; at most {max_ratio}"
        raise DocumentRejected(Reason.UNSAFE, message)
