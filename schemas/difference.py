"""What differs between two published states."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Difference:
    """One document: `change` is added, removed, changed, renamed, reprocessed, or its new status (quarantined, …)."""

    change: str
    source: str
    uri: str
    why: str


@dataclass(frozen=True, slots=True)
class Diff:
    """From one run's state to another's. `chunks_kept` stand in both under the same id."""

    before: str
    after: str
    documents: tuple[Difference, ...]
    chunks_added: int
    chunks_removed: int
    chunks_kept: int
