"""Tables in files wherever fsspec reaches. A file that cannot be read does not stop the others."""

import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from lzma import LZMAError
from pathlib import Path
from typing import IO, Any

import fsspec

from vouch.schemas.documents.records import Filtered
from vouch.schemas.errors import SourceRefused, StorageError
from vouch.schemas.settings.sources import FilesSource
from vouch.schemas.settings.table_source import TableSource
from vouch.sources.files.files import Files
from vouch.sources.files.folder import Place, check, locate
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

_FILE_SETTINGS = {"name", "path", "include", "exclude", "storage_options", "list_timeout_s"}


class FilesReader:
    """A `TableReader` over files.

    A column that a file lacks is null in its rows; a file that lacks a column of the key is a
    problem.
    """

    def __init__(self, settings: TableSource, folder: Path, since: str | None) -> None:
        self.problems: list[str] = []
        self.filtered: list[Filtered] = []
        self.columns: set[str] = set()
        self.since = since
        self._settings = settings
        self._folder = folder
        # Without a size limit, because files are streamed.
        values = settings.model_dump(include=_FILE_SETTINGS)
        self._files = FilesSource(**values, max_file_mb=float("inf"))

    def check(self) -> None:
        check(self._files, self._folder)

    def rows(self) -> Iterator[Row]:
        place = locate(self._files, self._folder)
        listing = Files(self._files, self._folder).list()
        self.problems += listing.problems
        self.filtered += [
            excluded for excluded in listing.filtered if self._format(excluded.item.uri)
        ]
        uris = [item.uri for item in listing.items if self._format(item.uri)]
        if not uris and not self.problems:
            raise SourceRefused(
                f"source {self._settings.name}: {self._settings.place} holds no table (csv, tsv, "
                "parquet, jsonl); correct its path, or set its `format`"
            )
        for uri in uris:
            yield from self._file_rows(place, uri)

    def _file_rows(self, place: Place, uri: str) -> Iterator[Row]:
        try:
            with self._opened(place, uri) as file:
                for number, values in enumerate(self._read(file, uri), 1):
                    if self._is_new(values):
                        yield Row(uri, number, values)
        except Unreadable as error:
            self.problems.append(f"{uri}, {error}")
        except (OSError, EOFError, zlib.error, LZMAError, StorageError) as error:
            self.problems.append(f"{uri} could not be read: {error}")

    @contextmanager
    def _opened(self, place: Place, uri: str) -> Iterator[IO[Any]]:
        """Open a file as bytes (parquet) or text, decompressed according to its name."""
        kind = self._format(uri)
        with place.open(uri) as file:
            if kind == "parquet":
                yield file
                return
            compression = fsspec.core.get_compression(uri.lower(), "infer")
            content = fsspec.compression.compr[compression](file, mode="rb")
            # The csv module needs line ends as they are: they may be part of a quoted cell.
            newline = "\n" if kind == "jsonl" else ""
            with io.TextIOWrapper(content, self._settings.encoding, newline=newline) as text:
                yield text

    def _read(self, file: Any, uri: str) -> Iterator[Values]:  # noqa: ANN401 - of bytes or of text, by the format
        kind = self._format(uri)
        if kind == "parquet":
            return read_parquet(file, self._add_columns)
        if kind == "jsonl":
            # Each line may have other keys, so that a missing one shows in the row's key only.
            return read_json_lines(file, self.columns.update)
        delimiter = self._settings.delimiter or ("\t" if kind == "tsv" else ",")
        return read_delimited(file, delimiter, self._add_columns)

    def _add_columns(self, names: list[str]) -> None:
        """Add a file's columns. Raises `Unreadable` where the key or the cursor is missing."""
        required = [*self._settings.key]
        if self._settings.cursor:
            required.append(self._settings.cursor)
        missing = [name for name in required if name not in names]
        if missing:
            raise Unreadable(
                f"line 1: there is no column {missing[0]}; there are {', '.join(names)[:300]}"
            )
        self.columns.update(names)

    def _format(self, uri: str) -> str | None:
        return self._settings.format or format_of(uri)

    def _is_new(self, values: Values) -> bool:
        """Return whether a row is at or past `since`.

        Rows without a cursor value always are, because no later run would list them.
        """
        if self.since is None or self._settings.cursor is None:
            return True
        value = canonical_text(values.get(self._settings.cursor))
        return value is None or at_or_past(value, self.since)
