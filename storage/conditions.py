"""Whether a store keeps the conditions of writes, on which leases and markers rest."""

from contextlib import suppress
from secrets import token_hex

from vouch.schemas.errors import StorageError
from vouch.storage.location import Location


def keeps_conditions(place: Location) -> bool:
    """Return whether an object store refuses to create an object twice, and to replace one that was
    replaced since. True also where this user may not write there, and so cannot ask.

    Raises `StorageError` where the store says that it knows no conditions, or fails.
    """
    probe = place / f".probe-{token_hex(8)}"
    try:
        probe.write_bytes(b"first")
    except StorageError:
        return True
    try:
        _, version = probe.read_versioned()
        if probe.create(b"second"):
            return False
        probe.replace(b"third", version)
        return probe.replace(b"fourth", version) is None
    finally:
        with suppress(StorageError):
            probe.delete()
