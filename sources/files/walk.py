"""Walks a folder of an fsspec file system.

An error in a folder does not end the walk. It is kept in `problems`, and a listing with problems
is never complete, so that nothing is deleted because a folder could not be read.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

from vouch.schemas.documents.records import FILE_STATE, Reason
from vouch.sources.files.entries import Entry, Info, rule_of_name
from vouch.sources.files.folder import SourceFolder, described
from vouch.sources.time_limits import Deadline, OutOfTime, within

# The keys under which fsspec's file systems return the modification time.
_MODIFIED_KEYS = ("mtime", "LastModified", "last_modified", "updated", "created", "date_time")
# After so many folders that do not answer, the others are not asked: each keeps a thread.
_MAX_SILENT = 8


@dataclass(slots=True)
class Walk:
    """Iterate over `entries()`; afterwards `problems` lists what could not be read.

    A folder that takes longer than `folder_timeout_s` is a problem; past the deadline the rest is
    one.
    """

    folder: SourceFolder
    include_hidden: bool
    deadline: Deadline
    folder_timeout_s: float
    problems: list[str] = field(default_factory=list)
    silent: int = 0

    def entries(self) -> Iterator[Entry]:
        """Yield each file.

        A folder is yielded only where a rule excludes it; then its files are not.
        """
        # A long-lived process would otherwise list what fsspec cached at the previous run.
        self.folder.filesystem.invalidate_cache()
        folders = [self.folder.root]
        names = set(folders)
        while folders:
            if not self.deadline.left or self.silent >= _MAX_SILENT:
                why = (
                    f"{self.silent} folders did not answer"
                    if self.silent >= _MAX_SILENT
                    else "its time is over (list_timeout_s)"
                )
                self.problems.append(f"the listing was ended: {why}; folders are left")
                return
            for uri, info, rule in self._list(folders.pop()):
                if rule is None and _is_folder(info):
                    name = str(info["name"]).rstrip("/")
                    # A server may list a folder within itself.
                    if name not in names:
                        folders.append(name)
                        names.add(name)
                elif uri:
                    yield uri, info, rule

    def _list(self, folder: str) -> list[Entry]:
        try:
            return within(
                min(self.folder_timeout_s, self.deadline.left), lambda: self._read(folder)
            )
        except OutOfTime:
            self.silent += 1
            problem = f"no answer within {self.folder_timeout_s:g} s (fetch_timeout_s)"
        except Exception as error:  # noqa: BLE001 - each storage has its own classes of errors
            problem = described(error)
        self.problems.append(f"{self._relative(folder) or '.'} could not be listed: {problem}")
        return []

    def _read(self, folder: str) -> list[Entry]:
        """List a folder, with all that the storage has to be asked about its entries."""
        infos = self.folder.filesystem.ls(folder, detail=True)
        if not infos and self.folder.is_http:
            raise ValueError("its page has no links; an error page looks the same")
        entries = []
        for info in sorted(infos, key=lambda info: str(info["name"])):
            if self.folder.is_local:
                info = _with_file_state(info)
            uri = self._relative(str(info["name"]))
            entries.append((uri, info, self._rule(uri, info)))
        return entries

    def _relative(self, name: str) -> str:
        return name.strip("/").removeprefix(self.folder.root.strip("/")).lstrip("/")

    def _rule(self, uri: str, info: Info) -> Reason | None:
        if not self._is_below(str(info["name"])):
            return Reason.OUTSIDE_ROOT
        if rule := rule_of_name(uri, self.include_hidden):
            return rule
        if not info.get("islink"):
            # A pipe or a device: reading it could block forever.
            return Reason.SPECIAL_FILE if info["type"] == "other" else None
        if _is_special(info["name"]):
            return Reason.SPECIAL_FILE
        root = os.path.realpath(self.folder.root)
        if os.path.commonpath([root, os.path.realpath(info["name"])]) != root:
            return Reason.OUTSIDE_ROOT
        # A linked folder would be listed twice or without end; its files are listed at its target.
        return Reason.LINKED_FOLDER if _is_folder(info) else None

    def _is_below(self, name: str) -> bool:
        """Return whether a name is one below the root: stores and archives may return any."""
        root = self.folder.root.strip("/")
        name = unquote(name) if self.folder.is_http else name
        is_below = not root or f"{name.strip('/')}/".startswith(f"{root}/")
        return is_below and ".." not in name.strip("/").removeprefix(root).split("/")


def _is_folder(info: Info) -> bool:
    if info.get("islink"):
        return Path(info["name"]).is_dir()
    return str(info["type"]) == "directory"


def _is_special(path: str) -> bool:
    """Return whether a link leads to a pipe, a socket or a device."""
    try:
        mode = Path(path).stat().st_mode
    except OSError:  # a broken link, or a circle of links: fetching it says so
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _with_file_state(info: Info) -> Info:
    """Add the times of a local file: of a link, those of its target, which the listing lacks."""
    if info["type"] == "directory":
        return info
    try:
        state = Path(info["name"]).stat()
    except OSError:  # a broken link, or a circle of links: fetching it says so
        return info
    return {**info, "mtime": state.st_mtime, "times_ns": (state.st_mtime_ns, state.st_ctime_ns)}


def file_state(info: Info) -> str | None:
    """Return when a local file was modified and when it was changed in any way; None elsewhere.

    A program can set the first time, as archives and copies do, but not the second.
    """
    # On Windows the second time is that of the file's creation.
    if "times_ns" not in info or os.name == "nt":
        return None
    modified, changed = info["times_ns"]
    return f"{FILE_STATE}{modified}:{changed}"


def modified_at(info: Info) -> datetime | None:
    """Return the modification time with a time zone, None where the store has none."""
    for key in _MODIFIED_KEYS:
        value = info.get(key)
        if isinstance(value, datetime):
            return value if value.tzinfo else value.replace(tzinfo=UTC)
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
        if isinstance(value, tuple):  # a zip member's local time, whose zone is unknown
            year, month, day, hour, minute, second = value[:6]
            return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    return None


def etag_of(info: Info) -> str | None:
    """Return the store's identifier of the content: an ETag, or a zip member's checksum."""
    value = info.get("ETag") or info.get("etag") or info.get("CRC")
    return None if value is None else str(value).strip('"')
