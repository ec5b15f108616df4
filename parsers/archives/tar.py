"""Read the members of a tar, plain or as it is decompressed."""

import io
import tarfile
from typing import IO, ClassVar, cast

from vouch.parsers.archives.members import Members
from vouch.parsers.archives.streams import DAMAGES
from vouch.parsers.common.text.encoding import decode_leniently
from vouch.parsers.common.unpacking import MAX_UNPACKED_MB, MEGABYTE, Unpacking
from vouch.schemas.documents.records import Reason
from vouch.schemas.errors import DocumentRejected

_DAMAGES = (*DAMAGES, tarfile.TarError, KeyError, IndexError)


def tar_members(data: bytes) -> Members:
    """Return the files of a plain tar. Raise `DocumentRejected` (malformed, unsafe)."""
    # A plain tar grows by sparse files only, whose holes take no place in it.
    return _members(io.BytesIO(data), Unpacking(len(data), "tar"))


def streamed_tar_members(stream: io.RawIOBase) -> Members:
    """Return the files of a tar that is decompressed while it is read.

    `stream` counts what it gives. Raises `DocumentRejected` (malformed, unsafe).
    """
    # Its bytes are counted as they are decompressed; sizes only have to be possible at all.
    return _members(stream, Unpacking(MAX_UNPACKED_MB * MEGABYTE, "tar"))


def _members(stream: io.BytesIO | io.RawIOBase, unpacking: Unpacking) -> Members:
    members = Members()
    headers = _headers()
    last = ""
    # `ignore_zeros` makes the library look for the next header behind a damaged one.
    try:
        with tarfile.open(
            fileobj=cast(IO[bytes], stream), mode="r|", tarinfo=headers, ignore_zeros=True
        ) as archive:
            for member in archive:
                unpacking.add_members(1)
                last = _name(member)
                if member.isfile():
                    # Declared sizes are proved before anything is read: a sparse file of few bytes
                    # may declare any.
                    unpacking.add_bytes(member.size)
                    _add(members, archive, member, last)
                elif not member.isdir():
                    members.left_out[_kind(member)] += 1
        damage = headers.damage
    except _DAMAGES as error:
        damage = str(error)
    if damage and not members.files:
        message = f"the tar is damaged or cut off: {damage}"
        raise DocumentRejected(Reason.MALFORMED, message)
    if damage:
        message = f"the tar is damaged or cut off behind {last!r}: {damage}"
        members.add_problem("damaged part of the archive", Reason.MALFORMED, message)
    return members


class _Headers(tarfile.TarInfo):
    """Headers of members. `damage` says what is wrong where one is damaged.

    The library passes over damaged headers without a word.
    """

    damage: ClassVar[str] = ""
    is_ended: ClassVar[bool] = False

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "_Headers":
        """Read a header; note a damaged one, unless it follows the end of the archive."""
        try:
            return super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            if not buf.strip(b"\0"):
                cls.is_ended = bool(buf) or cls.is_ended
            elif not cls.is_ended:
                cls.damage = cls.damage or f"a header is damaged ({error})"
            raise


def _headers() -> type[_Headers]:
    """Return a class of headers for one archive: the library accepts a class only."""
    return type("_ArchiveHeaders", (_Headers,), {})


def _add(members: Members, archive: tarfile.TarFile, member: tarfile.TarInfo, name: str) -> None:
    try:
        file = archive.extractfile(member)
        members.add(name, file.read() if file else b"")
    except _DAMAGES as error:
        members.add_problem(name, Reason.MALFORMED, f"{name!r} is damaged or cut off: {error}")
        raise


def _kind(member: tarfile.TarInfo) -> str:
    if member.issym() or member.islnk():
        return "links"
    return "devices" if member.isdev() else "members of unknown type"


def _name(member: tarfile.TarInfo) -> str:
    """Return the path of a member, whose bytes may be in any encoding."""
    try:
        member.name.encode("utf-8")
    except UnicodeEncodeError:
        return decode_leniently(member.name.encode("utf-8", "surrogateescape"))
    return member.name
