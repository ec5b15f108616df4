"""What a corpus that only grows is not held to: it is meant to, and how far a contract bounds (`max_documents`)."""

from math import inf

from vouch.schemas.drift import DriftThresholds
from vouch.validators.drift.profile import Profile


def growing(limits: DriftThresholds, before: Profile, after: Profile) -> DriftThresholds:
    """The limits of the index as a whole: counts that are other by growth alone warn and do not block."""
    block = inf if limits.chunks.block is None else limits.chunks.block
    alone = {
        "documents": after.documents > before.documents,
        "chunks": after.chunks > before.chunks and _swollen(before, after) < block,
        "sources": all(
            after.mixes["sources"].get(name, 0) >= count
            for name, count in before.mixes["sources"].items()
        ),
    }
    warns = {
        name: limits.of(name).model_copy(update={"block": None})
        for name, grown in alone.items()
        if grown
    }
    return limits.model_copy(update=warns)


def _swollen(before: Profile, after: Profile) -> float:
    """By how much the documents that both states hold have more chunks than they had: texts that came twice are no growth."""
    both = before.of_document.join(after.of_document, on="document_id", suffix="_after")
    had = int(both["len"].sum())
    return int(both["len_after"].sum()) / had - 1 if had else 0.0
