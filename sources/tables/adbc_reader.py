"""Tables in databases by ADBC (`adbc+sqlite:///shop.db`, `adbc+postgresql://…`), read as Arrow."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from vouch.schemas.errors import SourceRefused
from vouch.sources.tables.database_reader import DatabaseReader
from vouch.sources.tables.reader import Row

PREFIX = "adbc+"


class AdbcReader(DatabaseReader):
    """A `TableReader` over an ADBC driver."""

    def check(self) -> None:
        self._driver()

    def rows(self) -> Iterator[Row]:
        driver = self._driver()
        with (
            self._errors(driver),
            driver.connect(self._target()) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(*self._statement(cursor))
            batches = cursor.fetch_record_batch()
            self._require_columns(batches.schema.names)
            self.columns.update(batches.schema.names)
            number = 0
            for batch in batches:
                for values in batch.to_pylist():
                    number += 1
                    yield Row("", number, values)

    @property
    def _database(self) -> str:
        return self._url.url.drivername.removeprefix(PREFIX)

    def _driver(self) -> Any:  # noqa: ANN401 - a module
        try:
            return importlib.import_module(f"adbc_driver_{self._database}.dbapi")
        except ImportError:
            raise SourceRefused(
                f"source {self._settings.name}: the ADBC driver for {self._database} is not "
                f"installed; install adbc-driver-{self._database}"
            ) from None

    def _target(self) -> str:
        """Return what the driver connects to: a path for SQLite, a URL for other databases."""
        url = self._url.url
        if self._database == "sqlite":
            return str(url.database or ":memory:")
        return url.set(drivername=self._database).render_as_string(hide_password=False)

    def _statement(self, cursor: Any) -> tuple[str] | tuple[str, tuple[Any]]:  # noqa: ANN401 - the driver's own class
        """Return the statement and its parameters; with a cursor, for rows from `since` on."""
        query = self._query(_quoted)
        if self.since is None:
            return (query,)
        name = _quoted(str(self._settings.cursor))
        rows = f"({query}) as source_rows"
        cursor.execute(f"select {name} from {rows} where {name} is not null limit 1")
        first = cursor.fetchone()
        value = self._cursor_value(first[0] if first else None, self.since)
        if value is None:
            self.since = None
            return (query,)
        mark = "?" if self._database == "sqlite" else "$1"
        return f"select * from {rows} where {name} >= {mark} or {name} is null", (value,)

    @contextmanager
    def _errors(self, driver: Any) -> Iterator[None]:  # noqa: ANN401 - a module
        try:
            with self._url.errors():
                yield
        except driver.Error as error:
            # The cause is dropped, because it may contain the URL with its password.
            raise SourceRefused(
                f"source {self._settings.name}: {self._url.place} cannot be read: "
                f"{self._url.masked(error)}"
            ) from None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
