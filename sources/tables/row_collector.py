"""Collects the rows of a listing: those with a unique key, and those that are filtered.

The uri of a row is made of its file and its key, as in
`trips/2024.csv#key/vendor=1/pickup=2024-01-05`; different keys never have the same uri.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote

from vouch.schemas.documents.records import Filtered, Reason, SourceItem
from vouch.schemas.settings.table_source import TableSource
from vouch.sources.tables.reader import Row
from vouch.sources.tables.spool import Spool
from vouch.sources.tables.values import canonical_text, time_of

ROW_KEY = "#key/"
"""Separates the file of a row from its key in its uri."""


def row_uri(file: str, names: Sequence[str], values: Sequence[str]) -> str:
    """Return the uri of the row with these key values; `file` is empty for a database."""
    pairs = zip(names, values, strict=True)
    return f"{file}{ROW_KEY}" + "/".join(
        f"{_escape(name)}={_escape(value)}" for name, value in pairs
    )


def doubled_uri(uri: str, number: int) -> str:
    """Return a uri for the `number`-th row, from 1, with the same key.

    It is never the uri of a row with a unique key.
    """
    file, _, key = uri.rpartition(ROW_KEY)
    return f"{file}#doubled/{number}/{key}"


def keyless_uri(file: str, sha256: str, number: int) -> str:
    """Return a uri for a row without a key, by the hash of its content.

    `number` counts rows with the same content from 1.
    """
    return f"{file}#no-key/{sha256[:32]}/{number}"


def _escape(text: str) -> str:
    return quote(text, safe="", encoding="utf-8", errors="surrogatepass")


class RowCollector:
    """Collects rows and spools the content of those with a unique key.

    A row without a key, and every row with a key that another row has, is filtered under a uri of
    its own. Nobody can know which of them is right, so the document that is indexed under the key
    stays unchanged.
    """

    def __init__(self, settings: TableSource, spool: Spool) -> None:
        self._settings = settings
        self._spool = spool
        self._reading = settings.reading
        self._items: dict[str, SourceItem] = {}
        self._doubled: Counter[str] = Counter()
        self._keyless: Counter[tuple[str, str]] = Counter()
        self.filtered: list[Filtered] = []

    @property
    def items(self) -> tuple[SourceItem, ...]:
        return tuple(self._items.values())

    def add(self, row: Row, data: bytes, sha256: str) -> None:
        """Add a row; `data` is its canonical form, `sha256` the hash of that."""
        key = [canonical_text(row.values.get(name)) for name in self._settings.key]
        values = [value for value in key if value]
        is_complete = len(values) == len(key)
        if is_complete:
            uri = row_uri(row.file, self._settings.key, values)
        else:
            self._keyless[row.file, sha256] += 1
            uri = keyless_uri(row.file, sha256, self._keyless[row.file, sha256])
        item = SourceItem(
            self._settings.name,
            uri,
            size=len(data),
            modified=self._modified(row),
            etag=f"{self._reading}:{sha256}",
        )
        if not is_complete:
            self.filtered.append(Filtered(item, Reason.NO_KEY))
            return
        twin = self._items.pop(uri, None)
        if twin is not None:
            self._spool.forget(uri)
            self._filter_doubled(twin)
        if uri in self._doubled:
            self._filter_doubled(item)
        else:
            self._items[uri] = item
            self._spool.add(uri, data)

    def problems(self) -> list[str]:
        """Return how many rows have no unique key; a listing with any of them deletes nothing."""
        problems = []
        if self._keyless:
            problems.append(
                f"{self._keyless.total():,} rows have no value in a column of their key "
                f"({', '.join(self._settings.key)})"
            )
        if self._doubled:
            problems.append(
                f"{self._doubled.total():,} rows share {len(self._doubled):,} keys, the first is "
                f"{min(self._doubled)}"
            )
        return problems

    def _filter_doubled(self, item: SourceItem) -> None:
        self._doubled[item.uri] += 1
        uri = doubled_uri(item.uri, self._doubled[item.uri])
        self.filtered.append(Filtered(replace(item, uri=uri), Reason.DOUBLED_KEY))

    def _modified(self, row: Row) -> datetime | None:
        """Return the modification time, None where it is not valid.

        Such a row is refused when it is fetched, with a message that names it.
        """
        name = self._settings.modified
        value = canonical_text(row.values.get(name)) if name else None
        try:
            return time_of(value) if value else None
        except ValueError:
            return None
