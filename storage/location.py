"""Places where Vouch keeps files: a folder of this machine, or below s3://, gs:// or az://.

What lies in a place is written as a whole: a reader sees the file before or after, never a part.
Object stores have no folders, only keys; a folder here is what lies below a prefix, and an empty
one does not exist.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file below a location.

    Attributes:
        path: Its path below the location, with slashes.
        size: Bytes.
        modified: When it was written, with its time zone.
        version: Changes whenever the content does: the entity tag of an object, or size and time of
            a file.
        etag: The entity tag of an object, without its quotes; None for a file.
        version_id: By which a bucket with versions keeps this content; a listing does not say it.
    """

    path: str
    size: int
    modified: datetime
    version: str
    etag: str | None = None
    version_id: str | None = None


class Location(ABC):
    """A folder, or a file in one. Immutable; can be pickled, hashed and compared.

    Methods raise `FileNotFoundError` for a file that is missing, and `StorageError` or `OSError`
    where the storage fails.
    """

    __slots__ = ()

    @property
    @abstractmethod
    def is_local(self) -> bool:
        """Whether this is a folder or file of this machine."""

    @property
    @abstractmethod
    def url(self) -> str:
        """Path or URL, as the store and people take it; without a slash at the end."""

    @property
    @abstractmethod
    def link(self) -> str:
        """URL by which a browser may open it: file://, or as `url`."""

    @abstractmethod
    def signed_link(self) -> str:
        """Return a URL by which a browser can open this file now: file://, or one that contains a
        signature which is valid for an hour, and so is for no log and no other person.
        """

    @property
    @abstractmethod
    def local_path(self) -> Path:
        """The path of a local place. Raises `StorageError` for an object store."""

    @property
    @abstractmethod
    def options(self) -> dict[str, str]:
        """Storage options for the store; empty for a local place. They may contain secrets."""

    @abstractmethod
    def __truediv__(self, name: str) -> "Location":
        """Return the place below this one."""

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.url.rpartition("/")[2]

    def __str__(self) -> str:
        return self.url

    # Reading

    @abstractmethod
    def read_bytes(self) -> bytes:
        """Return the content of this file."""

    def read_text(self) -> str:
        """Return the content of this file, which is UTF-8."""
        return self.read_bytes().decode("utf-8")

    @abstractmethod
    def open(self) -> BinaryIO:
        """Open this file to be read in parts, such as columns of a Parquet file."""

    @abstractmethod
    def read_range(self, start: int, end: int) -> bytes:
        """Return the bytes of this file from `start` up to `end`, or to its own end before that."""

    @abstractmethod
    def sha256(self) -> str:
        """Return the hash of this file's content, which is read piece by piece."""

    @abstractmethod
    def is_file(self) -> bool:
        """Return whether this file is there."""

    @abstractmethod
    def stat(self) -> StoredFile:
        """Return size, time and version of this file."""

    @abstractmethod
    def read_versioned(self) -> tuple[bytes, str]:
        """Return the content of this file and its version, for `replace`."""

    @abstractmethod
    def files(self) -> Iterator[StoredFile]:
        """Yield all files below this folder, at any depth; none where it is missing.

        An object store lists flat: one request for each 1,000 files.
        """

    @abstractmethod
    def folders(self) -> list[str]:
        """Return the sorted names of the folders directly in this one; none where it is missing."""

    @abstractmethod
    def closed_folders(self) -> list[str]:
        """Return the folders at most one level below this one that this user may not look into, and
        whose files are in no list: "" is this one. An object store refuses the whole list instead.
        """

    # Writing

    @abstractmethod
    def write_bytes(self, content: bytes) -> None:
        """Write this file, and the folders above it that are missing; one that is there is
        replaced.
        """

    def write_text(self, text: str) -> None:
        """Write this file as UTF-8: see `write_bytes`."""
        self.write_bytes(text.encode("utf-8"))

    @abstractmethod
    def write_from(self, content: BinaryIO) -> None:
        """Write this file from an open one, in parts, so that it may be larger than the memory: see
        `write_bytes`.
        """

    @abstractmethod
    def create(self, content: bytes) -> bool:
        """Write this file where there is none; return whether this content is there now.

        Of several that create the same file one wins. The content must name its writer: after an
        answer that was lost, equal content is how a writer knows that it was the one.
        """

    @abstractmethod
    def replace(self, content: bytes, version: str) -> str | None:
        """Replace this file if it still has this version; return its new version.

        None where another writer was first. As with `create`, the content must name its writer.
        Only for object stores: files of a machine are guarded by its locks.
        """

    @abstractmethod
    def move_to(self, target: "Location") -> None:
        """Move this file to another place of the same kind, and on an object store of the same
        bucket, where it is copied and then deleted. A file that is there is replaced.
        """

    @abstractmethod
    def delete(self) -> None:
        """Delete this file, or everything below this folder. One that is missing is no error."""

    @abstractmethod
    def delete_files(self, paths: Iterable[str]) -> None:
        """Delete files by their paths below this folder, and the folders below it that become
        empty: in few requests where there are many. Files that are missing are no error.
        """


def delete_all(locations: Iterable[Location]) -> None:
    """Delete files and folders; one that another process deletes meanwhile is no error."""
    for location in locations:
        location.delete()
