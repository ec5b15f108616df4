"""Tables in databases by ADBC: `adbc+sqlite:///shop.db`, `adbc+postgresql://…`; batches of Arrow, no rows in between."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from vouch.schemas.errors import SourceRefused
from vouch.sources.tables.database_reader import DatabaseReader
from vouch.sources.tables.queries import asked_for, bindable, require_columns
from vouch.sources.tables.reader import Row

PREFIX = "adbc+"


class AdbcReader(DatabaseReader):
    """A `TableReader`."""

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
            require_columns(self._settings, batches.schema.names)
            self.columns.update(batches.schema.names)
            number = 0
            for batch in batches:
                for values in batch.to_pylist():
                    number += 1
                    yield Row("", number, values)

    def _driver(self) -> Any:  # noqa: ANN401 - a module
        name = self._url.url.drivername.removeprefix(PREFIX)
        try:
            return importlib.import_module(f"adbc_driver_{name}.dbapi")
        except ImportError:
            raise SourceRefused(
                f"source {self._settings.name}: there is no ADBC driver for {name} here; install adbc-driver-{name}"
            ) from None

    def _target(self) -> str:
        """A path for SQLite, a URL for the others."""
        url = self._url.url
        name = url.drivername.removeprefix(PREFIX)
        return (
            str(url.database or ":memory:")
            if name == "sqlite"
            else url.set(drivername=name).render_as_string(False)
        )

    def _statement(self, cursor: Any) -> tuple[str] | tuple[str, tuple[Any]]:  # noqa: ANN401 - the driver's own class
        asked = asked_for(self._settings, _quoted)
        if self.since is None:
            return (asked,)
        name = _quoted(str(self._settings.cursor))
        cursor.execute(f"select {name} from ({asked}) as asked where {name} is not null limit 1")
        first = cursor.fetchone()
        bound = bindable(self._settings, first[0] if first else None, self.since)
        if bound is None:
            self.since = None
            return (asked,)
        mark = "?" if "sqlite" in self._url.url.drivername else "$1"
        return f"select * from ({asked}) as asked where {name} >= {mark} or {name} is null", (
            bound,
        )

    @contextmanager
    def _errors(self, driver: Any) -> Iterator[None]:  # noqa: ANN401 - a module
        try:
            with self._url.errors():
                yield
        except driver.Error as error:
            told = f"source {self._settings.name}: {self._url.place} cannot be read: {self._url.masked(error)}"
            raise SourceRefused(told) from None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
