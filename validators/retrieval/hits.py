"""What scoring needs of a hit."""

from collections.abc import Sequence
from typing import Protocol


class FoundPlace(Protocol):
    """A place of a hit's text."""

    @property
    def source(self) -> str: ...
    @property
    def uri(self) -> str: ...
    @property
    def char_start(self) -> int: ...
    @property
    def char_end(self) -> int: ...


class SearchHit(FoundPlace, Protocol):
    """A hit of a search; `vouch.index.search.passages.Passage` is one.

    `places` are all that have its text, itself the first.
    """

    @property
    def places(self) -> Sequence[FoundPlace]: ...
    @property
    def language(self) -> str | None: ...
    @property
    def text(self) -> str: ...
