"""The scope of a run: which documents it is about, and what it processes again though unchanged."""

import re
from dataclasses import dataclass, replace
from datetime import datetime

from pathspec import GitIgnoreSpec

from vouch.schemas.documents.records import Listing, SourceItem
from vouch.schemas.errors import SettingsError
from vouch.schemas.settings.choices import Redo, TimeBasis
from vouch.schemas.settings.vouch_yaml import Settings
from vouch.sources.files.path_dates import path_date


@dataclass(frozen=True, slots=True)
class Window:
    """Source times in `[start, end)`, with time zones; None is open."""

    start: datetime | None = None
    end: datetime | None = None
    by: TimeBasis = TimeBasis.MODIFIED

    def contains(self, time: datetime | None) -> bool:
        """Return whether a source time is in the window; a document without one is in no bounded
        window.
        """
        if time is None:
            return self.start is None and self.end is None
        return (self.start is None or time >= self.start) and (self.end is None or time < self.end)

    def time_of(self, item: SourceItem, pattern: re.Pattern[str]) -> datetime | None:
        """Return the source time of an item; `pattern` finds dates in paths."""
        return path_date(item.uri, pattern) if self.by is TimeBasis.PATH else item.modified

    def __str__(self) -> str:
        start, end = (f"{time:%Y-%m-%d %H:%M}" if time else "…" for time in (self.start, self.end))
        return f"[{start}, {end}) by {self.by}"


@dataclass(frozen=True, slots=True)
class Scope:
    """All documents of all sources, unless a field narrows it.

    Only the whole of a source justifies a delete. With `from_index` documents are processed again
    from the text that the index stores: no source is listed, nothing is parsed. `documents` are
    ids. A `partial` run removes nothing, whatever it is about.
    """

    kind: str = "ingest"
    sources: tuple[str, ...] = ()
    path: str | None = None
    reasons: tuple[str, ...] = ()
    window: Window | None = None
    quarantined_only: bool = False
    redo: Redo | None = None
    from_index: bool = False
    documents: frozenset[str] | None = None
    partial: bool = False

    @property
    def whole_sources(self) -> bool:
        """Whether a document that is not listed is gone."""
        part = self.path or self.reasons or self.window or self.quarantined_only or self.partial
        return not (part or self.documents is not None)

    @property
    def all_sources(self) -> bool:
        """Whether the documents of a source that the settings do not name are gone."""
        return self.whole_sources and not (self.sources or self.from_index)

    @property
    def takes_all(self) -> bool:
        """Whether no listed document is skipped, and none is processed again while unchanged."""
        chosen = self.documents is not None or self.reasons or self.quarantined_only
        return not (chosen or self.redo or self.from_index)

    def check(self, settings: Settings) -> None:
        """Raise `SettingsError` for a source that the settings do not have."""
        names = [source.name for source in settings.sources]
        for name in self.sources:
            if name not in names:
                raise SettingsError(
                    f"there is no source {name!r} in the settings; there are {', '.join(names)}"
                )

    def of(self, listing: Listing, settings: Settings) -> Listing:
        """Return the part of a listing that is in scope; a part is never complete."""
        if self.whole_sources:
            return listing
        times = {source.name: re.compile(source.path_date) for source in settings.sources}
        paths = GitIgnoreSpec.from_lines([self.path]) if self.path else None
        items = tuple(
            item
            for item in listing.items
            if (paths is None or paths.match_file(item.uri))
            and self._in_window(item, times.get(listing.source))
        )
        return replace(listing, items=items, filtered=(), complete=False)

    def _in_window(self, item: SourceItem, pattern: re.Pattern[str] | None) -> bool:
        if self.window is None or pattern is None:
            return self.window is None
        return self.window.contains(self.window.time_of(item, pattern))

    def __str__(self) -> str:
        parts = [f"path {self.path}"] if self.path else []
        parts += [f"again from {self.redo}"] if self.redo else []
        parts += [f"source {name}" for name in self.sources]
        parts += [f"reason {reason}" for reason in self.reasons]
        parts += [str(self.window)] if self.window else []
        return ", ".join(parts)
