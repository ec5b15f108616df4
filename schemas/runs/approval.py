"""A person's agreement to what a check rejects, and which checks it is about."""

from datetime import datetime

from pydantic import Field

from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.strict import Strict

NEVER_APPROVED = frozenset(
    {
        CheckId.ACCOUNTING,
        CheckId.DOCUMENT_ID_UNIQUE,
        CheckId.CHUNK_COUNT,
        CheckId.CHUNK_ID_UNIQUE,
        CheckId.CHUNK_HAS_DOCUMENT,
        CheckId.SINGLE_GENERATION,
        CheckId.EMBEDDING_REPRODUCIBILITY,
    }
)
"""The integrity of the index: no person can agree to an index that contradicts itself."""


class Approval(Strict):
    """Who lets failed checks warn instead of reject, why, and until when.

    It is part of the record of the run of kind `approve` that made it, whose id is `id`, and of
    every check that it concerns.
    """

    id: str
    who: str
    why: str
    at: datetime
    run_id: str | None = Field(
        default=None, description="The rejected run whose candidate was published"
    )
    checks: tuple[str, ...] = Field(
        default=(),
        description="`ID`, `ID:SUBJECT`, `ID@SCOPE` or `ID:SUBJECT@SCOPE` of each check",
    )
    until: datetime | None = Field(
        default=None, description="Until when later runs may fail them too; empty: none may"
    )
    figures: dict[str, float] = Field(
        default_factory=dict,
        description="How far each check had failed that was agreed to: later runs go no further",
    )
    ends: str | None = Field(
        default=None, description="The approval that this one ends, which is no agreement then"
    )

    @property
    def sentence(self) -> str:
        """Who agreed, until when, and why, for the message of a check."""
        until = f"until {self.until:%Y-%m-%d %H:%M} UTC" if self.until else f"{self.at:on %Y-%m-%d}"
        return f"{self.who} agreed {until}: {self.why}"

    def covers(self, names: frozenset[str]) -> bool:
        """Return whether it is about a check, by `vouch.schemas.runs.record.Check.names`."""
        is_agreement = not self.ends and names.isdisjoint(NEVER_APPROVED)
        return is_agreement and not names.isdisjoint(self.checks)


class Refusal(Strict):
    """Who decided in Prefect's pages that a rejected run stays rejected, and why."""

    who: str
    why: str
    at: datetime

    @property
    def sentence(self) -> str:
        """Who decided, when and why."""
        return f"{self.who} decided on {self.at:%Y-%m-%d} that it stays rejected: {self.why}"
