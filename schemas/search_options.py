"""How a search is made: what a caller, a profile or a service asks for, validated."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, TypeAlias, get_args

from vouch.schemas.errors import SettingsError
from vouch.schemas.filters import AllOf, AnyOf, Comparison, Filter, Not
from vouch.schemas.settings.choices import Breadth
from vouch.schemas.settings.profiles import BoostSettings, DecaySettings

Mode: TypeAlias = Literal["hybrid", "vector", "text"]
MAX_PASSAGES = 10_000


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """How a search is made.

    Attributes:
        k: The largest number of passages, 1 to 10,000.
        mode: `vector` searches by meaning, `text` by words, `hybrid` by both.
        filters: Conditions that must all hold: texts such as `language=en`, or values made with
            `vouch.field`.
        breadth: How much less relevant than the best a passage may be.
        boosts: What is preferred, or put behind.
        decay: How much less older documents count.
        explain: Whether each hit says why it is where it is.
        at: From when ages of documents count; None: from the time of the search.

    Raises:
        SettingsError: A value is none of those, or k is no number between its limits.
    """

    k: int = 5
    mode: Mode = "hybrid"
    filters: tuple[str | Filter, ...] = ()
    breadth: Breadth = "balanced"
    boosts: tuple[BoostSettings, ...] = ()
    decay: DecaySettings | None = None
    explain: bool = False
    at: datetime | None = None

    def __post_init__(self) -> None:
        _require_one_of("mode", self.mode, get_args(Mode))
        _require_one_of("breadth", self.breadth, get_args(Breadth))
        if isinstance(self.k, bool) or not isinstance(self.k, int):
            raise SettingsError(f"k is a number of passages, not {self.k!r}")
        if not 1 <= self.k <= MAX_PASSAGES:
            raise SettingsError(f"k is {self.k}, and must be between 1 and {MAX_PASSAGES:,}")
        object.__setattr__(self, "filters", _filters(self.filters))

    def changed(self, **values: Any) -> "SearchOptions":  # noqa: ANN401 - its own fields
        """Return these options with other values, validated again."""
        return replace(self, **values)


def _filters(given: object) -> tuple[str | Filter, ...]:
    """Return filters as a tuple. Raises `SettingsError` where they are none."""
    expected = 'filters is a list such as ["language=en", vouch.field("year") >= 2024]'
    single = isinstance(given, str | Mapping | Comparison | AllOf | AnyOf | Not)
    if single or not isinstance(given, Iterable):
        raise SettingsError(f"{expected}, not {_shown(given)}")
    filters = tuple(given)
    for each in filters:
        if not isinstance(each, str | Comparison | AllOf | AnyOf | Not):
            raise SettingsError(f"{expected}, and {_shown(each)} is no filter")
    return filters


def _shown(value: object) -> str:
    return repr(value) if isinstance(value, str | int | float | None) else type(value).__name__


def _require_one_of(name: str, value: object, allowed: Iterable[str]) -> None:
    if value not in tuple(allowed):
        raise SettingsError(f"{name} is {value!r}, and must be one of {', '.join(allowed)}")
