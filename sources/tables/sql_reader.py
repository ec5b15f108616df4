"""Tables in databases that SQLAlchemy reaches: read as a stream, in one transaction that changes nothing."""

import re
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import (
    Connection,
    DateTime,
    Engine,
    Executable,
    bindparam,
    column,
    create_engine,
    literal_column,
    or_,
    select,
    text,
)
from sqlalchemy.pool import NullPool

from vouch.sources.tables.database_reader import DatabaseReader
from vouch.sources.tables.queries import asked_for, bindable, require_columns
from vouch.sources.tables.reader import Row

_BATCH_ROWS = 1_000
_PARAMETER = re.compile(r"(?<![:\w\\]):(?=\w)")  # what SQLAlchemy would take for one


class SqlReader(DatabaseReader):
    """A `TableReader`."""

    def check(self) -> None:
        self._engine()

    def rows(self) -> Iterator[Row]:
        with self._url.errors(), self._engine().connect() as connection:
            statement = self._statement(connection)
            result = connection.execution_options(yield_per=_BATCH_ROWS).execute(statement)
            names = list(result.keys())
            require_columns(self._settings, names)
            self.columns.update(names)
            for number, values in enumerate(result, 1):
                yield Row("", number, dict(zip(names, values, strict=True)))

    def _engine(self) -> Engine:
        """Raises `SourceRefused` where the driver is not installed; nothing is connected yet."""
        with self._url.errors():
            engine = create_engine(self._url.url, poolclass=NullPool, hide_parameters=True)
            if engine.dialect.name == "postgresql":
                engine = engine.execution_options(postgresql_readonly=True)
            return engine

    def _statement(self, connection: Connection) -> Executable:
        """What is asked for; with a cursor, its part from `since` on."""
        asked = text(
            _PARAMETER.sub(
                r"\:", asked_for(self._settings, connection.dialect.identifier_preparer.quote)
            )
        )
        if self.since is None:
            return asked
        part = asked.columns(column(str(self._settings.cursor))).subquery("asked")
        cursor = part.c[str(self._settings.cursor)]
        first = connection.execute(select(cursor).where(cursor.is_not(None)).limit(1)).scalar()
        bound = bindable(self._settings, first, self.since)
        if bound is None:
            self.since = None
            return asked
        zone = DateTime(timezone=True) if isinstance(bound, datetime) and bound.tzinfo else None
        past = cursor >= bindparam("since", bound, type_=zone)
        return select(literal_column("*")).select_from(part).where(or_(past, cursor.is_(None)))
