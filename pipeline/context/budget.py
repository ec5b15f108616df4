"""Counts what a run embeds, and stops it before it spends more than the settings allow."""

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from secrets import token_hex
from typing import TYPE_CHECKING

from vouch.index.store.publication_columns import now
from vouch.pipeline.context.spending_ledger import SpendingLedger
from vouch.schemas.errors import BudgetExceeded
from vouch.schemas.runs.cost import Requests, Spending, money, price_of
from vouch.schemas.settings.vouch_yaml import Settings

if TYPE_CHECKING:
    from vouch.pipeline.context.settings_loader import SettingsFile
    from vouch.reports.metrics import Budget


@dataclass(frozen=True, slots=True)
class Cap:
    """A cap of the settings, and what is spent of it: `period` is `run`, `day` or `month`.

    `free_at` is when the next day or month begins, from which on nothing of it is spent.
    """

    period: str
    limit: Decimal
    spent: Decimal
    currency: str
    free_at: datetime | None = None

    @property
    def left(self) -> Decimal:
        return max(Decimal(0), self.limit - self.spent)

    def __str__(self) -> str:
        limit, spent = money(self.limit, self.currency), money(self.spent, self.currency)
        left = money(self.left, self.currency)
        return f"budget.{self.period} is {limit}, of which {spent} are spent and {left} are left"

    @property
    def way_out(self) -> str:
        """What a person can do where it is reached."""
        again = (
            f", or run again from {self.free_at:%Y-%m-%d %H:%M} UTC on, when the next "
            f"{self.period} begins"
            if self.free_at
            else ""
        )
        return f"raise budget.{self.period} in vouch.yaml{again}"


def caps_of(settings: Settings, ledger: SpendingLedger, run_id: str | None) -> list[Cap]:
    """Return the caps of the settings, with what this run, this day and this month have spent."""
    limits, currency, today = settings.budget.caps, settings.embedding.currency, now().date()
    spent = {"run": Decimal(0)}
    if run_id and "run" in limits:
        spent["run"] = _amount([ledger.of_run(run_id)], currency)
    if limits.keys() & {"day", "month"}:
        of_month = ledger.of_month(today)
        spent["day"] = _amount([part.between(today, today) for part in of_month], currency)
        spent["month"] = _amount(of_month, currency)
    tomorrow = today + timedelta(days=1)
    next_month = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    free_at = {"day": _midnight(tomorrow), "month": _midnight(next_month)}
    return [
        Cap(period, limit, spent[period], currency, free_at.get(period))
        for period, limit in limits.items()
    ]


def spending_metrics(file: "SettingsFile") -> "tuple[list[Spending], Budget]":
    """Return what all runs have spent this month and the caps, as `vouch.reports.metrics` takes
    them.
    """
    from vouch.reports.metrics import Budget  # its library takes time to import

    settings, ledger = file.settings, SpendingLedger(file.work_location)
    budget = Budget(settings.budget.caps, settings.embedding.currency)
    return ledger.of_month(now().date()), budget


class TokenMeter:
    """Counts the tokens that a process embeds for a run, before it embeds them.

    What is about to be spent is written first, and then all that others have written is summed up.
    Where two ask for the rest of a budget at the same moment, both may be refused, but never are
    both allowed.
    """

    def __init__(
        self, settings: Settings, ledger: SpendingLedger, run_id: str, max_tokens: int | None
    ) -> None:
        self._settings, self._ledger, self._run_id = settings, ledger, run_id
        self._max_tokens = max_tokens
        self._writer = token_hex(4)
        self._lock = threading.Lock()
        self._tokens: Counter[tuple[date, str]] = Counter()
        self._requests: dict[str, Requests] = {}  # by month
        self._elsewhere = 0

    @property
    def spent(self) -> int:
        """The tokens that this process has embedded."""
        return self._tokens.total()

    def spend(self, tokens: Mapping[str, int], request: Requests = Requests()) -> date:
        """Count tokens that are about to be embedded, by source, and a request by which a service
        embeds them. Return the day to which they count.

        Raises `BudgetExceeded` where they are more than the settings allow; they do not count then.
        """
        count, today = sum(tokens.values()), now().date()
        with self._lock:
            if count:
                self._refuse_tokens(self.spent + self._elsewhere + count)
            self._add(today, tokens, request)
            try:
                if count:
                    self._refuse_cost(count)
            except BudgetExceeded:
                self._add(today, _minus(tokens), -request)
                raise
        return today

    def correct(self, day: date, tokens: Mapping[str, int], request: Requests) -> None:
        """Add tokens by source, negative ones too, to what counts to this day, and what became of
        a request.
        """
        with self._lock:
            self._add(day, tokens, request)

    def note_spent_elsewhere(self, tokens: int) -> None:
        """Count tokens that a worker of the cluster has embedded, and written by itself.

        Raises `BudgetExceeded` where all together are more than `run.max_tokens`.
        """
        with self._lock:
            self._elsewhere += tokens
            self._refuse_tokens(self.spent + self._elsewhere)

    def _add(self, day: date, tokens: Mapping[str, int], request: Requests) -> None:
        """Add to what was spent on a day, and write it."""
        self._tokens.update({(day, source): count for source, count in tokens.items()})
        month, embedding = f"{day:%Y-%m}", self._settings.embedding
        self._requests[month] = self._requests.get(month, Requests()) + request
        spending = Spending.of(
            self._tokens,
            embedding.price_per_million_tokens,
            embedding.currency,
            self._requests[month],
        )
        self._ledger.write(self._run_id, self._writer, day, spending)

    def _refuse_tokens(self, spent: int) -> None:
        limit = self._max_tokens
        if limit is not None and spent > limit:
            raise BudgetExceeded(
                f"the run would embed {spent:,} tokens so far, more than run.max_tokens "
                f"({limit:,}) allows; raise the limit and re-run; finished shards are reused"
            )

    def _refuse_cost(self, tokens: int) -> None:
        """Raise `BudgetExceeded` where a cap is exceeded by these tokens, which are written."""
        embedding = self._settings.embedding
        cost = price_of(tokens, embedding.price_per_million_tokens) or Decimal(0)
        for cap in caps_of(self._settings, self._ledger, self._run_id):
            if cap.spent > cap.limit:
                before = replace(cap, spent=cap.spent - cost)
                raise BudgetExceeded(
                    f"{before}; the next {tokens:,} tokens would cost "
                    f"{money(cost, embedding.currency)}, so the run stopped before them. The next "
                    f"run reuses its finished shards; {before.way_out}"
                )


def _amount(spendings: Sequence[Spending], currency: str) -> Decimal:
    """Return what was spent in this currency; amounts in another one cannot be added to it."""
    amounts = (part.amount for part in spendings if part.currency == currency)
    return sum((amount for amount in amounts if amount is not None), Decimal(0))


def _minus(tokens: Mapping[str, int]) -> dict[str, int]:
    return {source: -count for source, count in tokens.items()}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
