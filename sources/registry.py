"""Opens a source by its settings.

The code for tables is imported for tables only: SQLAlchemy alone takes a quarter of a second.
"""

from pathlib import Path

from vouch.schemas.errors import SourceRefused
from vouch.schemas.settings.sources import FilesSource, SourceSettings
from vouch.sources.base import Source
from vouch.sources.files.files import Files
from vouch.sources.files.folder import check
from vouch.sources.limited_source import LimitedSource
from vouch.sources.time_limits import OutOfTime, within

CHECK_TIMEOUT_S = 60.0
"""How long a storage may take to say whether a folder exists."""


def open_source(
    settings: SourceSettings, folder: Path, since: str | None = None, attempts: int = 1
) -> Source:
    """Open a source; relative paths are resolved against `folder`, where vouch.yaml is.

    `since` is the greatest indexed value of a table's cursor: rows before it are not listed. A
    fetch that fails with a transient error is attempted up to `attempts` times.
    """
    return LimitedSource(_open(settings, folder, since), settings, attempts)


def _open(settings: SourceSettings, folder: Path, since: str | None) -> Source:
    if isinstance(settings, FilesSource):
        return Files(settings, folder)
    from vouch.sources.tables.table import Table

    return Table(settings, folder, since)


def check_source(settings: SourceSettings, folder: Path) -> None:
    """Raise `SourceRefused` for what is wrong before anything is listed.

    That is a folder, a driver or an environment variable that does not exist, or a storage that
    does not answer.
    """
    try:
        within(CHECK_TIMEOUT_S, lambda: _check(settings, folder))
    except OutOfTime:
        raise SourceRefused(
            f"source {settings.name}: {settings.place} did not answer within "
            f"{CHECK_TIMEOUT_S:g} s; see whether its storage can be reached"
        ) from None


def _check(settings: SourceSettings, folder: Path) -> None:
    if isinstance(settings, FilesSource):
        check(settings, folder)
    else:
        from vouch.sources.tables.table import Table

        Table(settings, folder).check()
