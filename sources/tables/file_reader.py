"""Tables in files anywhere that fsspec reaches; one that cannot be read does not keep the others from being read."""

import zlib
from collections.abc import Iterator
from lzma import LZMAError
from pathlib import Path
from typing import Any

import fsspec

from vouch.schemas.errors import SourceRefused
from vouch.schemas.records import Filtered
from vouch.schemas.settings import FilesSource
from vouch.schemas.table_source import TableSource
from vouch.sources.files.files import Files
from vouch.sources.files.location import locate
from vouch.sources.tables.cursor import at_or_past
from vouch.sources.tables.file_formats import (
    Unreadable,
    Values,
    format_of,
    read_delimited,
    read_json_lines,
    read_parquet,
)
from vouch.sources.tables.reader import Row
from vouch.sources.tables.values import canonical_text


class FilesReader:
    """A `TableReader`. Columns that a file lacks are null in its rows; a file without a column of the key is not read."""

    def __init__(self, settings: TableSource, folder: Path, since: str | None) -> None:
        self.problems: list[str] = []
        self.filtered: list[Filtered] = []
        self.columns: set[str] = set()
        self.since = since
        self._settings = settings
        self._folder = folder
        told = settings.model_dump(
            include={"name", "path", "include", "exclude", "storage_options"}
        )
        self._files = FilesSource(**told, max_file_mb=float("inf"))

    def check(self) -> None:
        locate(self._files, self._folder)

    def rows(self) -> Iterator[Row]:
        location = locate(self._files, self._folder)
        listing = Files(self._files, self._folder).list()
        self.problems += listing.problems
        self.filtered += [one for one in listing.filtered if self._format(one.item.uri)]
        uris = [item.uri for item in listing.items if self._format(item.uri)]
        if not uris and not self.problems:
            raise SourceRefused(
                f"source {self._settings.name}: {self._settings.place} holds no table (csv, tsv, parquet, jsonl); correct its "
                "path, or set its `format`"
            )
        for uri in uris:
            path = (
                f"{location.root}/{uri}"
                if location.is_local
                else f"{location.root}/{uri}".lstrip("/")
            )
            yield from self._of_file(location.filesystem, path, uri)

    def _of_file(self, filesystem: fsspec.AbstractFileSystem, path: str, uri: str) -> Iterator[Row]:
        try:
            with self._opened(filesystem, path, uri) as file:
                for number, values in enumerate(self._read(file, uri), 1):
                    if self._wanted(values):
                        yield Row(uri, number, values)
        except Unreadable as error:
            self.problems.append(f"{uri}, {error}")
        except (OSError, EOFError, zlib.error, LZMAError) as error:
            self.problems.append(f"{uri} could not be read: {error}")

    def _opened(
        self, filesystem: fsspec.AbstractFileSystem, path: str, uri: str
    ) -> fsspec.core.OpenFile:
        """To be read as bytes or as text, unpacked where its name says that it is packed."""
        kind = self._format(uri)
        if kind == "parquet":
            return fsspec.core.OpenFile(filesystem, path, "rb")
        packed = fsspec.core.get_compression(uri.lower(), "infer")
        newline = "\n" if kind == "jsonl" else ""
        return fsspec.core.OpenFile(
            filesystem, path, "r", packed, self._settings.encoding, newline=newline
        )

    def _read(self, file: Any, uri: str) -> Iterator[Values]:  # noqa: ANN401 - of bytes or of text, by the format
        kind = self._format(uri)
        if kind == "parquet":
            return read_parquet(file, self._found)
        if kind == "jsonl":
            return read_json_lines(file, self.columns.update)
        return read_delimited(
            file, self._settings.delimiter or ("\t" if kind == "tsv" else ","), self._found
        )

    def _found(self, names: list[str]) -> None:
        """Take note of a file's columns. Raises `Unreadable` where the key is not among them."""
        needed = [*self._settings.key, *([self._settings.cursor] if self._settings.cursor else [])]
        missing = [name for name in needed if name not in names]
        if missing:
            raise Unreadable(
                f"line 1: there is no column {missing[0]}; there are {', '.join(names)[:300]}"
            )
        self.columns.update(names)

    def _format(self, uri: str) -> str | None:
        return self._settings.format or format_of(uri)

    def _wanted(self, values: Values) -> bool:
        """Rows without a value of the cursor always are: nothing else would list them."""
        if self.since is None or self._settings.cursor is None:
            return True
        value = canonical_text(values.get(self._settings.cursor))
        return value is None or at_or_past(value, self.since)
