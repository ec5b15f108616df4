"""Try to read rows in a process of its own: damaged files can make the store end its process.

The location, which may hold keys, the table and the fragment come by the standard input.
"""

import pickle
import subprocess
import sys

from vouch.index.store.lance_files import Fragment
from vouch.index.store.tables import open_table
from vouch.schemas.errors import StorageError
from vouch.storage.location import Location

_BATCH_ROWS = 1024
_SLOWEST_ROWS_S = 500  # rows a second that even a slow disk gives
_START_S = 60


def can_be_read(location: Location, table: str, fragment: Fragment) -> bool:
    """Return whether every value of the fragment's rows can be read.

    Raises `StorageError` where the storage fails, which says nothing about the rows.
    """
    limit = _START_S + fragment.rows / _SLOWEST_ROWS_S
    try:
        ended = subprocess.run(
            [sys.executable, "-m", __name__],
            check=False,
            timeout=limit,
            input=pickle.dumps((location, table, fragment)),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    except (subprocess.SubprocessError, OSError):
        return False
    if ended.returncode == StorageError.exit_code:
        raise StorageError(
            f"{location} could not be read; look at its server and the network, and repair again"
        )
    return ended.returncode == 0


def _read(location: Location, name: str, fragment: Fragment) -> None:
    table = open_table(location, name)
    for start in range(0, fragment.rows, _BATCH_ROWS):
        ids = range(start, min(start + _BATCH_ROWS, fragment.rows))
        taken = table.take_row_ids([(fragment.number << 32) + number for number in ids])
        taken.select(table.schema.names).to_arrow().validate(full=True)


if __name__ == "__main__":
    try:
        _read(*pickle.load(sys.stdin.buffer))
    except StorageError:
        sys.exit(StorageError.exit_code)
