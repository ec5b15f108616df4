"""Every error that Vouch raises on purpose.

    VouchError
    ├── SettingsError          vouch.yaml is wrong: key, line and the nearest valid key
    │   └── ValueMissing       a search gives no value for a parameter of its profile
    ├── SourceError            a source cannot be listed or read
    │   ├── SourceUnavailable  may succeed later (a time-out, a reset connection)
    │   └── SourceRefused      will not succeed by itself (no such folder, no permission)
    ├── DocumentRejected       one document cannot be published; becomes a quarantine row
    ├── EmbeddingError         the model cannot be loaded, or its vectors are not usable
    │   ├── ModelChanged       probe texts get other vectors than when the generation began
    │   └── TextRefused        an embedding service refuses this one text
    ├── IndexError_            the index is missing, damaged or in use
    │   ├── NotFound           no such chunk, document or run in the index
    │   ├── StateDeleted       what an open index shows has been deleted since
    │   └── IndexClosed        it is used after its `close`
    ├── StorageError           a folder is full, or cannot be read or written
    │   └── StorageRefused     will not succeed by itself (no such bucket, no permission)
    ├── ClusterError           the cluster cannot be reached, or its workers are not fit
    ├── MassDeleteRefused      a run would delete more documents than index.max_delete_share
    ├── AccountingError        the sums of a run do not close
    ├── PlanStale              a saved plan is no longer what would be done
    ├── BudgetExceeded         a run would exceed run.max_documents, run.max_tokens or the budget
    ├── PublishingHeld         a rollback blocks publishing until a person releases it
    └── RunRejected            the verdict is reject; nothing was published

`retryable` states whether the same call may succeed later; retry policies read it and nothing
else. `exit_code` is the exit status of the command line. All errors survive pickling, because
they cross process borders. A message states what happened, to which document, source or run, and
what to do about it.
"""

import sys
from typing import ClassVar


class VouchError(Exception):
    """Base class of every error in the tree above."""

    retryable: ClassVar[bool] = False
    exit_code: ClassVar[int] = 1


_SILENT: dict[type[BaseException], str] = {
    TimeoutError: "it took too long",
    ConnectionResetError: "the connection was lost",
    MemoryError: "there is not enough memory",
    RecursionError: "it is nested too deeply",
    EOFError: "it ended too early",
}
_RECORDED = "it is in the record of its run"


def note_recorded(error: BaseException) -> None:
    """Mark an error as written to its run's record, so that it is reported only once."""
    error.add_note(_RECORDED)


def recorded(error: BaseException) -> bool:
    """Return whether the record of a run contains this error."""
    return isinstance(error, RunRejected) or _RECORDED in getattr(error, "__notes__", ())


def in_words(error: BaseException) -> str:
    """Return what an error says, and of one that is not Vouch's own, which library says it.

    Names of classes say nothing to people.
    """
    text = " ".join(str(error).split())
    if isinstance(error, VouchError):
        return str(error)
    if isinstance(error, KeyError):
        text = f"there is no {text}"
    elif not text:
        text = _SILENT.get(type(error), "an error without a message")
    return f"{text} (says {_speaker(error)})"


def _speaker(error: BaseException) -> str:
    """Return the library that has raised an error; Python itself is one, and so is Vouch."""
    module = type(error).__module__
    trace = error.__traceback__
    while module == "builtins" and trace is not None:
        if trace.tb_next is None:
            module = str(trace.tb_frame.f_globals.get("__name__", module))
        trace = trace.tb_next
    library = module.partition(".")[0]
    if library in sys.stdlib_module_names or library == "__main__":
        return "Python"
    return "Vouch" if library == "vouch" else library


def failure(error: BaseException) -> str:
    """Return how the record of a run says why it failed."""
    if isinstance(error, Exception):
        return in_words(error)
    # KeyboardInterrupt, or Prefect's signal: Ctrl-C, `kill`, a cancelled flow run.
    by = f" ({error})" if str(error) else ""
    return (
        f"the run was interrupted{by}; nothing was published, and the next run reuses its finished "
        "shards"
    )


def failure_kind(error: BaseException) -> str:
    """Return by what failures are grouped: the class of an error; empty for an interruption."""
    return type(error).__name__ if isinstance(error, Exception) else ""


class SettingsError(VouchError):
    exit_code = 2


class ValueMissing(SettingsError):
    pass


class SourceError(VouchError):
    exit_code = 3


class SourceUnavailable(SourceError):
    retryable = True


class SourceRefused(SourceError):
    pass


class EmbeddingError(VouchError):
    exit_code = 4


class ModelChanged(EmbeddingError):
    pass


class TextRefused(EmbeddingError):
    pass


class IndexError_(VouchError):
    exit_code = 5


class NotFound(IndexError_):
    pass


class StateDeleted(IndexError_):
    pass


class IndexClosed(IndexError_):
    pass


class StorageError(VouchError):
    exit_code = 12


class StorageRefused(StorageError):
    pass


class ClusterError(VouchError):
    exit_code = 13


class MassDeleteRefused(VouchError):
    exit_code = 6


class AccountingError(VouchError):
    exit_code = 7


class PlanStale(VouchError):
    exit_code = 8


class BudgetExceeded(VouchError):
    exit_code = 9


class PublishingHeld(VouchError):
    exit_code = 11


class RunRejected(VouchError):
    exit_code = 10


class DocumentRejected(VouchError):
    """One document, or one chunk of it, cannot be published.

    `reason` is a code of `vouch.schemas.documents.records.Reason`, `message` explains it.
    `media_type` and `parser` are filled in by the parser registry as far as they are known.
    """

    media_type: str | None = None
    parser: str | None = None

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(reason, message)
        self.reason = reason
        self.message = message

    def __str__(self) -> str:
        return f"{self.reason}: {self.message}"
