"""The source protocol: list items, fetch the bytes of an item."""

from typing import Protocol

from vouch.schemas.documents.records import Fetched, Listing


class Source(Protocol):
    """A place that documents come from."""

    @property
    def name(self) -> str:
        """The source's name in the settings, which is part of the id of every document."""

    @property
    def media_type(self) -> str | None:
        """The media type of every item where the source determines it; None: detect it by bytes."""

    def list(self) -> Listing:
        """List all items.

        Errors on the way make the listing incomplete. Raises `SourceError` where nothing can be
        listed.
        """

    def fetch(self, uri: str) -> Fetched:
        """Return the bytes of an item as it is now, all of one state.

        Raises `SourceUnavailable` for a transient error, `SourceRefused` for a permanent one,
        `DocumentRejected` for an item that is larger than the settings allow.
        """
