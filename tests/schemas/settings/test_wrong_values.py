"""What is wrong with a value, in words: for every type and limit that settings have."""

import json

import pytest
from pydantic import TypeAdapter, ValidationError

from vouch.schemas.settings.vouch_yaml import Settings
from vouch.schemas.settings.wrong_values import wrong, wrong_field

WRONG = [
    None,
    "text",
    "",
    -1,
    1.5,
    10**30,
    True,
    [],
    {},
    [{}],
    {"x": "y"},
    float("inf"),
    "2026-99-99",
]


def settings_with(path: tuple[str, ...], value: object) -> dict[str, object]:
    inner: object = value
    for key in reversed(path):
        inner = {key: inner}
    assert isinstance(inner, dict)
    return {"sources": ({"name": "a", "path": "b"},), **inner}


def keys() -> list[tuple[str, ...]]:
    """Return the paths of all settings of two levels."""
    return [
        (section, key)
        for section, field in Settings.model_fields.items()
        for key in getattr(field.annotation, "model_fields", {})
    ]


@pytest.mark.parametrize("path", keys(), ids=".".join)
def test_no_message_is_in_the_words_of_the_library(path: tuple[str, ...]):
    for value in WRONG:
        try:
            Settings.model_validate(settings_with(path, value))
        except ValidationError as error:
            for problem in error.errors():
                message = wrong(problem)
                assert "says pydantic" not in message, (path, value, problem["type"])
                assert "Input should" not in message


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        (dict[str, int], {"a": "x"}, "a must be a whole number"),
        (list[bool], ["x"], "0 must be true or false"),
    ],
)
def test_a_field_is_named(kind: type, value: object, message: str):
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_json(json.dumps(value))
    assert wrong_field(caught.value.errors()[0]) == message
