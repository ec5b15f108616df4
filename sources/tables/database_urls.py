"""Database URLs: secrets are filled in, and masked in every message."""

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

from vouch.schemas.errors import SettingsError, SourceError, SourceRefused, SourceUnavailable
from vouch.schemas.process.environment import interpolate, mask
from vouch.schemas.settings.table_source import TableSource, without_secrets

# Shorter options are not secrets, and masking them would garble messages.
_MIN_MASKED = 4
_MAX_MESSAGE = 500  # characters


class DatabaseUrl:
    """The URL of a table source with its secrets.

    `url` is the complete URL, `place` one for display.
    """

    def __init__(self, settings: TableSource, folder: Path) -> None:
        self._name = settings.name
        try:
            text, self._secrets = interpolate(settings.url or "")
        except SettingsError as error:
            raise SourceRefused(
                f"source {self._name}: its url cannot be completed: {error}"
            ) from None
        self._secrets.add(text)
        try:
            url = make_url(text)
        except (ArgumentError, ValueError):
            # The cause is dropped, because it contains the URL.
            raise SourceRefused(
                f"source {self._name}: its url is not one that SQLAlchemy can read; correct it"
            ) from None
        self._add_secrets(url)
        self.url = self._resolve_file(url, folder)
        self.place = without_secrets(text)

    def _add_secrets(self, url: URL) -> None:
        for value in url.query.values():
            options = [value] if isinstance(value, str) else value
            self._secrets |= {option for option in options if len(option) >= _MIN_MASKED}
        if url.password:
            password = str(url.password)
            # Drivers report the password as they encode it.
            self._secrets |= {
                password,
                quote(password, safe=""),
                quote(password, safe=" +"),
                quote_plus(password),
            }

    def _resolve_file(self, url: URL, folder: Path) -> URL:
        """Resolve a relative SQLite file against the folder of vouch.yaml.

        Raises `SourceRefused` for a file that does not exist, which SQLite would create.
        """
        file = url.database
        is_file = file and file != ":memory:" and not file.startswith("file:")
        if "sqlite" not in url.drivername or not is_file:
            return url
        path = folder / Path(str(file)).expanduser()
        if not path.is_file():
            raise SourceRefused(
                f"source {self._name}: there is no database {path}; correct its url"
            )
        return url.set(database=str(path))

    def masked(self, error: object) -> str:
        """Return an error's message without password, options and filled-in values."""
        return " ".join(mask(str(error), self._secrets - {""}).split())[:_MAX_MESSAGE]

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Turn a database's errors into a `SourceError`.

        The cause is dropped, because it may contain the URL with its password.
        """
        try:
            yield
        except SourceError:
            raise
        except DBAPIError as error:
            kind = SourceUnavailable if _is_transient(error) else SourceRefused
            raise kind(self._message(error.orig)) from None
        except (SQLAlchemyError, ImportError, ValueError) as error:
            raise SourceRefused(self._message(error)) from None

    def _message(self, error: object) -> str:
        return f"source {self._name}: {self.place} cannot be read: {self.masked(error)}"


def _is_transient(error: DBAPIError) -> bool:
    """Return whether an error is a broken connection or a lock.

    SQLite raises OperationalError for a missing table too, so there its message decides.
    """
    if isinstance(error.orig, sqlite3.OperationalError):
        return "locked" in str(error.orig) or "busy" in str(error.orig)
    return isinstance(error, OperationalError | InterfaceError)
