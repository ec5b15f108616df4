"""Tables in databases by SQLAlchemy: streamed, in a transaction that changes nothing."""

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
from vouch.sources.tables.reader import Row

_BATCH_ROWS = 1_000
# A colon that SQLAlchemy would read as the beginning of a parameter, as in '12:30'.
_PARAMETER = re.compile(r"(?<![:\w\\]):(?=\w)")


class SqlReader(DatabaseReader):
    """A `TableReader` over SQLAlchemy."""

    def check(self) -> None:
        self._engine()

    def rows(self) -> Iterator[Row]:
        with self._url.errors(), self._engine().connect() as connection:
            statement = self._statement(connection)
            result = connection.execution_options(yield_per=_BATCH_ROWS).execute(statement)
            names = list(result.keys())
            self._require_columns(names)
            self.columns.update(names)
            for number, values in enumerate(result, 1):
                yield Row("", number, dict(zip(names, values, strict=True)))

    def _engine(self) -> Engine:
        """Create the engine without connecting.

        Raises `SourceRefused` where the driver is not installed.
        """
        with self._url.errors():
            engine = create_engine(self._url.url, poolclass=NullPool, hide_parameters=True)
            if engine.dialect.name == "postgresql":
                engine = engine.execution_options(postgresql_readonly=True)
            return engine

    def _statement(self, connection: Connection) -> Executable:
        """Return the query; with a cursor, for rows from `since` on."""
        query = self._query(connection.dialect.identifier_preparer.quote)
        whole = text(_PARAMETER.sub(r"\:", query))
        if self.since is None:
            return whole
        rows = whole.columns(column(str(self._settings.cursor))).subquery("source_rows")
        cursor = rows.c[str(self._settings.cursor)]
        example = connection.execute(select(cursor).where(cursor.is_not(None)).limit(1)).scalar()
        value = self._cursor_value(example, self.since)
        if value is None:
            self.since = None
            return whole
        zone = DateTime(timezone=True) if isinstance(value, datetime) and value.tzinfo else None
        is_new = cursor >= bindparam("since", value, type_=zone)
        # Rows without a cursor value are always read, because no later run would list them.
        return select(literal_column("*")).select_from(rows).where(or_(is_new, cursor.is_(None)))
