"""Parse dates and times as documents write them."""

from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_FORMATS = ("%d-%b-%Y", "%d %b %Y", "%d %B %Y", "%B %d, %Y", "%b %d, %Y", "%Y/%m/%d", "%Y-%m", "%Y")


def parse_time(text: str) -> datetime | None:
    """Return an aware time, in UTC where the text has no zone; None where it is no time.

    Reads ISO 8601, RFC 5322 (mail), and some English notations of dates.
    """
    text = text.strip()
    time = _parse(text) if text else None
    return time.replace(tzinfo=UTC) if time and time.tzinfo is None else time


def _parse(text: str) -> datetime | None:
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        with suppress(ValueError, TypeError, IndexError, OverflowError):
            return parse(text)
    for form in _FORMATS:
        with suppress(ValueError, OverflowError):
            return datetime.strptime(text, form)
    return None
