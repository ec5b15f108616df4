"""Vouch's public Python API, and the command line. Importing it changes nothing in the process that imports it."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vouch.index.search.search import Index


def open(folder: str | Path) -> "Index":
    """Open the published index in a folder, to search it: `vouch.open("data/index").search("…")`.

    Raises `IndexError_` where there is none.
    """
    from vouch.index.search.search import Index

    return Index(Path(folder))
