"""`${NAME}` and `${secret:NAME}` in settings: a secret stands in the environment or with its keeper, never in the file."""

import os
import re
from collections.abc import Callable, Iterable

from vouch.schemas.errors import SettingsError

_NAME = re.compile(r"\$\{(secret:)?([\w-]+)\}")
_LEAST = 4  # characters: shorter values stand everywhere, and hide nothing
_filled: set[str] = set()
"""All that has been filled in by this process."""


def fill(text: str) -> tuple[str, set[str]]:
    """The text with what environment and keeper say, and the values that came from there. Raises `SettingsError`."""
    values = {match[0]: _value(bool(match[1]), match[2]) for match in _NAME.finditer(text)}
    _filled.update(values.values())
    return _NAME.sub(lambda match: values[match[0]], text), set(values.values())


def hide(text: str) -> str:
    """The text, for people and files, with `***` for whatever was filled in."""
    return without(text, (one for one in _filled if len(one) >= _LEAST))


def without(text: str, secrets: Iterable[str]) -> str:
    """The text with `***` for each of them: the longest first, because one may hold another."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def use_keeper(keeper: Callable[[str], str]) -> None:
    """Who knows secrets by their names: that is for a room that may use the network to say. It raises `SettingsError`."""
    global _keeper
    _keeper = keeper


def _value(kept: bool, name: str) -> str:
    if kept:
        return _keeper(name)
    if name not in os.environ:
        raise SettingsError(f"the environment variable {name} is not set")
    return os.environ[name]


def _nobody(name: str) -> str:
    raise SettingsError(
        f"nobody keeps the secret {name} here; take it from the environment instead, as ${{{name}}}"
    )


_keeper: Callable[[str], str] = _nobody
