"""What readers of databases have in common, whichever driver reads."""

from pathlib import Path

from vouch.schemas.records import Filtered
from vouch.schemas.table_source import TableSource
from vouch.sources.tables.database_urls import DatabaseUrl


class DatabaseReader:
    """What a `TableReader` tells of how it went; only rows at or past `since` are read, where the table has a cursor."""

    def __init__(self, settings: TableSource, folder: Path, since: str | None) -> None:
        self.problems: list[str] = []
        self.filtered: list[Filtered] = []
        self.columns: set[str] = set()
        self.since = since if settings.cursor else None
        self._settings = settings
        self._url = DatabaseUrl(settings, folder)
