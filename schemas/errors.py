"""Every error that Vouch raises on purpose.

    VouchError
    ├── SettingsError          vouch.yaml is wrong: names the key, the line and the nearest right key
    ├── SourceError            a source cannot be listed or read
    │   ├── SourceUnavailable  may pass: worth another try (a time-out, a reset connection)
    │   └── SourceRefused      will not pass by itself (no such folder, no permission)
    ├── DocumentRejected       one document cannot be published; becomes a quarantine row with a stage and a reason
    ├── EmbeddingError         the model cannot be loaded, or gives vectors that are not usable
    ├── IndexError_            the index is missing, or not what it should be
    │   └── NotFound           no such chunk, document or run in the index
    ├── MassDeleteRefused      a listing would delete more than the settings allow
    ├── AccountingError        the sums of a run do not close
    ├── PlanStale              a saved plan is not what would be done now
    ├── BudgetExceeded         a run would cost more than it may
    ├── PublishingHeld         a rollback holds the index until a person releases it
    └── RunRejected            the verdict says no; nothing was published

`retryable` says whether the same call may succeed later; task policies read it and nothing else. `exit_code` is what
the command line ends with. All of them survive pickling, because they cross process borders.
"""

from typing import ClassVar


class VouchError(Exception):
    """Base of all. The message says what happened, to what, and what to do."""

    retryable: ClassVar[bool] = False
    exit_code: ClassVar[int] = 1


_RECORDED = "it is in the record of its run"


def note_recorded(error: BaseException) -> None:
    """Say with the error that its run's record tells of it, and so does whoever tells of runs."""
    error.add_note(_RECORDED)


def recorded(error: BaseException) -> bool:
    """Whether there is a run's record that tells of it."""
    return isinstance(error, RunRejected) or _RECORDED in getattr(error, "__notes__", ())


class SettingsError(VouchError):
    exit_code = 2


class SourceError(VouchError):
    exit_code = 3


class SourceUnavailable(SourceError):
    retryable = True


class SourceRefused(SourceError):
    pass


class EmbeddingError(VouchError):
    exit_code = 4


class IndexError_(VouchError):
    exit_code = 5


class NotFound(IndexError_):
    pass


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
    """One document (or one chunk of it) cannot be published.

    `reason` is a code of `vouch.schemas.records.Reason`, `message` says it in words. `media_type` and `parser` are filled in
    by the registry as far as they are known.
    """

    media_type: str | None = None
    parser: str | None = None

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(reason, message)
        self.reason = reason
        self.message = message

    def __str__(self) -> str:
        return f"{self.reason}: {self.message}"
