"""A folder of a bucket: listed flat, a request for each 1,000 objects whatever folders they are in,
and each object read by one request.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import IO

from vouch.schemas.documents.records import Fetched, Reason
from vouch.schemas.errors import StorageError
from vouch.sources.files.entries import Entry, rule_of_name
from vouch.sources.time_limits import Deadline, OutOfTime, within
from vouch.storage.location import StoredFile
from vouch.storage.object_store import ObjectLocation

_PAGE = 1000  # objects


@dataclass(frozen=True, slots=True)
class Bucket:
    """What lies below a location of an object store, and the pattern of it (None: everything)."""

    location: ObjectLocation
    pattern: str | None

    def is_empty(self) -> bool:
        """Return whether there is nothing. Raises `StorageError`."""
        return next(self.location.files(), None) is None

    def read(self, uri: str, limit: int) -> Fetched:
        """Return an object by one answer of the store: of more than `limit` bytes, some more.

        Raises `StorageError`, or `FileNotFoundError`.
        """
        try:
            data, stored = (self.location / uri).read_at_most(limit)
        except FileNotFoundError:
            raise FileNotFoundError("there is no such object") from None
        return Fetched(data, stored.etag, stored.modified, stored.version_id)

    def open(self, uri: str) -> IO[bytes]:
        """Open an object to be read in parts, all of the same content. Raises `StorageError`."""
        return (self.location / uri).open()


@dataclass(slots=True)
class BucketWalk:
    """Iterate over `entries()`; afterwards `problems` lists why not everything was listed.

    `is_absent` says that there is nothing at all: a bucket has no empty folders.
    """

    bucket: Bucket
    include_hidden: bool
    deadline: Deadline
    page_timeout_s: float
    problems: list[str] = field(default_factory=list)
    is_absent: bool = False
    _hidden_folders: set[str] = field(default_factory=set)

    def entries(self) -> Iterator[Entry]:
        """Yield each object; of hidden folders only the folder."""
        empty: dict[str, StoredFile] = {}
        self.is_absent = True
        for file in self._files():
            self.is_absent = False
            if not file.size:
                empty[file.path] = file
                continue
            yield from self._entry(file)
            if empty:
                for folder in _folders_above(file.path):
                    empty.pop(folder, None)
        self.is_absent = self.is_absent and not self.problems
        for file in empty.values():
            # Consoles mark a folder by an empty object, `folder/`, which comes without its slash.
            if "." in file.path.rpartition("/")[2]:
                yield from self._entry(file)

    def _files(self) -> Iterator[StoredFile]:
        files = self.bucket.location.files()
        while True:
            try:
                page = within(
                    min(self.page_timeout_s, self.deadline.left), lambda: list(islice(files, _PAGE))
                )
            except OutOfTime:
                why = (
                    f"no answer within {self.page_timeout_s:g} s (fetch_timeout_s)"
                    if self.deadline.left
                    else "its time is over (list_timeout_s)"
                )
                self.problems.append(f"the listing was ended: {why}; objects are left")
                return
            except StorageError as error:
                self.problems.append(f"the listing was ended: {error}")
                return
            if not page:
                return
            yield from page

    def _entry(self, file: StoredFile) -> Iterator[Entry]:
        info = {
            "name": file.path,
            "type": "file",
            "size": file.size,
            "ETag": file.etag,
            "LastModified": file.modified,
        }
        if not self.include_hidden:
            for folder in _folders_above(file.path):
                if folder.rpartition("/")[2].startswith("."):
                    if folder not in self._hidden_folders:
                        self._hidden_folders.add(folder)
                        yield folder, {"name": folder, "type": "directory"}, Reason.HIDDEN
                    return
        yield file.path, info, rule_of_name(file.path, self.include_hidden)


def _folders_above(path: str) -> Iterator[str]:
    """Yield the folders that a path is in, the outermost first."""
    end = path.find("/")
    while end >= 0:
        yield path[:end]
        end = path.find("/", end + 1)
