"""A folder or file of this machine."""

import hashlib
import io
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from vouch.schemas.errors import StorageError
from vouch.schemas.process.private_folder import make_private_folder
from vouch.storage.location import Location, StoredFile


@dataclass(frozen=True, slots=True)
class LocalLocation(Location):
    """A folder or file of this machine, by its absolute path."""

    path: Path

    @property
    def is_local(self) -> bool:
        return True

    @property
    def url(self) -> str:
        return str(self.path)

    @property
    def link(self) -> str:
        return self.path.as_uri()

    def signed_link(self) -> str:
        return self.link

    @property
    def local_path(self) -> Path:
        return self.path

    @property
    def options(self) -> dict[str, str]:
        return {}

    def __truediv__(self, name: str) -> "LocalLocation":
        return LocalLocation(self.path / name)

    def __str__(self) -> str:
        return str(self.path)

    def read_bytes(self) -> bytes:
        return self.path.read_bytes()

    def open(self) -> BinaryIO:
        return self.path.open("rb")

    def read_range(self, start: int, end: int) -> bytes:
        with self.path.open("rb") as file:
            file.seek(start)
            return file.read(end - start)

    def sha256(self) -> str:
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def is_file(self) -> bool:
        return self.path.is_file()

    def stat(self) -> StoredFile:
        return _stored(self.path, self.path.name)

    def read_versioned(self) -> tuple[bytes, str]:
        return self.read_bytes(), self.stat().version

    def files(self) -> Iterator[StoredFile]:
        for folder, folders, names in os.walk(self.path):
            folders.sort()
            for name in sorted(names):
                file = Path(folder) / name
                try:
                    yield _stored(file, file.relative_to(self.path).as_posix())
                # Deleted since it was listed, or in a folder that this user may only list.
                except (FileNotFoundError, PermissionError):
                    continue

    def folders(self) -> list[str]:
        if not self.path.is_dir():
            return []
        return sorted(entry.name for entry in self.path.iterdir() if entry.is_dir())

    def closed_folders(self) -> list[str]:
        if not self.path.is_dir():
            return []
        if not os.access(self.path, os.R_OK | os.X_OK):
            return [""]
        return [
            name for name in self.folders() if not os.access(self.path / name, os.R_OK | os.X_OK)
        ]

    def write_bytes(self, content: bytes) -> None:
        self.write_from(io.BytesIO(content))

    def write_from(self, content: BinaryIO) -> None:
        written = self._written_beside(content)
        try:
            written.replace(self.path)
        finally:
            written.unlink(missing_ok=True)  # a folder is in the way

    def create(self, content: bytes) -> bool:
        written = self._written_beside(io.BytesIO(content))
        try:
            os.link(written, self.path)  # unlike a rename, it fails where there is a file
        except FileExistsError:
            return self.path.read_bytes() == content
        finally:
            written.unlink()
        return True

    def replace(self, content: bytes, version: str) -> str | None:
        raise StorageError(
            f"{self.path} is a file of this machine, where locks take the place of leases"
        )

    def move_to(self, target: Location) -> None:
        make_private_folder(target.local_path.parent)
        shutil.move(self.path, target.local_path)

    def delete(self) -> None:
        if self.path.is_dir() and not self.path.is_symlink():
            shutil.rmtree(self.path, ignore_errors=True)
        else:
            self.path.unlink(missing_ok=True)

    def delete_files(self, paths: Iterable[str]) -> None:
        emptied: set[Path] = set()
        for path in paths:
            file = self.path / path
            file.unlink(missing_ok=True)
            emptied.update(above for above in file.parents if self.path in above.parents)
        for folder in sorted(emptied, reverse=True):  # what lies deeper comes first
            with suppress(OSError):
                folder.rmdir()

    def _written_beside(self, content: BinaryIO) -> Path:
        """Write and sync the content in a new file beside this one, and return its path."""
        make_private_folder(self.path.parent)
        beside = self.path.with_name(f".{self.path.name}.{secrets.token_hex(4)}.tmp")
        try:
            with beside.open("xb") as file:
                shutil.copyfileobj(content, file)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
        return beside


def _stored(file: Path, name: str) -> StoredFile:
    state = file.stat()
    return StoredFile(
        name,
        state.st_size,
        datetime.fromtimestamp(state.st_mtime, UTC),
        f"{state.st_size}-{state.st_mtime_ns}",
    )
