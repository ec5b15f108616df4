"""Values to choose from on the command line, in a flow's parameters and in the settings."""

from enum import StrEnum
from typing import Literal, TypeAlias

Breadth: TypeAlias = Literal["precise", "balanced", "broad", "all"]
"""How many results a search returns.

precise: the best and little else. broad: everything that may be relevant. all: single chunks, none
left out and none joined.
"""

VectorType: TypeAlias = Literal["float32", "float16"]
"""As what vectors are stored."""


class Engine(StrEnum):
    """Whose parser reads a media type: ours, or that of the library unstructured."""

    VOUCH = "vouch"
    UNSTRUCTURED = "unstructured"


class Comparison(StrEnum):
    """By what a run sees that a file has changed, before it reads the file."""

    CHANGE_TIME = "change_time"
    MODIFIED = "modified"
    CONTENT = "content"


class Redo(StrEnum):
    """The stage that is run again, with all stages after it."""

    PARSE = "parse"
    CHUNK = "chunk"
    EMBED = "embed"


class TimeBasis(StrEnum):
    """Where a document's source time comes from: its modification time or the date in its path."""

    MODIFIED = "modified"
    PATH = "path"


class WindowLength(StrEnum):
    """The length of a backfill window, aligned with the calendar."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


class AlertEvent(StrEnum):
    """An event of a run that can be notified.

    `recovered`: a run ended well after one that had failed, was rejected or had stale sources.
    """

    FAILED = "failed"
    REJECTED = "rejected"
    WARNING = "warning"
    QUARANTINE = "quarantine"
    STALE = "stale"
    RECOVERED = "recovered"


class GoldenFormat(StrEnum):
    """The layout of a file of questions that is imported."""

    CSV = "csv"
    JSONL = "jsonl"
    BEIR = "beir"
    RANX = "ranx"
    QRELS = "qrels"
