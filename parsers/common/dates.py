"""Times as documents write them."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_FORMATS = ("%d-%b-%Y", "%d %b %Y", "%d %B %Y", "%B %d, %Y", "%b %d, %Y", "%Y/%m/%d", "%Y-%m", "%Y")


def parse_time(text: str) -> datetime | None:
    """An aware time, or None where it cannot be told; without a zone, UTC is taken."""
    text = text.strip()
    if not text:
        return None
    for read in (
        datetime.fromisoformat,
        parsedate_to_datetime,
        *(_reader(one) for one in _FORMATS),
    ):
        with suppress(ValueError, TypeError, IndexError, OverflowError):
            time = read(text)
            return time if time.tzinfo else time.replace(tzinfo=UTC)
    return None


def _reader(form: str) -> Callable[[str], datetime]:
    return lambda text: datetime.strptime(text, form)
