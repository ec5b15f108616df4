"""Reads `vouch.yaml` into `Settings`. Errors name the key, the line and the nearest valid key."""

import difflib
import io
import itertools
import re
import types
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import CollectionEndEvent, CollectionStartEvent

from vouch.schemas.errors import SettingsError
from vouch.schemas.process.environment import mask_urls, names_secret
from vouch.schemas.settings.vouch_yaml import Settings
from vouch.schemas.settings.wrong_values import wrong

KeyPath = tuple[int | str, ...]
_MAX_MESSAGE = 500  # characters
_MAX_KEY = 100
_MAX_PROBLEMS = 20  # of one file; whoever has more has another mistake than each of them
# Reading so many can last ten seconds; settings of a thousand sources have half of them.
_MAX_CHARS = 500_000
# Deeper than any setting; each level takes a frame of the reader, and time for all that are open.
_MAX_DEPTH = 100
# Values after aliases are filled in. Eleven lines of aliases can mean a hundred thousand million.
_MAX_VALUES = 100_000
# Besides what is a secret by its name: what may contain one.
_SECRET_KEY = re.compile("^(url|(storage_)?options|to|path|alerts|lineage)$")


class SettingsText:
    """The text of a settings file, and the lines of its keys."""

    def __init__(self, text: str, name: str = "vouch.yaml") -> None:
        self.name = name
        if len(text) > _MAX_CHARS:
            raise SettingsError(
                f"{name} has {len(text):,} characters, and settings have at most {_MAX_CHARS:,}; "
                "--config names another file"
            )
        _refuse_depth(text, name)
        try:
            self._data = YAML(typ="rt").load(io.StringIO(text))
        except MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            # Of a key that is there twice the library shows both values, which may be secrets.
            problem = str(error.problem).partition(" with value ")[0][:_MAX_MESSAGE]
            raise SettingsError(f"{name}, line {line}: this is not YAML: {problem}") from None
        except (YAMLError, ValueError) as error:
            raise SettingsError(f"{name}: this is not YAML: {error}"[:_MAX_MESSAGE]) from error
        except (RecursionError, AttributeError) as error:
            # The second one: the library's answer to a mapping that is merged into itself.
            raise SettingsError(f"{name} is nested too deeply, or contains itself") from error
        if not isinstance(self._data, CommentedMap):
            raise SettingsError(
                f"{name} must contain keys and values, at least `sources:`; `vouch init` writes an "
                "example"
            )

    def settings(self) -> Settings:
        """Return the settings. Raises `SettingsError` with a line for each problem."""
        try:
            return Settings.model_validate(_plain(self._data, itertools.count(1)))
        except RecursionError as error:
            raise SettingsError(f"{self.name} is nested too deeply, or contains itself") from error
        except ValidationError as error:
            # pydantic counts a list item that failed as missing, and reports the list as too short.
            problems = [
                problem
                for problem in error.errors()
                if problem["type"] != "too_short" or problem["input"] == ()
            ]
            lines = [self._message(problem) for problem in problems[:_MAX_PROBLEMS]]
            if len(problems) > _MAX_PROBLEMS:
                lines.append(f"and {len(problems) - _MAX_PROBLEMS:,} more problems in {self.name}")
            # Without its cause, which shows values, and is shown by Prefect.
            raise SettingsError("\n".join(lines)) from None

    def where(self, location: KeyPath) -> str:
        """Return `vouch.yaml, line 3: sources.0.path`, with the nearest line that exists."""
        # pydantic's own mark where the key itself is wrong.
        named = [str(part)[:_MAX_KEY] for part in location if part != "[key]"]
        key = ".".join(named) or "the file"
        return f"{self.name}, line {self._line(location)}: {key}"

    def _line(self, location: KeyPath) -> int:
        line, node = 1, self._data
        for part in location:
            try:
                position = (
                    node.lc.key(part) if isinstance(node, CommentedMap) else node.lc.item(part)
                )
                line, node = position[0] + 1, node[part]
            except (AttributeError, KeyError, IndexError, TypeError):
                break
        return int(line)

    def _kind(self, location: KeyPath) -> str | None:
        """Return the value of `kind` in the same mapping as a key, if there is one."""
        node = self._data
        for part in location[:-1]:
            node = node[part]
        return node.get("kind") if isinstance(node, CommentedMap) else None

    def _message(self, error: ErrorDetails) -> str:
        location = error["loc"]
        where = self.where(location)
        if error["type"] == "extra_forbidden":
            return f"{where} is not a valid key{_suggestion(location, self._kind(location))}"
        if error["type"] == "missing":
            return f"{where} is missing; it has no default"
        if error["type"] == "value_error":
            return f"{where}: {wrong(error)}"[:_MAX_MESSAGE]
        keys = [str(part) for part in location]
        is_secret = any(names_secret(key) or _SECRET_KEY.search(key) for key in keys)
        if is_secret or error["type"] in ("too_short", "too_long", "string_too_short"):
            return f"{where} {wrong(error)}"
        return f"{where} {wrong(error)}, not {mask_urls(_shown(error['input']))}"[:_MAX_MESSAGE]


def _shown(value: object) -> str:
    """Return a value as YAML writes it, where that is short."""
    match value:
        case None:
            return "empty"
        case bool():
            return str(value).lower()
        case Mapping():
            return "keys with values"
        case list() | tuple():
            return "a list"
        case date():
            return str(value)
    return repr(value)


def _refuse_depth(text: str, name: str) -> None:
    """Raise `SettingsError` where the text is nested deeper than settings can be.

    The reader takes the square of the depth in time before it gives up.
    """
    depth = 0
    try:
        for event in YAML(typ="rt").parse(io.StringIO(text)):
            depth += isinstance(event, CollectionStartEvent)
            depth -= isinstance(event, CollectionEndEvent)
            if depth > _MAX_DEPTH:
                raise SettingsError(f"{name} is nested too deeply")
    except (YAMLError, ValueError, RecursionError):
        return  # what is no YAML is reported where it is read


def _plain(node: Any, counter: Iterator[int]) -> Any:  # noqa: ANN401 - YAML holds anything
    """Replace the YAML library's classes by Python's; lists become tuples, as in the settings.

    Raises `SettingsError` once `counter` has counted more values than settings can need.
    """
    if next(counter) > _MAX_VALUES:
        raise SettingsError(f"aliases make more than {_MAX_VALUES:,} values of the settings")
    if isinstance(node, CommentedMap):
        return {key: _plain(value, counter) for key, value in node.items()}
    if isinstance(node, CommentedSeq):
        return tuple(_plain(value, counter) for value in node)
    return node


def _suggestion(location: KeyPath, kind: str | None) -> str:
    keys = _valid_keys(location[:-1], kind)
    nearest = difflib.get_close_matches(str(location[-1]), keys, n=1, cutoff=0.5)
    return f"; did you mean {nearest[0]}?" if nearest else f"; valid keys are {', '.join(keys)}"


def _valid_keys(location: KeyPath, kind: str | None) -> list[str]:
    """Return the keys that are valid in the mapping at a location."""
    model: type[BaseModel] = Settings
    for part in location:
        if isinstance(part, str) and part in model.model_fields:
            models = _models_in(model.model_fields[part].annotation)
            model = _with_kind(models, kind) or model
    return list(model.model_fields)


def _with_kind(models: Sequence[type[BaseModel]], kind: str | None) -> type[BaseModel] | None:
    """Return the model with this `kind`, or the first one."""
    for model in models:
        field = model.model_fields.get("kind")
        if kind and field is not None and field.default == kind:
            return model
    return models[0] if models else None


def _models_in(annotation: Any) -> list[type[BaseModel]]:  # noqa: ANN401 - any annotation
    """Return the models inside `X`, `tuple[X, ...]`, `X | Y` or `Annotated[X, …]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) in (tuple, list, dict, Union, types.UnionType, Annotated):
        return [model for part in get_args(annotation) for model in _models_in(part)]
    return []
