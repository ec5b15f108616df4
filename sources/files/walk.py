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
from typing import Any

from vouch.schemas.records import Reason
from vouch.sources.files.location import Location

Info = dict[str, Any]
# The keys under which fsspec's file systems return the modification time.
_MODIFIED_KEYS = ("mtime", "LastModified", "last_modified", "updated", "created", "date_time")


@dataclass(slots=True)
class Walk:
    """Iterate over `entries()`; afterwards `problems` lists what could not be read."""

    location: Location
    include_hidden: bool
    problems: list[str] = field(default_factory=list)

    def entries(self) -> Iterator[tuple[str, Info, Reason | None]]:
        """Yield each file as (path below the root, info, rule that excludes it).

        A folder is yielded only where a rule excludes it; then its files are not.
        """
        folders = [self.location.root]
        while folders:
            for info in sorted(self._list(folders.pop()), key=lambda info: str(info["name"])):
                uri = self._relative(str(info["name"]))
                rule = self._rule(uri, info)
                if _is_folder(info) and rule is None:
                    folders.append(str(info["name"]))
                elif uri:
                    yield uri, info, rule

    def _list(self, folder: str) -> list[Info]:
        try:
            return list(self.location.filesystem.ls(folder, detail=True))
        except OSError as error:
            self.problems.append(f"{self._relative(folder) or '.'} could not be listed: {error}")
            return []

    def _relative(self, name: str) -> str:
        return name.strip("/").removeprefix(self.location.root.strip("/")).lstrip("/")

    def _rule(self, uri: str, info: Info) -> Reason | None:
        if not self.include_hidden and uri.rsplit("/", 1)[-1].startswith("."):
            return Reason.HIDDEN
        if not _is_encodable(uri):
            return Reason.BAD_NAME
        if not info.get("islink"):
            # A pipe or a device: reading it could block forever.
            return Reason.SPECIAL_FILE if info["type"] == "other" else None
        if _is_special(info["name"]):
            return Reason.SPECIAL_FILE
        root = os.path.realpath(self.location.root)
        if os.path.commonpath([root, os.path.realpath(info["name"])]) != root:
            return Reason.OUTSIDE_ROOT
        # A linked folder would be listed twice or without end; its files are listed at its target.
        return Reason.LINKED_FOLDER if _is_folder(info) else None


def _is_encodable(uri: str) -> bool:
    """Return False for a name that is not valid UTF-8 on disk: no table could store it."""
    try:
        uri.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


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
