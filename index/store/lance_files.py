"""The files of a LanceDB table, and which of them each version of it needs.

    <table>.lance/_versions/<number>.manifest    a version: its fragments, and its indexes
                  data/<name>.lance              rows
                  _deletions/<name>.arrow|bin    rows of a fragment that were deleted
                  _indices/<uuid>/<name>         a search index
                  _transactions/<name>.txn       what a commit changed
                  _refs/tags/<tag>.json          the version that a tag names
                  _refs/branches/<branch>.json   the version that a branch begins with
                  tree/<branch>/                 the same for what was written on a branch

All but tags are written once and never changed. The store reads a manifest only to open a whole
version; here it is read to learn what a damaged file was part of, so that everything else can be
kept. Manifests are messages of Protocol Buffers, whose fields have the numbers of `table.proto` in
the specification of the format; `tests/index/store/test_lance_files.py` compares with the store.
"""

import json
import re
import struct
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from vouch.storage.at_once import at_once
from vouch.storage.location import Location, StoredFile
from vouch.storage.places import location_of

_MANIFEST = re.compile(r"_versions/[^/]+\.manifest")
_TAG = re.compile(r"_refs/tags/[^/]+\.json")
_MAGIC = b"LANC"
_FOOTER = struct.Struct("<QHH4s")  # position of the manifest, version of the format, magic
_LENGTH = struct.Struct("<I")
# Newer versions count down from the greatest number, so that the newest file is listed first.
_COUNTED_DOWN_DIGITS = 20
_GREATEST = 2**64 - 1
_DELETION_ENDINGS = ("arrow", "bin")

Message = Mapping[int, list[int | bytes]]
"""The values of a message by the numbers of their fields."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """Rows that lie in files of their own; `files` are relative to the table's folder.

    `rows` counts deleted rows too. The rows' ids begin with `number`: see `row_ids`.
    """

    number: int
    files: tuple[str, ...]
    rows: int

    @property
    def row_ids(self) -> str:
        """The SQL condition that selects the fragment's rows, and opens no other fragment."""
        low, high = self.number << 32, (self.number + 1) << 32
        return f"(_rowid >= {low} AND _rowid < {high})"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one version of a table consists of; `indexes` are names of indexes by their folders in
    `_indices`.
    """

    version: int
    fragments: tuple[Fragment, ...]
    indexes: Mapping[str, str]

    @property
    def row_files(self) -> frozenset[str]:
        """The files without which rows of this version cannot be read."""
        return frozenset(file for fragment in self.fragments for file in fragment.files)


class TableFiles:
    """The files of one table as they were listed.

    Attributes:
        location: The table's folder.
        present: All files in it, by their paths, those of branches too.
    """

    def __init__(self, location: Location, present: Mapping[str, StoredFile]) -> None:
        self.location = location
        self.present = present

    @classmethod
    def of(cls, place: str | Path | Location) -> "TableFiles":
        """List the files of the table in a folder."""
        location = location_of(place)
        return cls(location, {file.path: file for file in location.files()})

    @property
    def versions(self) -> dict[int, str]:
        """The manifest of each version, by version."""
        files = (path for path in self.present if _MANIFEST.fullmatch(path))
        return {
            version: file
            for file in files
            if (version := version_of(PurePosixPath(file).name)) is not None
        }

    @property
    def tags(self) -> dict[str, str]:
        """The file of each tag, by its name."""
        files = (path for path in self.present if _TAG.fullmatch(path))
        return {PurePosixPath(file).stem: file for file in files}

    def manifests(self, versions: Iterable[int] | None = None) -> dict[int, Manifest | None]:
        """Return the manifests of these versions, or of all; None for one that cannot be read."""
        files = self.versions
        numbers = sorted(files if versions is None else versions)
        return dict(
            zip(numbers, at_once(lambda n: self._manifest(n, files[n]), numbers), strict=True)
        )

    def _manifest(self, version: int, file: str) -> Manifest | None:
        try:
            manifest = read_manifest((self.location / file).read_bytes())
        except (OSError, ValueError):
            return None
        return manifest if manifest.version == version else None

    def tagged_versions(self, tags: Iterable[str] | None = None) -> dict[str, int | None]:
        """Return the version that each of these tags names, or each of all; None for a tag that
        cannot be read.

        Tags of branches are left out: they name versions of their own.
        """
        files = self.tags
        tags = list(files if tags is None else tags)
        contents = at_once(lambda tag: _tag(self.location / files[tag]), tags)
        named = zip(tags, contents, strict=True)
        return {
            tag: content["version"] if content else None
            for tag, content in named
            if not (content and content.get("branch"))
        }

    def has_index(self, entry: str) -> bool:
        """Return whether the folder of a search index has files."""
        return any(path.startswith(f"_indices/{entry}/") for path in self.present)


def _tag(file: Location) -> dict[str, Any] | None:
    try:
        content = json.loads(file.read_bytes())
        return content if isinstance(content["version"], int) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def version_of(manifest: str) -> int | None:
    """Return the version that a manifest's name states; None for a name that states none."""
    digits = manifest.removesuffix(".manifest")
    if not digits.isdecimal():
        return None
    return _GREATEST - int(digits) if len(digits) == _COUNTED_DOWN_DIGITS else int(digits)


def read_manifest(data: bytes) -> Manifest:
    """Return the version that a manifest says. Raises `ValueError` where it is damaged, or none."""
    try:
        position, _, _, magic = _FOOTER.unpack_from(data, len(data) - _FOOTER.size)
        if magic != _MAGIC:
            raise ValueError("it does not end as a manifest does")
        manifest = _section(data, position)
        indexes = _section(data, _number(manifest, 6)) if 6 in manifest else {}
        return Manifest(
            _number(manifest, 3),
            tuple(_fragment(_message(part)) for part in _parts(manifest, 2)),
            dict(_index(_message(part)) for part in _parts(indexes, 1)),
        )
    except (struct.error, IndexError, KeyError, UnicodeDecodeError) as error:
        raise ValueError(f"the manifest is damaged: {error}") from error


def _fragment(message: Message) -> Fragment:
    number = _number(message, 1)
    files = [f"data/{_text(_message(file), 1)}" for file in _parts(message, 2)]
    for deletion in map(_message, _parts(message, 3)):
        ending = _DELETION_ENDINGS[_number(deletion, 1)]
        name = f"{number}-{_number(deletion, 2)}-{_number(deletion, 3)}.{ending}"
        files.append(f"_deletions/{name}")
    return Fragment(number, tuple(files), _number(message, 4))


def _index(message: Message) -> tuple[str, str]:
    """Return an index's folder and name."""
    (identity,) = _parts(message, 1)
    (value,) = _parts(_message(identity), 1)
    return str(uuid.UUID(bytes=value)), _text(message, 3)


def _section(data: bytes, position: int) -> Message:
    """Return the message at this position of a file, where its length comes first."""
    start = position + _LENGTH.size
    (length,) = _LENGTH.unpack_from(data, position)
    if start + length > len(data):
        raise ValueError("a part of the manifest ends behind it")
    return _message(data[start : start + length])


def _message(data: bytes) -> Message:
    fields: dict[int, list[int | bytes]] = {}
    for number, value in _fields(data):
        fields.setdefault(number, []).append(value)
    return fields


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    place = 0
    while place < len(data):
        key, place = _varint(data, place)
        kind = key & 7
        if kind == 0:
            value, place = _varint(data, place)
            yield key >> 3, value
            continue
        if kind == 2:
            length, place = _varint(data, place)
        elif kind in (1, 5):
            length = 8 if kind == 1 else 4
        else:
            raise ValueError(f"a field has the unknown type {kind}")
        if place + length > len(data):
            raise ValueError("a field ends behind its message")
        yield key >> 3, data[place : place + length]
        place += length


def _varint(data: bytes, place: int) -> tuple[int, int]:
    """Return a number of seven bits a byte, and the place behind it."""
    value = shift = 0
    while True:
        byte = data[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place


def _number(message: Message, field: int) -> int:
    """Return a number; one that is not written is 0."""
    (value,) = message.get(field, [0])
    if not isinstance(value, int):
        raise ValueError(f"field {field} is no number")
    return value


def _parts(message: Message, field: int) -> list[bytes]:
    values = message.get(field, [])
    parts = [value for value in values if isinstance(value, bytes)]
    if len(parts) != len(values):
        raise ValueError(f"field {field} is a number")
    return parts


def _text(message: Message, field: int) -> str:
    (value,) = _parts(message, field)
    return value.decode()


def is_cut_off(file: Location, size: int) -> bool:
    """Return whether a file of this size lacks the end that every file of its kind has.

    Files of rows and of indexes end as the store's format says, those of deletions as Arrow's.
    """
    endings = {".lance": b"LANC", ".idx": b"LANC", ".manifest": b"LANC", ".arrow": b"ARROW1"}
    expected = endings.get(PurePosixPath(file.name).suffix)
    if expected is None:
        return size == 0
    return file.read_range(max(0, size - len(expected)), size) != expected
