"""Opens a source by its settings. What tables need is imported for a table: SQLAlchemy alone takes a quarter of a second."""

from pathlib import Path

from vouch.schemas.settings import FilesSource, SourceSettings
from vouch.sources.base import Source
from vouch.sources.files.files import Files
from vouch.sources.files.location import locate


def open_source(settings: SourceSettings, folder: Path, since: str | None = None) -> Source:
    """The source that `settings` describes; relative paths count from `folder`, where vouch.yaml lies.

    `since` is the newest value of the cursor that the index holds of a table that has one: rows before it are not listed.
    """
    if isinstance(settings, FilesSource):
        return Files(settings, folder)
    from vouch.sources.tables.table import Table

    return Table(settings, folder, since)


def check_source(settings: SourceSettings, folder: Path) -> None:
    """Raise `SourceRefused` for what is wrong before anything is listed: no such folder, no such driver, no such variable."""
    if isinstance(settings, FilesSource):
        locate(settings, folder)
    else:
        from vouch.sources.tables.table import Table

        Table(settings, folder).check()
