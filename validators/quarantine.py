"""What a document's status and reason say of it: whether anything is wrong with it."""

from collections.abc import Iterable

import polars as pl

from vouch.schemas.documents.records import Reason

# These rejects say nothing of the documents' quality: this machine cannot read them, and each
# reason names what is missing.
_NOT_READABLE = (Reason.UNSUPPORTED_TYPE, Reason.NEEDS_LIBREOFFICE, Reason.NEEDS_OCR)
# These were read, and a rule of the settings did with them what it is there for.
_STOPPED = (Reason.CONTRACT, Reason.POLICY)

PUBLISHED_UNTIL_NOW = ", published until now"
"""Ends the reason of what a rule stopped and readers had, in a candidate: that is a loss."""

IN_QUARANTINE = pl.col("status") == "quarantined"


def is_readable() -> pl.Expr:
    """Return an expression over `reason`: false where this machine lacks the document's reader."""
    return ~_is_one_of(_NOT_READABLE)


def is_stopped() -> pl.Expr:
    """Return an expression: true for what a contract or the content policy put into quarantine, and
    readers did not have.
    """
    return IN_QUARANTINE & _is_one_of(_STOPPED)


def is_stopped_or_lost() -> pl.Expr:
    """Return an expression: true for what a contract or the policy put into quarantine."""
    reasons = [*_STOPPED, *(f"{reason}{PUBLISHED_UNTIL_NOW}" for reason in _STOPPED)]
    return IN_QUARANTINE & _is_one_of(reasons)


def _is_one_of(reasons: Iterable[str]) -> pl.Expr:
    return pl.col("reason").is_in([str(reason) for reason in reasons]).fill_null(value=False)
