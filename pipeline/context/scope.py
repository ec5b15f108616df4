"""Which documents a run is about, and what it does again though nothing has changed."""

import re
from dataclasses import dataclass, replace
from datetime import datetime

from pathspec import GitIgnoreSpec

from vouch.schemas.choices import By, Redo
from vouch.schemas.errors import SettingsError
from vouch.schemas.records import Listing, SourceItem
from vouch.schemas.settings import Settings
from vouch.sources.files.path_dates import path_date


@dataclass(frozen=True, slots=True)
class Window:
    """Source times in `[start, end)`, aware; None is open."""

    start: datetime | None = None
    end: datetime | None = None
    by: By = By.MODIFIED

    def holds(self, time: datetime | None) -> bool:
        """A document without a source time is in no window that has a border."""
        if time is None:
            return self.start is None and self.end is None
        return (self.start is None or time >= self.start) and (self.end is None or time < self.end)

    def __str__(self) -> str:
        start, end = (f"{time:%Y-%m-%d %H:%M}" if time else "…" for time in (self.start, self.end))
        return f"[{start}, {end}) by {self.by}"


@dataclass(frozen=True, slots=True)
class Scope:
    """All documents of all sources, unless something is said. Only the whole of a source justifies a delete.

    `from_index`: what the index holds is made again from the text that it keeps; no source is listed, nothing is parsed.
    `documents` are ids. A `partial` run removes nothing, whatever it is about.
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
        """Whether what is not listed is gone."""
        part = self.path or self.reasons or self.window or self.quarantined_only or self.partial
        return not (part or self.documents is not None)

    @property
    def all_sources(self) -> bool:
        """Whether what a source holds that the settings do not name is gone."""
        return self.whole_sources and not (self.sources or self.from_index)

    @property
    def takes_all(self) -> bool:
        """Whether of the documents listed none is passed over, and none done again that is as it should be."""
        chosen = self.documents is not None or self.reasons or self.quarantined_only
        return not (chosen or self.redo or self.from_index)

    def check(self, settings: Settings) -> None:
        """Raise `SettingsError` for a source that the settings do not have."""
        known = [source.name for source in settings.sources]
        for name in self.sources:
            if name not in known:
                raise SettingsError(
                    f"there is no source {name!r} in the settings; there are {', '.join(known)}"
                )

    def of(self, listing: Listing, settings: Settings) -> Listing:
        """The part of a listing that the run is about; a part is never complete."""
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
        return self.window.holds(
            path_date(item.uri, pattern) if self.window.by is By.PATH else item.modified
        )

    def __str__(self) -> str:
        told = [
            f"{name} {value}"
            for name, value in (("path", self.path), ("again from", self.redo))
            if value
        ]
        told += [f"source {name}" for name in self.sources] + [
            f"reason {reason}" for reason in self.reasons
        ]
        return ", ".join([*told, *([str(self.window)] if self.window else [])])
