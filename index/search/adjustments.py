"""Boosts and decay of a profile: what the relevance of a chunk is multiplied by.

They change the order of what a search finds. They never let a chunk in that the filters keep out,
and never leave one out that is found without them: see `adjusted` and `lifted`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from math import prod
from typing import Any

from vouch.index.search.ranking import Row
from vouch.schemas.documents.values import Value, load_fields
from vouch.schemas.settings.profiles import BoostSettings, DecaySettings

_WORD = re.compile(r"\w+")
_IDEOGRAPH = re.compile("[\u2e80-\ud7ff]")
_DAY_S = 86_400.0
_OF_METADATA = "metadata."
DATES = ("source_modified_at", "ingested_at")
"""Columns of `chunks` by which relevance can decay."""


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A rule that holds for a chunk, in words, and what its relevance is multiplied by."""

    rule: str
    factor: float


Adjustments = Mapping[str, Sequence[Adjustment]]
"""The rules that hold for each chunk, by its id."""


def boosts_for(query: str, boosts: Iterable[BoostSettings]) -> list[BoostSettings]:
    """Return the boosts that hold for a query: those without words, or with one that it has."""
    words = _words(query)
    return [
        boost
        for boost in boosts
        if not boost.query or any(_is_in(_words(phrase), words) for phrase in boost.query)
    ]


def _words(text: str) -> str:
    return f" {' '.join(_WORD.findall(text.casefold()))} "


def _is_in(phrase: str, words: str) -> bool:
    # Scripts without spaces have no whole words to look for.
    return (phrase.strip() if _IDEOGRAPH.search(phrase) else phrase) in words


def adjustments_of(
    row: Row, boosts: Sequence[BoostSettings], decay: DecaySettings | None, at: datetime
) -> list[Adjustment]:
    """Return the rules that hold for a chunk.

    Its row has `boost0`, `boost1` and so on: whether it meets the filter of each boost; and what
    `decay_columns` names.
    """
    rules = [
        Adjustment(_in_words(boost), boost.factor)
        for number, boost in enumerate(boosts)
        if row[f"boost{number}"]
    ]
    if decay is not None:
        moment = moment_of(row, decay.field)
        day = f"{moment:%Y-%m-%d}" if moment else "no date"
        rules.append(Adjustment(f"{decay.field}: {day}", decay_factor(decay, moment, at)))
    return rules


def _in_words(boost: BoostSettings) -> str:
    return f"{boost.where} ({', '.join(boost.query)} in the query)" if boost.query else boost.where


def decay_factor(decay: DecaySettings, moment: datetime | None, at: datetime) -> float:
    """Return what relevance is multiplied by: 1 for a date that is not past, half way to the floor
    after each half-life, and the floor itself where there is no date.
    """
    if moment is None:
        return decay.floor
    days = max(0.0, (at - moment).total_seconds() / _DAY_S)
    share: float = 0.5 ** (days / decay.half_life_days)
    return decay.floor + (1 - decay.floor) * share


def decay_columns(decay: DecaySettings | None) -> tuple[str, ...]:
    """Return the columns of `chunks` that the date of a decay is read from."""
    if decay is None:
        return ()
    return (decay.field,) if decay.field in DATES else ("metadata", "fields")


def moment_of(row: Row, name: str) -> datetime | None:
    """Return the date of a chunk that a decay is about; of several the latest."""
    if name in DATES:
        value: datetime | None = row[name]
        return value
    key = name.removeprefix(_OF_METADATA)
    values: Value = load_fields(row.get("fields")).get(key, ())
    if values == ():
        # Written by a version until 0.12.0, which kept dates as text.
        values = tuple(pair["value"] for pair in row.get("metadata") or () if pair["key"] == key)
    entries = values if isinstance(values, tuple) else (values,)
    return max((moment for each in entries if (moment := _moment(each))), default=None)


def _moment(value: Any) -> datetime | None:  # noqa: ANN401 - any value of metadata
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def factor(adjustments: Adjustments, identity: str) -> float:
    """Return what the relevance of a chunk is multiplied by in all."""
    return prod(each.factor for each in adjustments.get(identity, ()))


def adjusted(relevance: Mapping[str, float], adjustments: Adjustments) -> dict[str, float]:
    """Return the relevance times the factors of the rules.

    Where that is more than the best had before, all of it is scaled down to that: identifiers of
    the query then still come first (see `vouch.index.search.ranking.with_identifiers`).
    """
    scale = scale_of(relevance, adjustments)
    return {
        identity: value * factor(adjustments, identity) * scale
        for identity, value in relevance.items()
    }


def scale_of(relevance: Mapping[str, float], adjustments: Adjustments) -> float:
    """Return by what adjusted relevance is multiplied so that none is above the best before."""
    largest = max((value * factor(adjustments, key) for key, value in relevance.items()), default=0)
    best = max(relevance.values(), default=0.0)
    return best / largest if largest > best else 1.0


def lifted(relevance: Mapping[str, float], adjustments: Adjustments) -> dict[str, float]:
    """Return the relevance of the chunks that boosts lift, by which they may be found though they
    are far less relevant than the best.
    """
    factors = {identity: factor(adjustments, identity) for identity in relevance}
    return {key: relevance[key] * by for key, by in factors.items() if by > 1}
