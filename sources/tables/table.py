"""Rows of a table as documents, each rendered by a text template."""

import threading
from functools import cached_property
from pathlib import Path

from vouch.schemas.documents.ids import sha256_bytes
from vouch.schemas.documents.records import Fetched, Listing
from vouch.schemas.errors import SourceRefused
from vouch.schemas.settings.table_source import TableSource
from vouch.sources.tables.adbc_reader import PREFIX, AdbcReader
from vouch.sources.tables.file_reader import FilesReader
from vouch.sources.tables.reader import TableReader
from vouch.sources.tables.renderer import MEDIA_TYPE, Renderer
from vouch.sources.tables.row_collector import RowCollector
from vouch.sources.tables.spool import Spool
from vouch.sources.tables.sql_reader import SqlReader
from vouch.sources.tables.values import canonical_row
from vouch.sources.time_limits import Deadline


class Table:
    """A `Source` over the rows of a table. What is fetched is what was listed.

    `since` is a value of the cursor's column: rows before it are not listed.
    """

    def __init__(self, settings: TableSource, folder: Path, since: str | None = None) -> None:
        self._settings = settings
        self._folder = folder
        self._since = since
        self._lock = threading.Lock()
        self._spool: Spool | None = None
        self._columns: set[str] = set()

    @property
    def name(self) -> str:
        return self._settings.name

    @property
    def media_type(self) -> str | None:
        return MEDIA_TYPE

    @cached_property
    def _renderer(self) -> Renderer:
        return Renderer(self._settings)

    def check(self) -> None:
        """Raise `SourceRefused` for what is wrong, as far as that shows without reading rows."""
        _open_reader(self._settings, self._folder, None).check()

    def list(self) -> Listing:
        with self._lock:
            return self._list()

    def fetch(self, uri: str) -> Fetched:
        with self._lock:
            # A replay fetches single rows without listing first.
            if self._spool is None:
                self._list()
            spool = self._spool
        if spool is None or uri not in spool:
            raise SourceRefused(
                f"{uri} of source {self.name} is not in the table, or its key is not unique"
            )
        return Fetched(self._renderer.render(uri, spool.read(uri), self._columns))

    def _list(self) -> Listing:
        reader = _open_reader(self._settings, self._folder, self._since)
        spool = Spool()
        collector = RowCollector(self._settings, spool)
        limits = _Limits(self._settings)
        for row in reader.rows():
            try:
                data = canonical_row(row.values)
            except (ValueError, RecursionError) as error:
                place = row.file or "the result"
                reader.problems.append(f"{place}, row {row.number}: {error}")
                continue
            if problem := limits.exceeded_by(len(data)):
                reader.problems.append(problem)
                break
            collector.add(row, data, sha256_bytes(data))
        self._spool, self._columns = spool, reader.columns
        problems = (*reader.problems, *collector.problems())
        return Listing(
            self.name,
            collector.items,
            (*reader.filtered, *collector.filtered),
            complete=not problems and reader.since is None,
            problems=problems,
            since=reader.since,
        )


class _Limits:
    """What a listing of rows may take: time, number and bytes."""

    def __init__(self, settings: TableSource) -> None:
        self._settings = settings
        self._deadline = Deadline(settings.list_timeout_s)
        self._rows = 0
        self._bytes = 0

    def exceeded_by(self, size: int) -> str:
        """Count a row of this size; return what is exceeded, "" where nothing is."""
        settings = self._settings
        self._rows += 1
        self._bytes += size
        if self._rows > settings.max_rows:
            return f"only the first {settings.max_rows:,} rows were read (max_rows)"
        if self._bytes > settings.max_rows_mb * 1_000_000:
            return f"only the first {settings.max_rows_mb:g} MB of rows were read (max_rows_mb)"
        if not self._deadline.left:
            return f"only what {settings.list_timeout_s:g} s allow was read (list_timeout_s)"
        return ""


def _open_reader(settings: TableSource, folder: Path, since: str | None) -> TableReader:
    """Return the reader for a path, an ADBC URL or a SQLAlchemy URL."""
    if settings.url is None:
        return FilesReader(settings, folder, since)
    if settings.url.startswith(PREFIX):
        return AdbcReader(settings, folder, since)
    return SqlReader(settings, folder, since)
