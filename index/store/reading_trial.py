"""Try to read rows in a process of its own: damaged files can make the store end its process.

python -m vouch.index.store.reading_trial <index> <table> <fragment> <rows>
"""

import subprocess
import sys
from pathlib import Path

import lancedb

from vouch.index.store.lance_files import Fragment

_BATCH_ROWS = 1024
_SLOWEST_ROWS_S = 500  # rows a second that even a slow disk gives
_START_S = 60


def can_be_read(folder: Path, table: str, fragment: Fragment) -> bool:
    """Return whether every value of the fragment's rows can be read."""
    command = [
        sys.executable,
        "-m",
        __name__,
        str(folder),
        table,
        str(fragment.number),
        str(fragment.rows),
    ]
    limit = _START_S + fragment.rows / _SLOWEST_ROWS_S
    try:
        subprocess.run(
            command,
            check=True,
            timeout=limit,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    except (subprocess.SubprocessError, OSError):
        return False
    return True


def _read(folder: str, name: str, fragment: int, rows: int) -> None:
    table = lancedb.connect(folder).open_table(name)
    for start in range(0, rows, _BATCH_ROWS):
        ids = range(start, min(start + _BATCH_ROWS, rows))
        taken = table.take_row_ids([(fragment << 32) + number for number in ids])
        taken.select(table.schema.names).to_arrow().validate(full=True)


if __name__ == "__main__":
    _read(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
