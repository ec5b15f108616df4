"""A private copy of the published tables, in which a candidate is published to be looked at.

The files of a table are written once and never changed, so those of the newest versions are linked
where copy and index are in one file system, and copied where they are not, or the index is in a
bucket. Nothing is written where the index is, and the copy stays whole whatever is deleted there.

The store's own shallow clones, and branches, would do without files. But what a clone's indexes are
merged into is looked for in the index (Lance 13.0.0), and a branch is written into the index.
"""

import os
import shutil
from pathlib import Path, PurePosixPath

from lancedb.table import Table

from vouch.index.store.lance_files import Manifest, TableFiles
from vouch.index.store.tables import KEYS, Tables
from vouch.schemas.errors import IndexError_
from vouch.storage.at_once import at_once
from vouch.storage.location import Location
from vouch.storage.places import location_of


def copy_privately(tables: Tables, folder: Path) -> Tables:
    """Copy the tables, at the versions of their handles, into a folder of this machine.

    The copy has the same version numbers, and neither tags nor older versions. Raises `IndexError_`
    where a file is missing or damaged.
    """
    for name in KEYS:
        _copy(getattr(tables, name), tables.location / f"{name}.lance", folder / f"{name}.lance")
    return Tables.open(folder)


def _copy(table: Table, source: Location, target: Path) -> None:
    files, version = TableFiles.of(source), table.version
    manifest = files.manifests([version])[version] if version in files.versions else None
    if manifest is None:
        raise _missing(source, f"version {version}")
    needed = {files.versions[version], *manifest.row_files}
    needed |= {path for path in files.present if _is_of_index(manifest, path)}
    for folder in {(target / path).parent for path in needed}:
        folder.mkdir(parents=True, exist_ok=True)

    def copy(path: str) -> None:
        try:
            _link_or_copy(source / path, target / path)
        except FileNotFoundError as error:
            raise _missing(source, path) from error

    at_once(copy, sorted(needed))


def _is_of_index(manifest: Manifest, path: str) -> bool:
    parts = PurePosixPath(path).parts
    return len(parts) > 2 and parts[0] == "_indices" and parts[1] in manifest.indexes


def _link_or_copy(source: Location, target: Path) -> None:
    if not source.is_local:
        with source.open() as content:
            location_of(target).write_from(content)
        return
    try:
        os.link(source.local_path, target)
    except FileNotFoundError:
        raise
    except OSError:  # another file system, one without links, or a file of another user
        shutil.copyfile(source.local_path, target)


def _missing(source: Location, part: str) -> IndexError_:
    return IndexError_(
        f"{part} of {source} is missing; `vouch doctor` shows what is damaged. Where nothing is, a "
        "run has published just now and deleted what it replaced: try again"
    )
