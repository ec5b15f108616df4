"""Read the members of a 7z archive by py7zr."""

import io
import re
from pathlib import PurePosixPath

from py7zr import SevenZipFile
from py7zr.exceptions import PasswordRequired, UnsupportedCompressionMethodError
from py7zr.io import Py7zIO, WriterFactory
from py7zr.py7zr import ArchiveFile

from vouch.parsers.archives.members import Members
from vouch.parsers.common.findings import finding
from vouch.parsers.common.unpacking import Unpacking
from vouch.parsers.common.zip_safety import contained
from vouch.schemas.documents.records import Reason
from vouch.schemas.errors import DocumentRejected

# Each damaged block of members costs a pass over the archive.
MAX_PASSES = 20
# py7zr refuses a whole archive for one of these names, so that they are not asked for.
_LEADS_OUT = re.compile(r"^[A-Za-z]:|(?:^|[/\\])\.\.(?:[/\\]|$)")


def sevenzip_members(data: bytes) -> Members:
    """Return the files of a 7z. Raise `DocumentRejected` (malformed, unsafe, encrypted)."""
    with contained("7z"):
        try:
            with SevenZipFile(io.BytesIO(data)) as archive:
                return _members(archive, Unpacking(len(data), "7z"))
        except PasswordRequired:
            raise _encrypted() from None


def _members(archive: SevenZipFile, unpacking: Unpacking) -> Members:
    members = Members()
    files = []
    for file in archive.files:
        unpacking.add_members(1)
        if file.is_symlink or file.is_junction or file.is_socket:
            members.left_out["devices" if file.is_socket else "links"] += 1
        elif not file.is_directory and not _LEADS_OUT.search(file.filename):
            # The library unpacks no more than this of a member.
            unpacking.add_bytes(file.uncompressed)
            files.append(file)
        elif not file.is_directory:
            message = f"{file.filename!r} leads out of the archive by its name"
            members.add_problem(file.filename, Reason.MALFORMED, message)
    if files and archive.needs_password():
        raise _encrypted()
    _unpack(archive, files, members)
    return members


def _unpack(archive: SevenZipFile, files: list[ArchiveFile], members: Members) -> None:
    """Add the files. Those behind a damaged place of a compressed block are added as damaged."""
    for _ in range(MAX_PASSES):
        writers = _Writers()
        problem = _extract(archive, files, writers)
        for name, content in writers.written.items():
            members.add(name, content)
        files = [file for file in files if _written_name(file) not in writers.written]
        if problem is None or not files:
            return
        failed = next((file for file in files if _written_name(file) == writers.name), files[0])
        for file in files:
            if file.folder is failed.folder:
                members.add_rejected(file.filename, problem)
        files = [file for file in files if file.folder is not failed.folder]
        archive.reset()
    for file in files:
        message = f"{MAX_PASSES} other blocks of the 7z archive are damaged; it is not read further"
        members.add_problem(file.filename, Reason.MALFORMED, message)


def _extract(
    archive: SevenZipFile, files: list[ArchiveFile], writers: "_Writers"
) -> DocumentRejected | None:
    """Extract files until one cannot be; return why it cannot."""
    try:
        archive.extract(targets=[file.filename for file in files], factory=writers)
    except (MemoryError, RecursionError, PasswordRequired):
        raise
    except UnsupportedCompressionMethodError as error:
        message = (
            f"a compression of the 7z archive is not supported ({error.message}); pack its files "
            "as zip or tar"
        )
        return DocumentRejected(Reason.UNSUPPORTED_TYPE, message)
    except Exception as error:  # noqa: BLE001 - damaged data may make the decompressors raise anything
        message = f"the 7z archive is damaged: {finding(error)}"[:300]
        return DocumentRejected(Reason.MALFORMED, message)
    return None


def _written_name(file: ArchiveFile) -> str:
    """Return the name that py7zr passes to its writers for a file."""
    return PurePosixPath(file.filename.lstrip("/")).as_posix()


class _Writers(WriterFactory):
    """Keeps what is written of each file, as soon as it is complete; `name` is the last one."""

    def __init__(self) -> None:
        self.written: dict[str, bytes] = {}
        self.name = ""

    def create(self, filename: str) -> Py7zIO:
        self.name = filename
        return _Writer(self)


class _Writer(Py7zIO):
    """Takes one file. The library closes it only where the file's checksum is right."""

    def __init__(self, writers: _Writers) -> None:
        self._writers = writers
        self._name = writers.name
        self._buffer = io.BytesIO()

    def write(self, s: bytes | bytearray) -> int:
        return self._buffer.write(s)

    def read(self, size: int | None = None) -> bytes:
        return self._buffer.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._buffer.seek(offset, whence)

    def flush(self) -> None:
        self._buffer.flush()

    def size(self) -> int:
        return len(self._buffer.getbuffer())

    def close(self) -> None:
        self._writers.written[self._name] = self._buffer.getvalue()


def _encrypted() -> DocumentRejected:
    message = "the 7z archive is under a password; remove it and try again"
    return DocumentRejected(Reason.ENCRYPTED, message)
