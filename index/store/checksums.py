"""Checksums of the index's files, by which damage is found that the store does not notice.

    <index>/checksums.json    a line with the hash of the rest, then a JSON object: size and SHA-256
                              of each file, by its path in the folder

The store writes a file once and never changes it, so a file that differs from its checksum is
damaged. Checksums are recorded when a run ends; a file that no run has recorded yet, as in an
index that an earlier version of Vouch made, is only compared with what every file of its kind has.
"""

import hashlib
import json
import os
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from vouch.index.store.lance_files import (
    Manifest,
    is_cut_off,
    read_manifests,
    tagged_versions,
    version_files,
    version_of,
)
from vouch.index.store.tables import KEYS, has_rows
from vouch.schemas.errors import IndexError_
from vouch.schemas.ids import sha256_text

_FILE = "checksums.json"
_KINDS = ("_versions/*.manifest", "data/*", "_deletions/*", "_indices/*/*", "_transactions/*")

_INTERNAL = "__"  # begins the names of the store's own indexes, which have no files
CHANGED = "does not have the content that was written"
_FORBIDDEN = "cannot be read: this user has no right to"

Checksums = dict[str, tuple[int, str]]
"""Size and SHA-256 by path."""


@dataclass(frozen=True, slots=True)
class Damage:
    """A file of a table that is not what was written; `file` is relative to the table's folder.

    An empty `file` is the table itself. One that is `forbidden` may be sound: this user may not
    read it.
    """

    table: str
    file: str
    problem: str
    forbidden: bool = False

    def __str__(self) -> str:
        return f"{self.table}.lance{'/' if self.file else ''}{self.file} {self.problem}"


def record_checksums(folder: Path, again: Container[str] = ()) -> None:
    """Record the files that have come since, and forget those that were cleaned up.

    A file that is missing although a version needs it is not forgotten. The caller must hold the
    publisher's lock.

    Args:
        folder: The folder of the index.
        again: Tables that were repaired: all their files are recorded as they are now.
    """
    recorded: Checksums = {}
    before = read_checksums(folder) or {}
    for name in KEYS:
        table = folder / f"{name}.lance"
        checksums = {} if name in again else before
        for file in _files(table):
            key = file.relative_to(folder).as_posix()
            try:
                recorded[key] = checksums.get(key) or (file.stat().st_size, sha256_file(file))
            except OSError:  # cleaned up at this moment, or not readable: the doctor reports that
                continue
        needed = _Needed(table)
        prefix = f"{name}.lance/"
        recorded |= {
            key: entry
            for key, entry in checksums.items()
            if key.startswith(prefix) and key not in recorded and needed(key.removeprefix(prefix))
        }
    if recorded != before:
        _write(folder, recorded)


def read_checksums(folder: Path) -> Checksums | None:
    """Return the checksums; None where there are none that can be trusted."""
    try:
        digest, _, text = (folder / _FILE).read_text("utf-8").partition("\n")
        if digest != sha256_text(text):
            return None
        return {key: (int(size), str(digest)) for key, (size, digest) in json.loads(text).items()}
    except (OSError, ValueError):
        return None


def _write(folder: Path, checksums: Checksums) -> None:
    text = json.dumps(checksums, indent=0, sort_keys=True)
    temporary = folder / f"{_FILE}.tmp"
    temporary.write_text(f"{sha256_text(text)}\n{text}", "utf-8")
    temporary.replace(folder / _FILE)


def find_damage(folder: Path, *, thorough: bool) -> list[Damage]:
    """Return the files of all tables that are missing or damaged.

    Sizes are compared always, which takes milliseconds; `thorough` also reads every file.
    """
    checksums = read_checksums(folder) or {}
    return [
        damage for name in KEYS for damage in _damage_of_table(folder, name, checksums, thorough)
    ]


def refuse_damaged(folder: Path, *, thorough: bool = False) -> None:
    """Raise `IndexError_` where files of the index are missing or damaged: see `find_damage`.

    A run that continues would take what is lost for what was never there.
    """
    damaged = find_damage(folder, thorough=thorough) if has_rows(folder) else []
    if damaged:
        more = f" ({len(damaged)} files in all)" if len(damaged) > 1 else ""
        raise IndexError_(
            f"the index in {folder} is damaged: {damaged[0]}{more}. Nothing was changed; `vouch "
            "doctor` shows what is damaged, `vouch doctor --repair` repairs it"
        )


def _damage_of_table(
    folder: Path, name: str, checksums: Checksums, thorough: bool
) -> Iterator[Damage]:
    table, prefix = folder / f"{name}.lance", f"{name}.lance/"
    if not table.is_dir():
        yield Damage(name, "", "is missing")
        return
    closed = [entry for entry in _folders(table) if not os.access(entry, os.R_OK | os.X_OK)]
    for entry in closed:
        yield Damage(
            name,
            entry.relative_to(folder).as_posix().removeprefix(prefix),
            _FORBIDDEN,
            forbidden=True,
        )
    if closed:
        return
    needed = _Needed(table)
    if not needed.manifests:
        yield Damage(name, "", "has no version left")
        return
    recorded = {
        key.removeprefix(prefix): entry
        for key, entry in checksums.items()
        if key.startswith(prefix)
    }
    present = {file.relative_to(table).as_posix() for file in _files(table)}
    for file in sorted(present | needed.files | recorded.keys()):
        problem = _problem(table / file, recorded.get(file), thorough)
        if problem and (file in present or needed(file)):
            yield Damage(name, file, problem, forbidden=problem == _FORBIDDEN)
    for version, manifest in needed.manifests.items():
        file = version_files(table)[version].relative_to(table).as_posix()
        if manifest is None and _problem(table / file, recorded.get(file), thorough) is None:
            yield Damage(name, file, "cannot be read")
    for tag, tagged in tagged_versions(table).items():
        if tagged is None:
            yield Damage(name, f"_refs/tags/{tag}.json", "cannot be read")
        elif tagged not in needed.manifests:
            yield Damage(name, f"_refs/tags/{tag}.json", f"names version {tagged}, which is gone")


def _problem(file: Path, recorded: tuple[int, str] | None, thorough: bool) -> str | None:
    """Return what is wrong with a file; None where nothing is."""
    try:
        size = file.stat().st_size
        if recorded is not None:
            if size != recorded[0]:
                return f"has {size:,} bytes instead of {recorded[0]:,}"
            if thorough and sha256_file(file) != recorded[1]:
                return CHANGED
        elif is_cut_off(file):
            return "is cut off"
    except FileNotFoundError:
        return "is missing"
    except PermissionError:
        return _FORBIDDEN
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return None


class _Needed:
    """Whether a table needs a file: a missing one that it does not need was cleaned up.

    Every version needs its rows. Search indexes can be built again, so only those are needed that
    the newest version has, or the one that was tagged last.
    """

    def __init__(self, table: Path) -> None:
        self.manifests = read_manifests(table)
        self._tagged = {version for version in tagged_versions(table).values() if version}
        readable = [manifest for manifest in self.manifests.values() if manifest]
        self.files = frozenset[str]().union(*(manifest.row_files for manifest in readable))
        self._indexes = {
            entry
            for manifest in self._current(readable)
            for entry, name in manifest.indexes.items()
            if not name.startswith(_INTERNAL)
        }
        self.files |= {
            f"_indices/{entry}"
            for entry in self._indexes
            if not (table / "_indices" / entry).is_dir()
        }

    def __call__(self, file: str) -> bool:
        kind, _, name = file.partition("/")
        if kind == "_versions":
            version = version_of(name) or 0
            return version in self._tagged or version > max(self.manifests, default=0)
        if kind == "_indices":
            return name.split("/")[0] in self._indexes
        return file in self.files

    def _current(self, readable: Iterable[Manifest]) -> list[Manifest]:
        current = {max(self.manifests, default=0), max(self._tagged, default=0)}
        return [manifest for manifest in readable if manifest.version in current]


def _folders(table: Path) -> list[Path]:
    """Return the table's folder and, where it can be looked into, those in it."""
    inside = os.access(table, os.R_OK | os.X_OK)
    return [table, *(entry for entry in table.iterdir() if entry.is_dir())] if inside else [table]


def _files(table: Path) -> Iterator[Path]:
    """Yield the files of a table that are never changed once they are written."""
    return (file for kind in _KINDS for file in table.glob(kind) if file.is_file())


def sha256_file(file: Path) -> str:
    """Return the hash of a file's content."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
