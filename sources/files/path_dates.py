"""The date in a document's path: `reports/2026/03/17/sales.csv` is of 17 March 2026."""

import re
from datetime import UTC, datetime


def path_date(uri: str, pattern: re.Pattern[str]) -> datetime | None:
    """Return the first date that a pattern with the groups year, month and day finds.

    A missing month or day counts as 1. Matches that are not a calendar date are skipped.
    """
    for match in pattern.finditer(uri):
        parts = match.groupdict()
        try:
            return datetime(
                int(parts["year"]),
                int(parts.get("month") or 1),
                int(parts.get("day") or 1),
                tzinfo=UTC,
            )
        except (ValueError, KeyError):
            continue
    return None
