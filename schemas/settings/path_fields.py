"""Parts of a path as fields: `{client}/{year}/**`, or folders that are named `year=2024`."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated, TypeAlias
from urllib.parse import unquote

from pydantic import AfterValidator, BeforeValidator

from vouch.schemas.documents.value_types import typed
from vouch.schemas.documents.values import DeclaredField

HIVE = "hive"
_HIVE_FOLDER = re.compile(r"(\w[\w.-]*)=(.+)")
_HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"
_PART = re.compile(r"\{(?P<name>[^{}]*)\}|(?P<folders>(?<![^/])\*\*(?:/|\Z))|(?P<any>\*)|[^*]")
_NAME = re.compile(r"\w[\w .-]*")
_MAX_NAMES = 3  # in a folder: with many, a hostile name takes long to match
_MAX_FOLDER = 255  # characters, for the same reason


def _checked(patterns: tuple[str, ...]) -> tuple[str, ...]:
    for pattern in patterns:
        if pattern != HIVE:
            _compiled(pattern)
    return patterns


PathFields: TypeAlias = Annotated[
    tuple[str, ...],
    BeforeValidator(lambda value: (value,) if isinstance(value, str) else value),
    AfterValidator(_checked),
]
"""Patterns of paths. Of those that a path matches, the first one counts."""


def fields_of_path(patterns: tuple[str, ...], path: str) -> list[DeclaredField]:
    """Return the fields that a path has by the first pattern that it matches; none without one.

    Their types are those that their texts have by themselves.
    """
    if any(len(folder) > _MAX_FOLDER for folder in path.split("/")):
        return []
    for pattern in patterns:
        values = dict(_hive(path)) if pattern == HIVE else _matched(pattern, path)
        if values:
            return [DeclaredField(key, typed(text), (text,)) for key, text in values.items()]
    return []


def _hive(path: str) -> Iterator[tuple[str, str]]:
    for folder in path.split("/")[:-1]:
        if (part := _HIVE_FOLDER.fullmatch(folder)) and part[2] != _HIVE_NULL:
            yield part[1], unquote(part[2])


def _matched(pattern: str, path: str) -> dict[str, str]:
    names, regex = _compiled(pattern)
    match = regex.fullmatch(path)
    return dict(zip(names, match.groups(), strict=True)) if match else {}


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> tuple[tuple[str, ...], re.Pattern[str]]:
    """Return the names of a pattern, and the regular expression with a group for each.

    Raises `ValueError` that says what is wrong with it.
    """
    names: list[str] = []
    regex = []
    rest = pattern.removeprefix("/")
    if re.search(r"\}\{|\}\*|\*\{", rest):
        raise ValueError(f"{pattern!r} needs a letter or sign between two parts in a folder")
    for part in _PART.finditer(rest):
        if part["name"] is not None:
            names.append(part["name"])
            regex.append("([^/]+)")
        elif part["folders"]:
            regex.append("(?:[^/]+/)*" if part[0].endswith("/") else ".*")
        else:
            regex.append("[^/]*" if part["any"] else re.escape(part[0]))
    for name in names:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{{{name}}} in {pattern!r} is no name of a field, such as {{client}}")
        if names.count(name) > 1:
            raise ValueError(f"{pattern!r} has {{{name}}} twice")
    if not names:
        raise ValueError(
            f"{pattern!r} names no field; write {{client}}/{{year}}/**, or hive for folders such "
            "as year=2024"
        )
    if any(len(re.findall(r"\{", folder)) > _MAX_NAMES for folder in rest.split("/")):
        raise ValueError(f"{pattern!r} has more than {_MAX_NAMES} names in one folder")
    if "{" in re.sub(r"\{[^{}]*\}", "", rest):
        raise ValueError(f"{pattern!r} has a bracket that does not close")
    return tuple(names), re.compile("".join(regex), re.DOTALL)
