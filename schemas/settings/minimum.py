"""Minimum scores of golden queries: `retrieval.require`."""

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from vouch.schemas.strict import Share, Strict

_GROUP = re.compile("overall|(tag|language|source|owner|profile):.+", re.DOTALL)


class Minimum(Strict):
    """The least mean of a group of golden queries, for some time or for good.

    A release that is agreed to below the usual score has a lower one `until` a day, and `then` the
    usual one: it comes into force by itself.
    """

    at_least: Share = Field(description="The least mean, between 0 and 1")
    metric: Literal["recall", "precision", "span recall", "MRR", "nDCG", "success"] = Field(
        default="recall", description="Which mean"
    )
    owner: str | None = Field(default=None, description="Who agreed to it")
    why: str | None = Field(default=None, description="Why")
    until: date | None = Field(default=None, description="The last day (UTC) of `at_least`")
    then: Share | None = Field(default=None, description="The least mean after that day")

    @model_validator(mode="after")
    def _check_term(self) -> "Minimum":
        if (self.until is None) != (self.then is None):
            raise ValueError("until and then belong together: the last day, and what holds after")
        if self.until is not None and not self.owner:
            raise ValueError("owner is missing: whoever agrees to a score for some time is named")
        return self

    def in_force(self, today: date) -> float:
        """Return the least mean on a day."""
        is_over = self.until is not None and today > self.until
        return self.then if is_over and self.then is not None else self.at_least

    def term(self, today: date) -> str:
        """Say what holds until when; empty where it is for good."""
        if self.until is None or self.then is None:
            return ""
        if today > self.until:
            return f"{self.at_least:g} was agreed until {self.until}"
        return f"agreed until {self.until}, then {self.then:g}"


def _from_number(value: Any) -> Any:  # noqa: ANN401 - whatever is to be validated
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {"at_least": value}
    if isinstance(value, dict | Minimum):
        return value
    raise ValueError("write a number between 0 and 1, or a table with at_least")


def _group(name: str) -> str:
    if not _GROUP.fullmatch(name):
        raise ValueError(
            "a group is overall, or tag:, language:, source:, owner: or profile: with a name, such "
            f"as tag:finance, not {name!r}"
        )
    kind, _, value = name.partition(":")
    # As tags are read from the file of golden queries.
    return f"{kind}:{value.strip().lower()}" if kind in ("tag", "language") else name


Required = dict[
    Annotated[str, BeforeValidator(_group)], Annotated[Minimum, BeforeValidator(_from_number)]
]
"""Minimum scores by group: a number, or a table."""
