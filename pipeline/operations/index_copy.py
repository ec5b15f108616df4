"""Copies an index to another folder or bucket: the way from one machine to an object store."""

from pathlib import Path

from vouch.index.shadows.shadow import FOLDER
from vouch.index.store.checksums import record_checksums, refuse_damaged
from vouch.index.store.tables import Tables
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.pipeline.operations.operation_record import locks_of
from vouch.pipeline.shadows.update import KIND
from vouch.schemas.errors import SettingsError
from vouch.storage.at_once import at_once
from vouch.storage.location import Location, StoredFile

_TABLE = ".lance"
_CHECKSUMS = "checksums.json"


def copy_index(file: SettingsFile, target: str) -> tuple[Location, int, int]:
    """Copy the index, with its history and shadows; return where it is now, its files, and their
    bytes.

    A table's files name one another by paths within its folder, so they mean the same elsewhere.
    Nothing is published meanwhile. A relative path counts from the current folder. Raises
    `SettingsError` where something is there already, `IndexError_` where the index is damaged.
    """
    source, place = file.index_location, file.location(target, Path.cwd())
    if next(place.files(), None) is not None:
        raise SettingsError(
            f"{place} is not empty; name an empty place, or delete what an interrupted copy has "
            "left there"
        )
    Tables.open(source)
    locks = locks_of(file)
    with locks.kind(KIND, file.settings.run.publisher_wait_s), locks.publisher():
        refuse_damaged(source, thorough=True)
        # Neither locks nor leases: they belong to the place.
        copied = [
            stored
            for stored in source.files()
            if stored.path.partition("/")[0].endswith((_TABLE, FOLDER)) or stored.path == _CHECKSUMS
        ]

        def copy(stored: StoredFile) -> None:
            with (source / stored.path).open() as content:
                (place / stored.path).write_from(content)

        at_once(copy, copied)
    record_checksums(place)
    refuse_damaged(place, thorough=True)
    return place, len(copied), sum(stored.size for stored in copied)
