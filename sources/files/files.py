"""Files wherever fsspec reaches: a folder, a glob, a zip, memory, object storage."""

from collections.abc import Iterator, MutableSequence
from functools import cached_property
from pathlib import Path

from pathspec import GitIgnoreSpec

from vouch.schemas.documents.listed_items import ListedItems
from vouch.schemas.documents.records import Fetched, Filtered, Listing, Reason, SourceItem
from vouch.schemas.errors import (
    DocumentRejected,
    SourceRefused,
    SourceUnavailable,
    StorageRefused,
)
from vouch.schemas.settings.choices import Comparison
from vouch.schemas.settings.sources import FilesSource
from vouch.sources.files.bucket import Bucket, BucketWalk
from vouch.sources.files.entries import Info
from vouch.sources.files.folder import Place, absent, described, locate
from vouch.sources.files.reading import read_file
from vouch.sources.files.walk import Walk, etag_of, file_state, modified_at
from vouch.sources.time_limits import Deadline

# KeyError is what archives raise for a member that does not exist.
_PERMANENT = (
    FileNotFoundError,
    PermissionError,
    IsADirectoryError,
    NotADirectoryError,
    KeyError,
    StorageRefused,
)
_MEGABYTE = 1_000_000


class Files:
    """A `Source` over the files below a root. Uris are paths below the root, with `/`.

    Patterns have the syntax of .gitignore. Files that `include` does not match are not listed.
    Files that `exclude` matches, hidden or too large ones, and links that leave the root are listed
    as filtered.
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
    def _place(self) -> Place:
        return locate(self._settings, self._folder)

    @cached_property
    def _include(self) -> tuple[GitIgnoreSpec, ...]:
        """The specs that a file must match, all of them."""
        include = GitIgnoreSpec.from_lines(self._settings.include)
        pattern = self._place.pattern
        return (include,) if pattern is None else (include, GitIgnoreSpec.from_lines([pattern]))

    def list(self) -> Listing:
        walk = self._walk()
        filtered: list[Filtered] = []
        items = ListedItems.of(self.name, self._unfiltered(walk, filtered))
        if isinstance(walk, BucketWalk) and walk.is_absent:
            raise absent(self._settings)
        return Listing(self.name, items, tuple(filtered), not walk.problems, tuple(walk.problems))

    def _unfiltered(
        self, walk: Walk | BucketWalk, filtered: MutableSequence[Filtered]
    ) -> Iterator[SourceItem]:
        """Yield the items that no rule filters; add the others to `filtered`."""
        for uri, info, rule in walk.entries():
            if not all(spec.match_file(uri) for spec in self._include):
                continue
            item = self._item(uri, info)
            rule = rule or self._rule(item)
            if rule is None:
                yield item
            else:
                filtered.append(Filtered(item, rule))

    def fetch(self, uri: str) -> Fetched:
        try:
            return read_file(self._place, uri, self._settings.max_file_mb)
        except DocumentRejected:
            raise
        except (*_PERMANENT, SourceRefused) as error:
            raise SourceRefused(f"{uri} of source {self.name} cannot be read: {error}") from error
        except Exception as error:  # each storage has its own classes of errors
            raise SourceUnavailable(
                f"{uri} of source {self.name} could not be read this time: {described(error)}"
            ) from error

    def _walk(self) -> Walk | BucketWalk:
        settings, place = self._settings, self._place
        deadline = Deadline(settings.list_timeout_s)
        if isinstance(place, Bucket):
            return BucketWalk(place, settings.hidden, deadline, settings.fetch_timeout_s)
        return Walk(place, settings.hidden, deadline, settings.fetch_timeout_s)

    def _item(self, uri: str, info: Info) -> SourceItem:
        # A name that is not valid UTF-8 is filtered, but must be printable all the same.
        printable = uri.encode("utf-8", "backslashreplace").decode("utf-8")
        compare = self._settings.compare
        etag = etag_of(info)
        if etag is None and compare is Comparison.CHANGE_TIME:
            etag = file_state(info)
        return SourceItem(
            self.name,
            printable,
            info.get("size"),
            modified_at(info),
            etag,
            always_read=compare is Comparison.CONTENT,
        )

    def _rule(self, item: SourceItem) -> Reason | None:
        if self._exclude.match_file(item.uri):
            return Reason.EXCLUDED
        if item.size is not None and item.size > self._settings.max_file_mb * _MEGABYTE:
            return Reason.TOO_LARGE
        return None
