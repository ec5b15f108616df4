"""What a person may choose from, on the command line and in a flow's parameters."""

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
