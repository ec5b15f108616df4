"""The rows of a listing: told by their keys, and those that no key tells."""

from collections import Counter
from dataclasses import replace
from datetime import datetime

from vouch.schemas.records import Filtered, Reason, SourceItem
from vouch.schemas.table_source import TableSource
from vouch.sources.tables.reader import Row
from vouch.sources.tables.row_uris import doubled_uri, keyless_uri, row_uri
from vouch.sources.tables.spool import Spool
from vouch.sources.tables.values import canonical_text, time_of


class Collected:
    """Takes rows in; those that their key tells go to the spool.

    A row without a key, and every row whose key another one has, is filtered under a uri of its own: which of them is the
    right one nobody can say, so what the index holds under the key stays as it is.
    """

    def __init__(self, settings: TableSource, spool: Spool) -> None:
        self._settings = settings
        self._spool = spool
        self._reading = settings.reading
        self._items: dict[str, SourceItem] = {}
        self._doubled: Counter[str] = Counter()
        self._keyless: Counter[str] = Counter()
        self.filtered: list[Filtered] = []

    @property
    def items(self) -> tuple[SourceItem, ...]:
        return tuple(self._items.values())

    def add(self, row: Row, data: bytes, sha256: str) -> None:
        """`data` is the row's canonical form."""
        key = [canonical_text(row.values.get(name)) for name in self._settings.key]
        told = [value for value in key if value]
        etag = f"{self._reading}:{sha256}"
        if len(told) < len(key):
            self._keyless[f"{row.file} {sha256}"] += 1
            uri = keyless_uri(row.file, sha256, self._keyless[f"{row.file} {sha256}"])
            self._keep_out(
                SourceItem(self._settings.name, uri, len(data), self._modified(row), etag),
                Reason.NO_KEY,
            )
            return
        uri = row_uri(row.file, self._settings.key, told)
        item = SourceItem(self._settings.name, uri, len(data), self._modified(row), etag)
        twin = self._items.pop(uri, None)
        if twin is not None:
            self._spool.forget(uri)
            self._double(twin)
        if uri in self._doubled:
            self._double(item)
        else:
            self._items[uri] = item
            self._spool.add(uri, data)

    def problems(self) -> list[str]:
        """How many rows no key tells; a listing with any removes nothing."""
        told = []
        if self._keyless:
            told.append(
                f"{self._keyless.total():,} rows have no value in a column of their key ({', '.join(self._settings.key)})"
            )
        if self._doubled:
            first = min(self._doubled)
            told.append(
                f"{self._doubled.total():,} rows share {len(self._doubled):,} keys, the first is {first}"
            )
        return told

    def _double(self, item: SourceItem) -> None:
        self._doubled[item.uri] += 1
        uri = doubled_uri(item.uri, self._doubled[item.uri])
        self._keep_out(replace(item, uri=uri), Reason.DOUBLED_KEY)

    def _keep_out(self, item: SourceItem, rule: Reason) -> None:
        self.filtered.append(Filtered(item, rule))

    def _modified(self, row: Row) -> datetime | None:
        """None where it is no time; then the row is refused when it is fetched."""
        name = self._settings.modified
        value = canonical_text(row.values.get(name)) if name else None
        try:
            return time_of(value) if value else None
        except ValueError:
            return None
