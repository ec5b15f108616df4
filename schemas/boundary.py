"""The boundaries between the steps of a run, and a hook for fault injection.

The code that performs a step crosses its boundary with `crossing`, as a context manager or as a
decorator. By default that does nothing. A test (or an operator who rehearses a failure) installs
a hook with `install`: it is called before and after each step, and may raise, or kill the
process, to show what a run that ends there leaves behind.

The hook belongs to the process: threads see it, worker processes that are started do not.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TypeAlias


class Boundary(StrEnum):
    """The steps of a run, of maintenance and of going back, each named by what it does."""

    # A run that publishes, in the order in which it crosses them.
    RECOVER = "recover"
    LIST = "list"
    PLAN = "plan"
    FETCH_AND_PARSE = "fetch_and_parse"
    VALIDATE_ROWS = "validate_rows"
    EMBED = "embed"
    SYNC_SHARD_FILE = "sync_shard_file"
    STAGE = "stage"
    AUDIT = "audit"
    VERDICT = "verdict"
    NOTE_GENERATION = "note_generation"
    RECORD_INTENT = "record_intent"
    COMMIT_CHUNKS = "commit_chunks"
    COMMIT_DOCUMENTS = "commit_documents"
    COMMIT_QUARANTINE = "commit_quarantine"
    REFRESH_INDEXES = "refresh_indexes"
    TAG = "tag"
    WRITE_RUN = "write_run"
    RETAIN = "retain"
    REPORT = "report"
    SHOW_RESULT = "show_result"

    # A rollback: RECORD_INTENT, this one, then TAG, WRITE_RUN and RETAIN.
    RESTORE_TABLES = "restore_tables"

    # A shadow: EMBED and STAGE of its shards, then this one, then REPORT and WRITE_RUN. A switch:
    # a run that publishes, between the other two.
    WRITE_SHADOW = "write_shadow"
    COPY_PUBLISHED = "copy_published"
    WRITE_SETTINGS = "write_settings"

    # Maintenance: RETAIN, these, then WRITE_RUN and TAG. Choosing builds one or more indexes.
    CONVERT_VECTORS = "convert_vectors"
    COMPACT = "compact"
    CHOOSE_VECTOR_INDEX = "choose_vector_index"
    BUILD_VECTOR_INDEX = "build_vector_index"


class Side(StrEnum):
    """Whether a step is about to begin or has just succeeded."""

    BEFORE = "before"
    AFTER = "after"


Hook: TypeAlias = Callable[[Boundary, Side], None]


def _ignore(boundary: Boundary, side: Side) -> None:
    """Do nothing: the hook of a process in which none is installed."""


_hook: Hook = _ignore


def boundary(name: Boundary, side: Side) -> None:
    """Call the installed hook; whatever it raises ends the step."""
    _hook(name, side)


@contextmanager
def crossing(name: Boundary) -> Iterator[None]:
    """Call the installed hook before the enclosed step and, if the step succeeds, after it."""
    boundary(name, Side.BEFORE)
    yield
    boundary(name, Side.AFTER)


@contextmanager
def install(hook: Hook) -> Iterator[None]:
    """Let `hook` be called at every boundary that this process crosses, until the block ends.

    Hooks do not stack: the one that was installed before is put back afterwards.
    """
    global _hook
    previous, _hook = _hook, hook
    try:
        yield
    finally:
        _hook = previous
