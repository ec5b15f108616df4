"""Opens a source by its settings.

The code for tables is imported for tables only: SQLAlchemy alone takes a quarter of a second.
"""

from pathlib import Path

from vouch.schemas.settings import FilesSource, SourceSettings
from vouch.sources.base import Source
from vouch.sources.files.files import Files
from vouch.sources.files.location import locate


def open_source(settings: SourceSettings, folder: Path, since: str | None = None) -> Source:
    """Open a source; relative paths are resolved against `folder`, where vouch.yaml is.

    `since` is the greatest indexed value of a table's cursor: rows before it are not listed.
    """
    if isinstance(settings, FilesSource):
        return Files(settings, folder)
    from vouch.sources.tables.table import Table

    return Table(settings, folder, since)


def check_source(settings: SourceSettings, folder: Path) -> None:
    """Raise `SourceRefused` for what is wrong before anything is listed.

    That is a folder, a driver or an environment variable that does not exist.
    """
    if isinstance(settings, FilesSource):
        locate(settings, folder)
    else:
        from vouch.sources.tables.table import Table

        Table(settings, folder).check()
