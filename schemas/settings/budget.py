"""What embedding costs, and how much of it a run, a day and a month may."""

import re
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, Field

from vouch.schemas.strict import Strict

Amount = Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]


def _is_code(currency: str) -> str:
    if not re.fullmatch("[A-Z]{3}", currency):
        raise ValueError("a currency is its ISO 4217 code, such as EUR")
    return currency


Currency = Annotated[str, AfterValidator(_is_code)]


class BudgetSettings(Strict):
    """Caps on what embedding may cost, in `embedding.currency`. A run stops before it spends more.

    Days and months are those of UTC. All runs on the same `run.work_path` count, also those that
    failed or were rejected.
    """

    run: Amount | None = Field(default=None, description="The most that one run may cost")
    day: Amount | None = Field(default=None, description="The most that all runs of a day may cost")
    month: Amount | None = Field(
        default=None, description="The most that all runs of a calendar month may cost"
    )

    @property
    def caps(self) -> dict[str, Decimal]:
        """The caps that are set, by their key, the shortest time first."""
        caps = {"run": self.run, "day": self.day, "month": self.month}
        return {period: cap for period, cap in caps.items() if cap is not None}
