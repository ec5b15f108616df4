"""What is published: LanceDB tables, staging, publish, search, trace."""

from pathlib import Path
from typing import TYPE_CHECKING

from index.lean import defer_rest_client
from schemas.offline import go_offline

if TYPE_CHECKING:
    from index.search import Index

go_offline()
defer_rest_client()


def open(folder: str | Path) -> "Index":
    """The published index in a folder, to be searched: `index.open("data/index").search("…")`.

    Raises `IndexError_` where there is none.
    """
    from index.search import Index

    return Index(Path(folder))
