"""What a document's status and reason say of it: whether anything is wrong with it."""

import polars as pl

from vouch.schemas.documents.records import Reason

# These rejects say nothing of the documents' quality: this machine cannot read them, and each
# reason names what is missing.
_NOT_READABLE = (Reason.UNSUPPORTED_TYPE, Reason.NEEDS_LIBREOFFICE, Reason.NEEDS_OCR)
# These were read, and a rule of the settings did with them what it is there for.
_STOPPED = (Reason.CONTRACT, Reason.POLICY)

IN_QUARANTINE = pl.col("status") == "quarantined"


def is_readable() -> pl.Expr:
    """Return an expression over `reason`: false where this machine lacks the document's reader."""
    return ~_is_one_of(_NOT_READABLE)


def is_stopped() -> pl.Expr:
    """Return an expression: true for what a contract or the content policy put into quarantine."""
    return IN_QUARANTINE & _is_one_of(_STOPPED)


def _is_one_of(reasons: tuple[Reason, ...]) -> pl.Expr:
    return pl.col("reason").is_in([str(reason) for reason in reasons]).fill_null(value=False)
