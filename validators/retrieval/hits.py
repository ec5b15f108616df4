"""What scoring needs of a hit."""

from typing import Protocol


class SearchHit(Protocol):
    """A hit of a search; `vouch.index.search.passages.Passage` is one."""

    @property
    def source(self) -> str: ...
    @property
    def uri(self) -> str: ...
    @property
    def char_start(self) -> int: ...
    @property
    def char_end(self) -> int: ...
    @property
    def language(self) -> str | None: ...
    @property
    def text(self) -> str: ...
