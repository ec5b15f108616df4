"""A person's agreement to what a check rejects, and which checks it is about."""

from datetime import datetime

from pydantic import Field

from vouch.schemas.strict import Strict


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

    def covers(self, qualified_id: str, scope: str) -> bool:
        """Return whether it is about the check with this id (and subject) of this scope."""
        check_id = qualified_id.split(":", 1)[0]
        names = {check_id, qualified_id, f"{check_id}@{scope}", f"{qualified_id}@{scope}"}
        return not names.isdisjoint(self.checks)
