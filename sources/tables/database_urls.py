"""URLs of databases: filled in from the environment, and kept out of whatever is written down."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, quote_plus

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InterfaceError,
    OperationalError,
    SQLAlchemyError,
)

from vouch.schemas.environment import fill, without
from vouch.schemas.errors import SettingsError, SourceError, SourceRefused, SourceUnavailable
from vouch.schemas.table_source import TableSource, without_secrets

_SHORT = 4  # options of fewer characters are no secrets, and stand everywhere


class DatabaseUrl:
    """The URL of a table's settings, with its secrets. `masked` takes them out of a message."""

    def __init__(self, settings: TableSource, folder: Path) -> None:
        self._name = settings.name
        self._secrets: set[str] = set()
        text = self._filled(settings.url or "")
        self._secrets.add(text)
        try:
            self.url = make_url(text)
        except (ArgumentError, ValueError):
            raise SourceRefused(
                f"source {self._name}: its url is none that SQLAlchemy reads; correct it"
            ) from None
        self._keep(self.url)
        self.url = self._beside(folder)
        self.place = without_secrets(text)

    def _filled(self, text: str) -> str:
        """`${NAME}` from the environment. Raises `SourceRefused` naming what is not set."""
        try:
            filled, found = fill(text)
        except SettingsError as error:
            raise SourceRefused(
                f"source {self._name}: its url cannot be filled in: {error}"
            ) from None
        self._secrets |= found
        return filled

    def _keep(self, url: URL) -> None:
        options = [
            one
            for value in url.query.values()
            for one in ([value] if isinstance(value, str) else value)
        ]
        self._secrets |= {one for one in options if len(one) >= _SHORT}
        if url.password:
            password = str(url.password)
            self._secrets |= {
                password,
                quote(password, safe=""),
                quote(password, safe=" +"),
                quote_plus(password),
            }

    def _beside(self, folder: Path) -> URL:
        """A relative SQLite file counts from the folder of vouch.yaml; one that is not there is not made."""
        file = self.url.database
        if (
            "sqlite" not in self.url.drivername
            or not file
            or file == ":memory:"
            or file.startswith("file:")
        ):
            return self.url
        path = folder / Path(file).expanduser()
        if not path.is_file():
            raise SourceRefused(
                f"source {self._name}: there is no database {path}; correct its url"
            )
        return self.url.set(database=str(path))

    def masked(self, error: object) -> str:
        """A message without password, options or what came from the environment."""
        return " ".join(without(str(error), self._secrets - {""}).split())[:500]

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Turn what a database says into a `SourceError`. The cause is left behind: it may hold the URL."""
        try:
            yield
        except SourceError:
            raise
        except DBAPIError as error:
            kind = SourceUnavailable if _may_pass(error) else SourceRefused
            raise kind(
                f"source {self._name}: {self.place} cannot be read: {self.masked(error.orig)}"
            ) from None
        except (SQLAlchemyError, ImportError, ValueError) as error:
            raise SourceRefused(
                f"source {self._name}: {self.place} cannot be read: {self.masked(error)}"
            ) from None


def _may_pass(error: DBAPIError) -> bool:
    """A connection that broke, a lock; SQLite says operational also of a table that is not there."""
    if isinstance(error.orig, sqlite3.OperationalError):
        return "locked" in str(error.orig) or "busy" in str(error.orig)
    return isinstance(error, OperationalError | InterfaceError)
