"""What a run has spent on embedding: tokens by day and source, and what they cost.

Amounts are decimal numbers, never floats, and exact: only `money` rounds, for display.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from itertools import chain
from operator import attrgetter

from pydantic import ConfigDict

from vouch.schemas.strict import Strict

_PRICED_TOKENS = 1_000_000


def price_of(tokens: int, price_per_million: Decimal | None) -> Decimal | None:
    """Return what tokens cost; None without a price."""
    return None if price_per_million is None else tokens * price_per_million / _PRICED_TOKENS


def money(amount: Decimal | None, currency: str) -> str:
    """Return an amount for display: `12.34 EUR`, a small one `0.00012 EUR`; empty for None.

    Rounded to two digits after the point, or to two significant ones where that would be nothing.
    """
    if amount is None:
        return ""
    digits = max(2, 1 - amount.adjusted()) if amount else 2
    return f"{amount:,.{digits}f} {currency}"


class Spent(Strict):
    """Tokens of a source that were embedded on one day (UTC), and what they cost."""

    day: date
    source: str
    tokens: int
    amount: Decimal | None = None

    def __add__(self, other: "Spent") -> "Spent":
        """Return both as one row, of the day and source of this one."""
        amounts = [amount for amount in (self.amount, other.amount) if amount is not None]
        return self.model_copy(
            update={
                "tokens": self.tokens + other.tokens,
                "amount": sum(amounts, Decimal(0)) if amounts else None,
            }
        )


class Requests(Strict):
    """Requests to an embedding service: all, those that were sent again for the same texts, those
    that brought vectors, and those that the service refused, which cost nothing.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    sent: int = 0
    repeated: int = 0
    answered: int = 0
    refused: int = 0

    @property
    def lost(self) -> int:
        """Those of which nobody knows whether they are charged: they count as spent, with the
        tokens that Vouch counts itself.
        """
        return self.sent - self.answered - self.refused

    @property
    def in_words(self) -> str:
        """What they were, for people; empty without any."""
        if not self.sent:
            return ""
        parts = [f"{self.sent:,} request{'' if self.sent == 1 else 's'}"]
        parts += [f"{self.repeated:,} repeated"] if self.repeated else []
        parts += [f"{self.refused:,} refused without cost"] if self.refused else []
        parts += [f"{self.lost:,} without an answer, counted as estimated"] if self.lost else []
        return ", ".join(parts)

    def __add__(self, other: "Requests") -> "Requests":
        return Requests(
            sent=self.sent + other.sent,
            repeated=self.repeated + other.repeated,
            answered=self.answered + other.answered,
            refused=self.refused + other.refused,
        )

    def __neg__(self) -> "Requests":
        return Requests(
            sent=-self.sent,
            repeated=-self.repeated,
            answered=-self.answered,
            refused=-self.refused,
        )


NO_SOURCE = ""
"""The source of what is embedded for no document: probe texts and golden queries."""


class SourceCost(Strict):
    """Tokens of a source, and what they cost; the amount is None without a price."""

    source: str
    tokens: int
    amount: Decimal | None = None

    @property
    def name(self) -> str:
        """The source as it is shown."""
        return self.source or "probe texts and golden queries"


class Spending(Strict):
    """What was spent in one currency, the oldest day first; amounts are None without a price."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    currency: str = ""
    price_per_million_tokens: Decimal | None = None
    rows: tuple[Spent, ...] = ()
    requests: Requests = Requests()

    @classmethod
    def of(
        cls,
        tokens: Mapping[tuple[date, str], int],
        price: Decimal | None,
        currency: str,
        requests: Requests = Requests(),
    ) -> "Spending":
        """Return the spending of tokens by day and source."""
        rows = (
            Spent(day=day, source=source, tokens=count, amount=price_of(count, price))
            for (day, source), count in sorted(tokens.items())
            if count
        )
        return cls(
            currency=currency,
            price_per_million_tokens=price,
            rows=tuple(rows),
            requests=requests,
        )

    @property
    def tokens(self) -> int:
        return sum(row.tokens for row in self.rows)

    @property
    def tokens_of_no_source(self) -> int:
        """Those of probe texts and golden queries."""
        return sum(row.tokens for row in self.rows if row.source == NO_SOURCE)

    @property
    def amount(self) -> Decimal | None:
        """What all of it costs; None without a price."""
        amounts = [row.amount for row in self.rows if row.amount is not None]
        if not amounts and self.price_per_million_tokens is None:
            return None
        return sum(amounts, Decimal(0))

    @property
    def shown_amount(self) -> str:
        """The amount with its currency, for people; empty without a price."""
        return money(self.amount, self.currency)

    def between(self, first: date, last: date) -> "Spending":
        """Return what was spent on these days, both included."""
        rows = tuple(row for row in self.rows if first <= row.day <= last)
        return self.model_copy(update={"rows": rows})

    def by_source(self) -> tuple[SourceCost, ...]:
        """Return the sums by source, the most tokens first."""
        tokens: Counter[str] = Counter()
        amounts: dict[str, Decimal] = {}
        for row in self.rows:
            tokens[row.source] += row.tokens
            if row.amount is not None:
                amounts[row.source] = amounts.get(row.source, Decimal(0)) + row.amount
        return tuple(
            SourceCost(source=source, tokens=count, amount=amounts.get(source))
            for source, count in sorted(tokens.items(), key=lambda pair: (-pair[1], pair[0]))
        )


def total(spendings: Iterable[Spending]) -> tuple[Spending, ...]:
    """Return the sums of several runs, one for each currency, by its name.

    Runs without a price are those of the currency "".
    """
    parts: dict[str, list[Spending]] = {}
    for spending in spendings:
        currency = spending.currency if spending.price_per_million_tokens is not None else ""
        parts.setdefault(currency, []).append(spending)
    return tuple(
        Spending(
            currency=currency,
            rows=tuple(sorted(_rows(parts[currency]), key=attrgetter("day"))),
            requests=sum((part.requests for part in parts[currency]), Requests()),
        )
        for currency in sorted(parts)
    )


def _rows(spendings: Iterable[Spending]) -> Iterable[Spent]:
    return chain.from_iterable(spending.rows for spending in spendings)
