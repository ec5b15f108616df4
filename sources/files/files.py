"""Files anywhere that fsspec reaches: a folder, a glob, a zip, memory, object storage."""

import asyncio
from functools import cached_property
from pathlib import Path

from pathspec import GitIgnoreSpec

from vouch.schemas.errors import SourceRefused, SourceUnavailable
from vouch.schemas.records import Filtered, Listing, Reason, SourceItem
from vouch.schemas.settings import FilesSource
from vouch.sources.files.location import Location, locate
from vouch.sources.files.walk import Info, Walk, etag_of, modified_at

_WILL_NOT_PASS = (
    FileNotFoundError,
    PermissionError,
    IsADirectoryError,
    NotADirectoryError,
    KeyError,
)
_MAY_PASS = (OSError, TimeoutError, asyncio.TimeoutError)


class Files:
    """A `Source` over the files below a root. Uris are paths below the root, with `/`.

    Patterns are read as in .gitignore. What `include` does not name is not listed; what `exclude` names, what is hidden,
    too large or linked from outside the root is listed as filtered.
    """

    def __init__(self, settings: FilesSource, folder: Path) -> None:
        self._settings = settings
        self._folder = folder
        self._exclude = GitIgnoreSpec.from_lines(settings.exclude)

    @property
    def name(self) -> str:
        return self._settings.name

    @property
    def media_type(self) -> str | None:
        return None

    @cached_property
    def _location(self) -> Location:
        return locate(self._settings, self._folder)

    @cached_property
    def _included(self) -> tuple[GitIgnoreSpec, ...]:
        """A file must match each of these."""
        pattern = self._location.pattern
        specs = (GitIgnoreSpec.from_lines(self._settings.include),)
        return specs if pattern is None else (*specs, GitIgnoreSpec.from_lines([pattern]))

    def list(self) -> Listing:
        self._location.filesystem.invalidate_cache()
        walk = Walk(self._location, self._settings.hidden)
        items: list[SourceItem] = []
        filtered: list[Filtered] = []
        for uri, info, rule in walk.entries():
            if not all(spec.match_file(uri) for spec in self._included):
                continue
            printable = uri.encode("utf-8", "backslashreplace").decode("utf-8")
            item = self._item(printable, info)
            rule = rule or self._rule(item)
            if rule is None:
                items.append(item)
            else:
                filtered.append(Filtered(item, rule))
        return Listing(
            self.name, tuple(items), tuple(filtered), not walk.problems, tuple(walk.problems)
        )

    def fetch(self, uri: str) -> bytes:
        path = (
            f"{self._location.root}/{uri}".lstrip("/")
            if not self._location.is_local
            else f"{self._location.root}/{uri}"
        )
        try:
            data: bytes = self._location.filesystem.cat_file(path)
        except _WILL_NOT_PASS as error:
            raise SourceRefused(f"{uri} of source {self.name} cannot be read: {error}") from error
        except _MAY_PASS as error:
            raise SourceUnavailable(
                f"{uri} of source {self.name} could not be read this time: {error}"
            ) from error
        return data

    def _item(self, uri: str, info: Info) -> SourceItem:
        size = info.get("size")
        if info.get("islink") and self._location.is_local:
            size = self._size_behind_link(uri, size)
        return SourceItem(self.name, uri, size, modified_at(info), etag_of(info))

    def _size_behind_link(self, uri: str, size: int | None) -> int | None:
        target = Path(self._location.root) / uri
        return target.stat().st_size if target.is_file() else size

    def _rule(self, item: SourceItem) -> Reason | None:
        if self._exclude.match_file(item.uri):
            return Reason.EXCLUDED
        too_large = item.size is not None and item.size > self._settings.max_file_mb * 1_000_000
        return Reason.TOO_LARGE if too_large else None
