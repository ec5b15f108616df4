"""Read zip containers safely, and contain what third-party parsers raise.

A zip is judged by what its directory declares before anything is unpacked. `zipfile` never reads
past a declared size and compares checksums, so a directory that lies makes a broken zip rather than
a full memory.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from vouch.parsers.common.findings import finding
from vouch.parsers.common.ole_container import MAGIC, OleFileIO, has_stream
from vouch.parsers.common.unpacking import MAX_RATIO, MAX_UNPACKED_MB, MEGABYTE, Unpacking
from vouch.schemas.documents.records import Reason
from vouch.schemas.errors import DocumentRejected

_RUST_PANIC = "pyo3_runtime"
_READ_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError)


@contextmanager
def contained(format_name: str) -> Iterator[None]:
    """Turn what a third-party parser raises on bad input into `DocumentRejected`.

    Memory and recursion errors pass: the sandbox reports them with reasons of their own.
    """
    try:
        yield
    except (DocumentRejected, MemoryError, RecursionError):
        raise
    except BaseException as error:
        # A panic of a Rust library is no Exception. Nor is what stops the process: it must pass.
        if not isinstance(error, Exception) and type(error).__module__ != _RUST_PANIC:
            raise
        if "Excessive depth" in str(error):  # libxml2's words in whatever a library raises
            message = f"a part of the {format_name} file is nested too deep"
            raise DocumentRejected(Reason.UNSAFE, message) from None
        message = (
            f"the {format_name} file is damaged or not what it says it is, as {finding(error)}; "
            "get a whole copy, or save it again in the program that wrote it"
        )
        raise DocumentRejected(Reason.MALFORMED, message) from None


def open_zip(
    data: bytes, *, max_unpacked_mb: int = MAX_UNPACKED_MB, max_ratio: int = MAX_RATIO
) -> zipfile.ZipFile:
    """Open the zip in `data` and check its declared sizes.

    Raises `DocumentRejected`: malformed (no zip), unsafe (a bomb by size, ratio or number of
    members) or encrypted.
    """
    archive = open_archive(data, max_unpacked_mb=max_unpacked_mb, max_ratio=max_ratio)
    if any(is_encrypted(member) for member in archive.infolist()):
        raise DocumentRejected(
            Reason.ENCRYPTED, "the zip has members under a password; remove it and try again"
        )
    return archive


def open_archive(
    data: bytes, *, max_unpacked_mb: int = MAX_UNPACKED_MB, max_ratio: int = MAX_RATIO
) -> zipfile.ZipFile:
    """Open a zip as `open_zip` does, of which some members may be encrypted."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (*_READ_ERRORS, NotImplementedError) as error:
        raise DocumentRejected(Reason.MALFORMED, f"the zip container is damaged: {error}") from None
    members = archive.infolist()
    unpacking = Unpacking(len(data), "zip", max_unpacked_mb=max_unpacked_mb, max_ratio=max_ratio)
    unpacking.add_members(len(members))
    unpacking.add_bytes(sum(member.file_size for member in members))
    return archive


def is_encrypted(member: zipfile.ZipInfo) -> bool:
    """Return whether a member is under a password (bit 0 of its flags, APPNOTE 4.4.4)."""
    return bool(member.flag_bits & 0x1)


def check_zip(
    data: bytes, *, max_unpacked_mb: int = MAX_UNPACKED_MB, max_ratio: int = MAX_RATIO
) -> None:
    """Check a zip as `open_zip` does, and unpack every member once, a piece at a time.

    For libraries that unpack by themselves and may not stop at the declared size.
    """
    with open_zip(data, max_unpacked_mb=max_unpacked_mb, max_ratio=max_ratio) as archive:
        for rejected in damaged_members(archive).values():
            raise rejected


def damaged_members(archive: zipfile.ZipFile) -> dict[str, DocumentRejected]:
    """Unpack every member once, a piece at a time; return by name what is wrong with bad ones."""
    damaged: dict[str, DocumentRejected] = {}
    for member in archive.infolist():
        try:
            with reading(member), archive.open(member) as stream:
                while stream.read(MEGABYTE):
                    pass
        except DocumentRejected as rejected:
            damaged[member.filename] = rejected
    return damaged


def read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """Return the bytes of a member of a zip from `open_zip`. Raise `DocumentRejected`."""
    with reading(member):
        return archive.read(member)


def repacked(
    archive: zipfile.ZipFile, replaced: Mapping[str, bytes], left_out: tuple[str, ...] = ()
) -> bytes:
    """Return a zip with other contents of the members named in `replaced`, not compressed.

    With those that are new, without members in the folders `left_out`; of several members of one
    name the last one stays.
    """
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        for name in dict.fromkeys((*archive.namelist(), *replaced)):
            if name in replaced:
                packed.writestr(name, replaced[name])
            elif not name.startswith(left_out):
                packed.writestr(name, read_member(archive, archive.getinfo(name)))
    return stream.getvalue()


@contextmanager
def reading(member: zipfile.ZipInfo) -> Iterator[None]:
    """Turn what `zipfile` raises for a bad member into `DocumentRejected`."""
    try:
        yield
    except NotImplementedError as error:
        message = (
            f"the compression of the member {member.filename!r} is not supported ({error}); pack "
            "it again by the usual one, deflate"
        )
        raise DocumentRejected(Reason.UNSUPPORTED_TYPE, message) from None
    except _READ_ERRORS as error:
        message = f"the member {member.filename!r} of the zip is damaged: {error}"
        raise DocumentRejected(Reason.MALFORMED, message) from None


def open_office(data: bytes, format_name: str) -> zipfile.ZipFile:
    """Open an Office Open XML file as `open_zip` does; under a password it is an OLE container."""
    reject_encrypted_office(data)
    if data.startswith(MAGIC):
        message = (
            f"the file is an old binary Office file, not {format_name}; save it in the new format"
        )
        raise DocumentRejected(Reason.MALFORMED, message)
    return open_zip(data)


def reject_encrypted_office(data: bytes) -> None:
    """Raise `DocumentRejected` (encrypted) for an Office file under password or rights control."""
    if not data.startswith(MAGIC):
        return
    with contained("Office"), OleFileIO(data) as container:
        if has_stream(container, "EncryptedPackage") or has_stream(container, "\x09DRMContent"):
            message = (
                "the Office file is protected by a password or by rights management; "
                "remove it and try again"
            )
            raise DocumentRejected(Reason.ENCRYPTED, message)
