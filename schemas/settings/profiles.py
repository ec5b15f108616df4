"""Retrieval profiles: how a client, a team or an application searches, by name: `profiles`.

A run publishes them with its state, so that a state is searched with the profiles that were tested
on it. Keys are stored as JSON in the run's record and keep their names.
"""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from vouch.schemas.errors import SettingsError
from vouch.schemas.filter_syntax import parameters, read_filter
from vouch.schemas.settings.choices import Breadth
from vouch.schemas.strict import Share, Strict

_MAX_FACTOR = 10.0
_MAX_RULES = 50


def _filter(text: str) -> str:
    try:
        read_filter(text, with_parameters=True)
    except SettingsError as error:
        raise ValueError(str(error)) from error
    return text


def _fixed_filter(text: str) -> str:
    if names := parameters(read_filter(_filter(text), with_parameters=True)):
        raise ValueError(f"${min(names)}: a value that a caller gives is for `filters` only")
    return text


ParameterFilter = Annotated[str, AfterValidator(_filter)]
FixedFilter = Annotated[str, AfterValidator(_fixed_filter)]


def _as_list(value: Any) -> Any:  # noqa: ANN401 - whatever is to be validated
    return (value,) if isinstance(value, str) else value


def _has_word(phrase: str) -> str:
    if not any(character.isalnum() for character in phrase):
        raise ValueError(f"{phrase!r} has no word to look for in a query")
    return phrase


class BoostSettings(Strict):
    """What is preferred, or put behind."""

    where: FixedFilter = Field(
        description="A filter, such as `source=finance`: which chunks the rule is about"
    )
    factor: float = Field(
        gt=0,
        le=_MAX_FACTOR,
        description="What their relevance is multiplied by; below 1 they come later",
    )
    query: Annotated[
        tuple[Annotated[str, AfterValidator(_has_word)], ...],
        BeforeValidator(_as_list, json_schema_input_type=str | list[str]),
    ] = Field(
        default=(),
        max_length=_MAX_RULES,
        description=(
            "Words or phrases: the rule only holds for queries with at least one of them, as whole "
            "words in upper or lower case; empty: for all queries"
        ),
    )


class DecaySettings(Strict):
    """Older documents count less."""

    field: str = Field(
        default="source_modified_at",
        min_length=1,
        description=(
            "By which date: `source_modified_at`, `ingested_at`, or a key of the metadata whose "
            "values are dates, such as `metadata.published`"
        ),
    )
    half_life_days: float = Field(
        gt=0, le=100_000, description="Days after which what is above `floor` has halved"
    )
    floor: Share = Field(
        default=0.5,
        description=(
            "What the relevance of the oldest documents is multiplied by, and that of documents "
            "without this date"
        ),
    )


class ProfileSettings(Strict):
    """How a search is made. What is left out is as in a search without a profile."""

    filters: tuple[ParameterFilter, ...] = Field(
        default=(),
        max_length=_MAX_RULES,
        description=(
            "Filters that always hold, whatever a caller adds. `$NAME` in place of a value must be "
            "given by each caller, as one value or as a list where the operator is `in`: no value, "
            "no answer"
        ),
    )
    mode: Literal["vector", "text", "hybrid"] | None = Field(
        default=None, description="By vector, by words, or by both, unless a caller says otherwise"
    )
    breadth: Breadth | None = Field(
        default=None,
        description="How many less relevant results are returned, unless a caller says otherwise",
    )
    k: int | None = Field(
        default=None,
        ge=1,
        le=10_000,
        description="The most passages, unless a caller says otherwise",
    )
    boosts: tuple[BoostSettings, ...] = Field(
        default=(), max_length=_MAX_RULES, description="What is preferred, or put behind"
    )
    decay: DecaySettings | None = Field(
        default=None, description="How much less old documents count"
    )
    rerank: str | None = Field(
        default=None,
        min_length=1,
        description=(
            "A cross-encoder that orders the best passages: a folder, or a hub name where "
            "embedding.allow_download is set"
        ),
    )

    @property
    def parameters(self) -> frozenset[str]:
        """The names of the values that a caller must give."""
        filters = [read_filter(text, with_parameters=True) for text in self.filters]
        return frozenset(name for each in filters for name in parameters(each))


ProfileName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,40}$")]
Profiles = dict[ProfileName, ProfileSettings]
