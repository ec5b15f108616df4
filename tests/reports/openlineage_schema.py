"""A JSON schema of OpenLineage events, derived from the classes of its own client.

The client generates these classes from the specification, so nothing is downloaded or copied, and
a newer client brings the newer specification. The schema is stricter than the specification, which
accepts unknown fields: here a misspelled name is found.
"""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from enum import Enum
from types import ModuleType, NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import attr
from jsonschema import Draft202012Validator, FormatChecker
from openlineage.client import facet_v2
from openlineage.client.event_v2 import RunEvent
from openlineage.client.facet_v2 import (
    DatasetFacet,
    InputDatasetFacet,
    JobFacet,
    OutputDatasetFacet,
    RunFacet,
)
from openlineage.client.generated import base

Schema = dict[str, Any]
_PLACES = (RunFacet, JobFacet, DatasetFacet, InputDatasetFacet, OutputDatasetFacet)
_KIND = re.compile("(Run|Job|(Input|Output)?Dataset)Facet$")
# A facet's key is the name of its class without its kind. The specification has other keys for these
# two, which the classes do not show.
_KEYS = {"ProcessingEngineRunFacet": "processing_engine", "DatasetVersionDatasetFacet": "version"}
_SCALARS: dict[Any, Schema] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
}
# The client fills these in, so its classes do not require them; the specification does.
_FILLED = {"producer", "_producer", "schemaURL", "_schemaURL"}
_FORMATS = {
    "eventTime": "date-time",
    "captureDate": "date-time",
    "lastUpdated": "date-time",
    "runId": "uuid",
}
_FORMATS |= {"producer": "uri", "_producer": "uri"}
_TIME = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"
)  # RFC 3339: never without a time zone
_URI = re.compile(
    r"(?!urn:)[a-z][a-z0-9+.-]*:[\w!#$%&'()*+,./:;=?@\[\]~-]+|urn:[a-z0-9][a-z0-9-]+:[\w!$%&'()*+,./:;=@~-]+",
    re.A | re.I,
)
# jsonschema ignores a format whose checker is not installed, so the ones that matter are defined here.
_checker = FormatChecker(["uuid"])


@_checker.checks("date-time", raises=ValueError)
def _is_time(text: Any) -> bool:
    return not isinstance(text, str) or bool(_TIME.fullmatch(text) and datetime.fromisoformat(text))


@_checker.checks("uri")
def _is_uri(text: Any) -> bool:
    return not isinstance(text, str) or _URI.fullmatch(text) is not None


def problems(event: str) -> list[str]:
    """Return what is wrong with an event as it is sent, each with its place."""
    errors = _VALIDATOR.iter_errors(json.loads(event, parse_constant=_refuse))
    return sorted(f"{error.json_path}: {error.message}" for error in errors)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _schema() -> Schema:
    """Return the schema of a run's event, with all facets."""
    modules = [base, *(value for value in vars(facet_v2).values() if isinstance(value, ModuleType))]
    definitions = {_name(cls): _object(cls) for module in modules for cls in _classes(module)}
    return {"$ref": f"#/$defs/{_name(RunEvent)}", "$defs": definitions}


def _classes(module: ModuleType) -> Iterator[type]:
    """Return the classes that the module itself defines."""
    own = (
        cls
        for cls in vars(module).values()
        if isinstance(cls, type) and cls.__module__ == module.__name__
    )
    return (cls for cls in own if attr.has(cls))


def _name(cls: type) -> str:
    return f"{cls.__module__}.{cls.__name__}"


def _object(cls: type) -> Schema:
    hints, fields = get_type_hints(cls), attr.fields(cls)
    properties = {field.name: _property(cls, field.name, hints[field.name]) for field in fields}
    required = [
        field.name for field in fields if field.default is attr.NOTHING or field.name in _FILLED
    ]
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _property(cls: Any, name: str, hint: Any) -> Schema:
    if name in ("schemaURL", "_schemaURL"):
        return {"const": cls._get_schema()}
    return _value(hint) | ({"format": _FORMATS[name]} if name in _FORMATS else {})


def _value(hint: Any) -> Schema:
    """Return the schema of a type; null is never sent, because absent values are left out."""
    kinds, origin = [kind for kind in get_args(hint) if kind is not NoneType], get_origin(hint)
    if origin in (Union, UnionType):
        return _value(kinds[0]) if len(kinds) == 1 else {"anyOf": [_value(kind) for kind in kinds]}
    if origin is list:
        return {"type": "array", "items": _value(kinds[0])}
    if origin is dict:
        return (
            _facets(kinds[1])
            if kinds[1] in _PLACES
            else {"type": "object", "additionalProperties": _value(kinds[1])}
        )
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {"enum": [member.value for member in hint]}
    return {"$ref": f"#/$defs/{_name(hint)}"} if attr.has(hint) else _SCALARS.get(hint, {})


def _facets(place: type) -> Schema:
    """Return the schema of the facets that belong to this place, each under its key."""
    modules = (value for value in vars(facet_v2).values() if isinstance(value, ModuleType))
    classes = [cls for module in modules for cls in _classes(module) if issubclass(cls, place)]
    properties = {_key(cls): {"$ref": f"#/$defs/{_name(cls)}"} for cls in classes}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _key(cls: type) -> str:
    short = _KIND.sub("", cls.__name__)
    return _KEYS.get(cls.__name__, short[:1].lower() + short[1:])


_VALIDATOR = Draft202012Validator(_schema(), format_checker=_checker)
