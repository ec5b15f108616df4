"""Checksums of the index's files, by which damage is found that the store does not notice.

    <index>/checksums.json    a line with the hash of the rest, then a JSON object: size, digest and
                              last version of each file, by its path in the folder

The store writes a file once and never changes it, so a file that differs from its checksum is
damaged. In a folder the digest is the SHA-256. On an object store it is the entity tag, which a
list of all files says with their sizes: an object that was replaced since has another one. Such
tags mean nothing elsewhere, so those of an index that was copied to another place are forgotten.

Checksums are recorded when a run ends; a file that no run has recorded yet, as in an index that an
earlier version of Vouch made, is only compared with what every file of its kind has.
"""

import json
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from vouch.index.store.lance_files import Manifest, TableFiles, is_cut_off, version_of
from vouch.index.store.tables import KEYS
from vouch.schemas.documents.ids import sha256_text
from vouch.schemas.errors import IndexError_
from vouch.storage.at_once import at_once
from vouch.storage.location import Location, StoredFile
from vouch.storage.places import location_of

_FILE = "checksums.json"
_WRITTEN_ONCE = re.compile(
    r"_versions/[^/]+\.manifest|(data|_deletions|_transactions)/[^/]+|_indices/[^/]+/[^/]+"
)
_TAGS = "_refs/tags/"

_INTERNAL = "__"  # begins the names of the store's own indexes, which have no files
_SHA256 = re.compile("[0-9a-f]{64}")
CHANGED = "does not have the content that was written"
_FORBIDDEN = "cannot be read: this user has no right to"


class Recorded(NamedTuple):
    """What is recorded of a file.

    Attributes:
        size: Bytes.
        digest: SHA-256 of its content, or its entity tag; empty where nobody knows.
        version: The newest version of the table that needs the file, of a tag the one that it
            names; 0 where none does, None where Vouch 0.9.0 or before has recorded it.
    """

    size: int
    digest: str
    version: int | None = None


Checksums = dict[str, Recorded]
"""What is recorded, by path."""


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


def record_checksums(place: str | Path | Location, again: Container[str] = ()) -> None:
    """Record the files that have come since, and forget those that were cleaned up.

    A file that is missing although a version needs it is not forgotten. The caller must hold the
    publisher's lock. Where a lease has ended meanwhile, and another run has recorded more, that is
    lost: such files are looked at one by one until a run records them again.

    Args:
        place: The folder of the index.
        again: Tables that were repaired: all their files are recorded as they are now.
    """
    location = location_of(place)
    before = read_checksums(location) or {}
    recorded: Checksums = {}
    for name, files in _list_tables(location).items():
        earlier = {} if name in again else _of_table(before, name)
        recorded |= {
            f"{name}.lance/{path}": entry for path, entry in _entries(files, earlier).items()
        }
    if recorded != before:
        content = json.dumps({"location": location.url, "files": recorded}, indent=0)
        (location / _FILE).write_text(f"{sha256_text(content)}\n{content}")


def read_checksums(location: Location) -> Checksums | None:
    """Return the checksums; None where there are none that can be trusted."""
    try:
        digest, _, text = (location / _FILE).read_text().partition("\n")
        if digest != sha256_text(text):
            return None
        content = json.loads(text)
        files = content.get("files", content)  # Vouch 0.9.0 and before wrote nothing else
        recorded = {path: Recorded(*entry) for path, entry in files.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return None
    if content.get("location") == location.url:
        return recorded
    return {
        path: entry._replace(digest="") if _is_entity_tag(entry.digest) else entry
        for path, entry in recorded.items()
    }


def _list_tables(location: Location) -> dict[str, TableFiles]:
    """Return the files of each table, on an object store by one list."""
    listed: dict[str, dict[str, StoredFile]] = {f"{name}.lance": {} for name in KEYS}
    for file in location.files():
        table, _, path = file.path.partition("/")
        if table in listed:
            listed[table][path] = file
    return {
        name.removesuffix(".lance"): TableFiles(location / name, present)
        for name, present in listed.items()
    }


def _of_table(recorded: Checksums, name: str) -> Checksums:
    prefix = f"{name}.lance/"
    return {
        path.removeprefix(prefix): entry
        for path, entry in recorded.items()
        if path.startswith(prefix)
    }


def _entries(files: TableFiles, earlier: Checksums) -> Checksums:
    """Return what is to be recorded of a table's files."""
    manifests = files.manifests(
        version
        for version, file in files.versions.items()
        if file not in earlier or earlier[file].version is None
    )
    unreadable = {files.versions[version] for version, read in manifests.items() if read is None}
    needed_by = {file: version for version, file in files.versions.items()}
    needed_by |= _newest_versions(manifest for manifest in manifests.values() if manifest)
    present = [
        path for path in files.present if _WRITTEN_ONCE.fullmatch(path) and path not in unreadable
    ]
    new = [path for path in present if not (path in earlier and earlier[path].digest)]
    digests = dict(zip(new, at_once(lambda path: _digest(files, path), new), strict=True))
    entries: Checksums = {}
    for path in present:
        before = earlier.get(path, Recorded(files.present[path].size, ""))
        if digest := before.digest or digests[path]:
            version = needed_by.get(_unit(path)) or before.version or 0
            entries[path] = Recorded(before.size, digest, version)
    absent = [
        path
        for path, entry in earlier.items()
        if path not in files.present and not _is_cleaned_up(path, entry, files)
    ]
    needed = _Needed(files) if absent else None
    kept = {path: earlier[path] for path in absent if needed and needed(path)}
    return entries | kept | _tags(files, earlier)


def _newest_versions(manifests: Iterable[Manifest]) -> dict[str, int]:
    """Return the newest of these versions that needs each file, or the folder of an index."""
    newest: dict[str, int] = {}
    for manifest in sorted(manifests, key=lambda manifest: manifest.version):
        indexes = [f"_indices/{entry}" for entry in manifest.indexes]
        newest |= dict.fromkeys([*manifest.row_files, *indexes], manifest.version)
    return newest


def _unit(path: str) -> str:
    """Return what a version needs as a whole: the folder of an index, or the file."""
    return path.rpartition("/")[0] if path.startswith("_indices/") else path


def _tags(files: TableFiles, earlier: Checksums) -> Checksums:
    """Return what is to be recorded of tags, which may change: those that did are read."""
    changed = [tag for tag, file in files.tags.items() if not _is_proven(files, file, earlier)]
    entries = {file: earlier[file] for tag, file in files.tags.items() if tag not in changed}
    for tag, version in files.tagged_versions(changed).items():
        stored = files.present[files.tags[tag]]
        if version is not None:
            entries[files.tags[tag]] = Recorded(stored.size, stored.version, version)
    return entries


def _is_proven(files: TableFiles, path: str, recorded: Checksums) -> bool:
    """Return whether the list alone proves that a file is as it was recorded."""
    return path in recorded and recorded[path].digest == files.present[path].version


def _digest(files: TableFiles, path: str) -> str:
    """Return a file's digest; empty where it was cleaned up at this moment, or is not readable."""
    stored = files.present[path]
    if not files.location.is_local:
        return stored.version if stored.etag else ""
    try:
        return (files.location / path).sha256()
    except OSError:  # the doctor reports it
        return ""


def find_damage(place: str | Path | Location, *, thorough: bool) -> list[Damage]:
    """Return the files of all tables that are missing or damaged.

    Sizes are compared always, and entity tags where there are: in a folder that takes milliseconds,
    on an object store two requests where nothing is new. `thorough` also reads every file.

    Raises:
        StorageError: An object store fails; what it does not give is not damaged for that.
    """
    location = location_of(place)
    return _damage(location, _list_tables(location), thorough)


def refuse_damaged(place: str | Path | Location, *, thorough: bool = False) -> None:
    """Raise `IndexError_` where files of the index are missing or damaged: see `find_damage`.

    A run that continues would take what is lost for what was never there.
    """
    location = location_of(place)
    tables = _list_tables(location)
    if not any(path.startswith("data/") for files in tables.values() for path in files.present):
        return  # no run has ever begun to write here
    damaged = _damage(location, tables, thorough)
    if damaged:
        more = f" ({len(damaged)} files in all)" if len(damaged) > 1 else ""
        raise IndexError_(
            f"the index in {location} is damaged: {damaged[0]}{more}. Nothing was changed; `vouch "
            "doctor` shows what is damaged, `vouch doctor --repair` repairs it"
        )


def _damage(location: Location, tables: Mapping[str, TableFiles], thorough: bool) -> list[Damage]:
    checksums = read_checksums(location) or {}
    return [
        damage
        for name, files in tables.items()
        for damage in _damage_of_table(name, files, _of_table(checksums, name), thorough)
    ]


def _damage_of_table(
    name: str, files: TableFiles, recorded: Checksums, thorough: bool
) -> Iterator[Damage]:
    closed = files.location.closed_folders()
    if closed:
        yield from (Damage(name, folder, _FORBIDDEN, forbidden=True) for folder in closed)
        return
    if not files.present:
        yield Damage(name, "", "is missing")
        return
    if not files.versions:
        yield Damage(name, "", "has no version left")
        return
    looked_at = [path for path in files.present if _WRITTEN_ONCE.fullmatch(path)]
    looked_at += [path for path in recorded if _WRITTEN_ONCE.fullmatch(path)]
    problems = _problems(files, set(looked_at), recorded, thorough)
    if not thorough and _is_plainly_sound(files, problems, recorded):
        return
    needed = _Needed(files)
    problems |= _problems(files, needed.files - set(looked_at), recorded, thorough)
    for file, problem in sorted(problems.items()):
        if file in files.present or needed(file):
            yield Damage(name, file, problem, forbidden=problem == _FORBIDDEN)
    for version, manifest in needed.manifests.items():
        file = files.versions[version]
        if manifest is None and file not in problems:
            yield Damage(name, file, "cannot be read")
    for tag, tagged in needed.tagged.items():
        if tagged is None:
            yield Damage(name, files.tags[tag], "cannot be read")
        elif tagged not in needed.manifests:
            yield Damage(name, files.tags[tag], f"names version {tagged}, which is gone")


def _is_plainly_sound(files: TableFiles, problems: Mapping[str, str], recorded: Checksums) -> bool:
    """Return whether the list alone proves that nothing is damaged.

    All manifests and tags are as recorded, and so is what they need; what is missing was cleaned up
    with the versions that needed it.
    """
    small = [*files.versions.values(), *files.tags.values()]
    return (
        all(_is_proven(files, path, recorded) for path in small)
        and all(recorded[path].version in files.versions for path in files.tags.values())
        and all(
            path not in files.present and _is_cleaned_up(path, recorded[path], files)
            for path in problems
        )
    )


def _is_cleaned_up(path: str, entry: Recorded, files: TableFiles) -> bool:
    """Return whether a file that is missing was last needed by versions that are gone too.

    Versions are deleted by their age, so that those which are left follow one another.
    """
    oldest = min(files.versions, default=0)
    return path.startswith("_refs/") or (entry.version is not None and entry.version < oldest)


def _problems(
    files: TableFiles, paths: Iterable[str], recorded: Checksums, thorough: bool
) -> dict[str, str]:
    """Return what is wrong with each file that is not as it should be."""
    problems: dict[str, str] = {}
    read: list[tuple[str, str]] = []  # and their digests
    for path in paths:
        stored, entry = files.present.get(path), recorded.get(path)
        if stored is None:
            problems[path] = "is missing"
        elif entry and stored.size != entry.size:
            problems[path] = f"has {stored.size:,} bytes instead of {entry.size:,}"
        elif entry and _is_entity_tag(entry.digest) and entry.digest != stored.version:
            problems[path] = CHANGED
        elif thorough or not (entry and entry.digest):
            read.append((path, entry.digest if entry else ""))
    contents = at_once(lambda item: _problem_of_content(files, *item, thorough), read)
    return problems | {path: it for (path, _), it in zip(read, contents, strict=True) if it}


def _problem_of_content(files: TableFiles, path: str, digest: str, thorough: bool) -> str | None:
    file = files.location / path
    try:
        if not digest and is_cut_off(file, files.present[path].size):
            return "is cut off"
        # What has an entity tag is read too: whether the store can still give it.
        if thorough and file.sha256() != digest and _SHA256.fullmatch(digest):
            return CHANGED
    except FileNotFoundError:
        return "is missing"
    except PermissionError:
        return _FORBIDDEN
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return None


def _is_entity_tag(digest: str) -> bool:
    return bool(digest) and not _SHA256.fullmatch(digest)


class _Needed:
    """Whether a table needs a file: a missing one that it does not need was cleaned up.

    Every version needs its rows. Search indexes can be built again, so only those are needed that
    the newest version has, or the one that was tagged last.
    """

    def __init__(self, files: TableFiles) -> None:
        self.manifests = files.manifests()
        self.tagged = files.tagged_versions()
        self._tagged = {version for version in self.tagged.values() if version}
        readable = [manifest for manifest in self.manifests.values() if manifest]
        self.files = frozenset[str]().union(*(manifest.row_files for manifest in readable))
        self._indexes = {
            entry
            for manifest in self._current(readable)
            for entry, name in manifest.indexes.items()
            if not name.startswith(_INTERNAL)
        }
        self.files |= {f"_indices/{entry}" for entry in self._indexes if not files.has_index(entry)}

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
