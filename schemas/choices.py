"""What a person may choose from, on the command line, in a flow's parameters and in the settings."""

from enum import StrEnum


class Redo(StrEnum):
    """The stage that is done again, with those after it."""

    PARSE = "parse"
    CHUNK = "chunk"
    EMBED = "embed"


class By(StrEnum):
    """What a document's source time is."""

    MODIFIED = "modified"
    PATH = "path"


class Every(StrEnum):
    """The length of a window, along the calendar."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


class Event(StrEnum):
    """What of a run people are told."""

    FAILED = "failed"
    REJECTED = "rejected"
    WARNING = "warning"
    QUARANTINE = "quarantine"
    STALE = "stale"
    RECOVERED = "recovered"
    """It ended well after one that had failed, was rejected or whose sources were stale."""
