"""How far a backfill is: one row a window, and the sums over all of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from vouch.schemas.runs.record import RunRecord

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


class WindowState(StrEnum):
    PLANNED = "planned"
    RUNNING = "running"
    DONE_BEFORE = "done before"
    """By an earlier start of this backfill that was stopped."""
    NOTHING_TO_DO = "nothing to do"
    PUBLISHED = "published"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"

    @property
    def is_over(self) -> bool:
        return self not in (WindowState.PLANNED, WindowState.RUNNING)


@dataclass(frozen=True, slots=True)
class WindowRow:
    """One window. `planned` documents are to be processed, `documents` and `chunks` were published,
    `tokens` embedded.
    """

    window: str
    planned: int = 0
    state: WindowState = WindowState.PLANNED
    documents: int = 0
    chunks: int = 0
    tokens: int = 0
    seconds: float = 0.0
    verdict: str = ""
    run_id: str = ""

    def ended(self, record: RunRecord) -> "WindowRow":
        """Return the row of a window whose run has this record."""
        return replace(
            self,
            state=WindowState(record.status),
            documents=record.accounting.published,
            chunks=record.accounting.chunks_published,
            tokens=record.tokens_embedded,
            seconds=record.seconds or 0.0,
            verdict=str(record.verdict.decision) if record.verdict else "",
            run_id=record.run_id,
        )


@dataclass(frozen=True, slots=True)
class BackfillProgress:
    """All windows of a backfill, oldest first.

    `seconds` have passed since it was started; `max_tokens` is the limit of the whole backfill.
    """

    windows: Sequence[WindowRow]
    seconds: float = 0.0
    max_tokens: int | None = None

    @property
    def over(self) -> int:
        return sum(row.state.is_over for row in self.windows)

    @property
    def share(self) -> float:
        """The share that is done, from 0 to 1: of the planned documents, else of the windows."""
        planned = sum(row.planned for row in self.windows)
        if not planned:
            return self.over / max(1, len(self.windows))
        return sum(row.planned for row in self.windows if row.state.is_over) / planned

    @property
    def seconds_left(self) -> float | None:
        """An estimate from the documents that this start has processed; None before the first."""
        own = [row for row in self.windows if row.state.is_over and row.seconds]
        documents, took = sum(row.planned for row in own), sum(row.seconds for row in own)
        left = sum(row.planned for row in self.windows if not row.state.is_over)
        return took * left / documents if documents else None

    def __str__(self) -> str:
        tokens = f"{sum(row.tokens for row in self.windows):,} tokens"
        if self.max_tokens is not None:
            tokens += f" of at most {self.max_tokens:,}"
        documents = sum(row.documents for row in self.windows)
        chunks = sum(row.chunks for row in self.windows)
        parts = [
            f"{self.over:,} of {len(self.windows):,} windows",
            f"{documents:,} documents, {chunks:,} chunks published",
            tokens,
            duration(self.seconds),
        ]
        left = self.seconds_left
        if left:
            parts.append(f"about {duration(left)} left")
        return " · ".join(parts)


def duration(seconds: float) -> str:
    """Return a duration as people say it, such as 45 s, 12 min, 3.5 h or 2.1 days."""
    if seconds < 2 * _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < 2 * _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    if seconds < 2 * _DAY:
        return f"{seconds / _HOUR:.1f} h"
    return f"{seconds / _DAY:.1f} days"
