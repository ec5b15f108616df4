"""What is read of a figure."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class FigureRead:
    """The text of a figure, "" where it has none, and a JPEG of it where it is to be described.

    `key` says which picture it is.
    """

    text: str = ""
    shown: bytes = field(default=b"", repr=False)
    key: str = ""
