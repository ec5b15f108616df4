"""From the text of `vouch.yaml` to `Settings`; what is wrong is named by key, line and the nearest right key."""

import difflib
import io
import types
from collections.abc import Sequence
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError

from vouch.schemas.errors import SettingsError
from vouch.schemas.settings import Settings

Location = tuple[int | str, ...]


class SettingsText:
    """A settings file's text, and where its keys stand."""

    def __init__(self, text: str, name: str = "vouch.yaml") -> None:
        self.name = name
        try:
            self._data = YAML(typ="rt").load(io.StringIO(text))
        except MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise SettingsError(
                f"{name}, line {line}: this is not YAML: {error.problem}"
            ) from error
        if not isinstance(self._data, CommentedMap):
            raise SettingsError(
                f"{name} must hold keys and values, at least `sources:`; `vouch init` writes an example"
            )

    def settings(self) -> Settings:
        """Raises `SettingsError` naming everything that is wrong."""
        try:
            return Settings.model_validate(_plain(self._data))
        except ValidationError as error:
            wrong = [
                one for one in error.errors() if one["type"] != "too_short" or one["input"] == ()
            ]
            raise SettingsError("\n".join(self._message(one) for one in wrong)) from error

    def where(self, location: Location) -> str:
        """`vouch.yaml, line 3: sources.0.path`: the nearest line that is known."""
        return f"{self.name}, line {self._line(location)}: {_dotted(location)}"

    def _line(self, location: Location) -> int:
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

    def _kind(self, location: Location) -> str | None:
        """The `kind` that stands beside a key, where there is one."""
        node = self._data
        for part in location[:-1]:
            node = node[part]
        return node.get("kind") if isinstance(node, CommentedMap) else None

    def _message(self, error: ErrorDetails) -> str:
        location = error["loc"]
        if error["type"] == "extra_forbidden":
            return f"{self.where(location)} is not a key that Vouch knows{_suggestion(location, self._kind(location))}"
        if error["type"] == "missing":
            return f"{self.where(location)} is missing; it has no default"
        if error["type"] == "value_error":
            return f"{self.where(location)}: {error['msg'].removeprefix('Value error, ')}"
        return f"{self.where(location)}: {error['msg']}, got {error['input']!r}"[:500]


def _plain(node: Any) -> Any:  # noqa: ANN401 - YAML holds anything
    """YAML's own classes replaced by Python's; lists as tuples, as the settings hold them."""
    if isinstance(node, CommentedMap):
        return {key: _plain(value) for key, value in node.items()}
    if isinstance(node, CommentedSeq):
        return tuple(_plain(value) for value in node)
    return node


def _dotted(location: Sequence[int | str]) -> str:
    return ".".join(str(part) for part in location) or "the file"


def _suggestion(location: Location, kind: str | None) -> str:
    known = _keys_at(Settings, location[:-1], kind)
    near = difflib.get_close_matches(str(location[-1]), known, n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else f"; known here are {', '.join(known)}"


def _keys_at(model: type[BaseModel], location: Location, kind: str | None) -> list[str]:
    for part in location:
        if isinstance(part, str) and part in model.model_fields:
            model = _of_kind(_models_in(model.model_fields[part].annotation), kind) or model
    return list(model.model_fields)


def _of_kind(models: Sequence[type[BaseModel]], kind: str | None) -> type[BaseModel] | None:
    """The model with this `kind`, else the first."""
    told = [
        model
        for model in models
        if kind and "kind" in model.model_fields and model.model_fields["kind"].default == kind
    ]
    return next(iter([*told, *models]), None)


def _models_in(annotation: Any) -> list[type[BaseModel]]:  # noqa: ANN401 - any annotation
    """The models inside `X`, `tuple[X, ...]`, `X | Y` or `Annotated[X, …]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) in (tuple, list, Union, types.UnionType, Annotated):
        return [model for one in get_args(annotation) for model in _models_in(one)]
    return []
