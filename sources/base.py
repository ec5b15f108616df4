"""What a source is: it lists items, and gives the bytes of one."""

from typing import Protocol

from vouch.schemas.records import Listing


class Source(Protocol):
    """A place that documents come from."""

    @property
    def name(self) -> str:
        """The source's name in the settings; part of every document's identity."""

    @property
    def media_type(self) -> str | None:
        """What the bytes of every item are, where the source alone can say it; None: the bytes are to tell."""

    def list(self) -> Listing:
        """All items. Errors on the way make the listing incomplete; raises `SourceError` where there is nothing to list."""

    def fetch(self, uri: str) -> bytes:
        """The bytes of one item. Raises `SourceUnavailable` for what may pass, `SourceRefused` for what will not."""
