"""A `vouch worker` that stops in the middle of a shard, as slow or dead machines do.

It waits before it embeds the first shard that nobody has waited with, for as long as the file that
VOUCH_TEST_HOLD names is there, and notes its process id in `<file>.waiting`.
"""

import os
import secrets
import time
from contextlib import suppress
from pathlib import Path

from vouch.schemas.boundary import Boundary, Side, install


def _hold(boundary: Boundary, side: Side) -> None:
    file = Path(os.environ["VOUCH_TEST_HOLD"])
    if boundary is not Boundary.EMBED or side is not Side.BEFORE or not file.exists():
        return
    note = file.with_suffix(".waiting")
    mine = f"{os.getpid()} {secrets.token_hex(4)}"
    try:
        with note.open("x") as waiting:
            waiting.write(mine)
    except FileExistsError:
        return  # another worker waits already
    # The next test may have made the file again since this worker has looked: then the note that it
    # waits is gone, or another worker's.
    with suppress(FileNotFoundError):
        while file.exists() and note.read_text() == mine:
            time.sleep(0.1)


if __name__ == "__main__":
    from vouch.cli import main

    with install(_hold):
        main()
