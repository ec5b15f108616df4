"""From a profile and what a caller gives to the options of a search.

The command line, Python, the service and the retrieval gate all resolve profiles here.
"""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from pydantic import ValidationError

from vouch.schemas.documents.ids import fingerprint
from vouch.schemas.errors import SettingsError
from vouch.schemas.filter_syntax import bind, read_filter
from vouch.schemas.filters import Filter, Values
from vouch.schemas.search_options import Mode, SearchOptions
from vouch.schemas.settings.choices import Breadth
from vouch.schemas.settings.profiles import ProfileSettings
from vouch.schemas.settings.wrong_values import wrong_field

T = TypeVar("T")

NO_PROFILE = ProfileSettings()
"""A search without a profile."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a caller gives; None where that is left to the profile.

    `filters` are joined to those of the profile by AND.
    """

    k: int | None = None
    mode: Mode | None = None
    filters: tuple[str | Filter, ...] = ()
    breadth: Breadth | None = None
    explain: bool = False


def options_of(
    profile: ProfileSettings = NO_PROFILE,
    given: Given = Given(),
    values: Values | None = None,
    defaults: SearchOptions = SearchOptions(),
    at: datetime | None = None,
) -> SearchOptions:
    """Return the options of a search by a profile.

    The profile's filters, boosts and decay always hold. Its `k`, `mode` and `breadth` are those of
    the search unless the caller gives others; `defaults` are for what neither says. `values` are
    the caller's, by parameter of the filters; `at` is the time from which ages of documents count,
    by default that of the search. `rerank` of the profile is for whoever has loaded its model.

    Raises:
        ValueMissing: A parameter has no value.
        SettingsError: A value is for no parameter, or something that the caller gives is wrong.
    """
    values = values or {}
    filters = [read_filter(text, with_parameters=True) for text in profile.filters]
    names = profile.parameters
    if unknown := sorted(values.keys() - names):
        raise SettingsError(
            f"the value {unknown[0]!r} belongs to no filter of the profile"
            f"{_there_are(unknown[0], names)}"
        )
    return SearchOptions(
        k=_first(given.k, profile.k, defaults.k),
        mode=_first(given.mode, profile.mode, defaults.mode),
        filters=(*(bind(each, values) for each in filters), *given.filters),
        breadth=_first(given.breadth, profile.breadth, defaults.breadth),
        boosts=profile.boosts,
        decay=profile.decay,
        explain=given.explain,
        at=at,
    )


def profile_named(profiles: Mapping[str, ProfileSettings], name: str | None) -> ProfileSettings:
    """Return a profile by its name, the neutral one for None. Raises `SettingsError` for a name
    that is not there.
    """
    if name is None:
        return NO_PROFILE
    if name not in profiles:
        raise SettingsError(f"there is no profile {name!r}{_there_are(name, profiles)}")
    return profiles[name]


def read_values(pairs: Iterable[str]) -> dict[str, str | list[str]]:
    """Read values from `NAME=VALUE`; a name that is there twice has a list of values.

    Raises `SettingsError` for anything else.
    """
    values: dict[str, list[str]] = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not (name.strip() and sign):
            raise SettingsError(f"the value {pair!r} cannot be read; write NAME=VALUE")
        values.setdefault(name.strip(), []).append(value.strip())
    return {name: given if len(given) > 1 else given[0] for name, given in values.items()}


def profiles_fingerprint(profiles: Mapping[str, ProfileSettings]) -> str:
    """Return a hash of what the profiles do; empty where there are none."""
    return fingerprint(dump_profiles(profiles)) if profiles else ""


def dump_profiles(profiles: Mapping[str, ProfileSettings]) -> dict[str, dict[str, object]]:
    """Return profiles as a run's record keeps them."""
    return {
        name: profile.model_dump(mode="json", exclude_none=True)
        for name, profile in sorted(profiles.items())
    }


def load_profiles(kept: Mapping[str, Any] | None) -> dict[str, ProfileSettings]:
    """Read the profiles of a run's record; none where an earlier version wrote it.

    Raises `SettingsError` where a later version wrote what this one does not know.
    """
    try:
        return {name: ProfileSettings.model_validate(each) for name, each in (kept or {}).items()}
    except ValidationError as error:
        raise SettingsError(
            "the profiles of the published state were written by another version of Vouch, and "
            f"cannot be used by this one: {wrong_field(error.errors()[0])}; use that version, or "
            "publish the profiles of vouch.yaml (`vouch ingest`)"
        ) from error


def changed_profiles(
    kept: Mapping[str, Any] | None, now: Mapping[str, ProfileSettings]
) -> dict[str, str]:
    """Return what became of profiles by name, `added`, `changed` or `removed`, since a run's record
    kept them.
    """
    before = kept or {}
    changes = {name: "removed" for name in before if name not in now}
    for name, profile in now.items():
        if name not in before:
            changes[name] = "added"
            continue
        try:
            is_same = ProfileSettings.model_validate(before[name]) == profile
        except ValidationError:  # of another version
            is_same = False
        if not is_same:
            changes[name] = "changed"
    return dict(sorted(changes.items()))


def _first(*values: T | None) -> T:
    """Return the first value that is given; the last one always is."""
    return next(value for value in values if value is not None)


def _there_are(name: str, names: Iterable[str]) -> str:
    names = sorted(names)
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5) or names[:8]
    return f"; there are {', '.join(near)}" if near else "; there are none"
