"""Conditions on metadata, whatever mix of types the rows have.

Equality goes by the pairs of texts, which all rows have and which the store compares fastest, and
besides by the fields where another text may mean the same number, date or time. All else goes by
the fields. JSON strings are written by `json.dumps` and the path is an SQL literal, so nothing that
is typed is executed.
"""

import json
from collections.abc import Sequence

from vouch.index.search.filters.metadata_keys import Key, Kind
from vouch.index.search.filters.operands import (
    canonical,
    number_literal,
    number_of,
    time_of,
    time_predicate,
)
from vouch.index.store.sql import quoted
from vouch.schemas.errors import SettingsError
from vouch.schemas.filters import Operator

NOTHING = "false"
# The store's parser of JSON paths uses up its stack for thousands of alternatives.
_AT_ONCE = 50
_MAX_COMPARED = 200
"""Times, and numbers of lists, of one `in`: each is compared with each row."""
_EXACT = 2**53
"""Below this the store's floats have every whole number."""
_MAX_CONTAINED = 1_000  # characters
_MAX_PREFIX = 10_000  # characters
_EXAMPLES = {
    Kind.TEXT: "staff",
    Kind.NUMBER: "2024",
    Kind.BOOLEAN: "true",
    Kind.TIME: "2026-01-31",
}
# JSON of one text up to where the needle may begin: never within an escaped character.
_TEXT_BEFORE = r'^"([^\\"]|\\[^u]|\\u[0-9a-fA-F]{4})*'


def metadata_condition(key: Key, operator: Operator, values: Sequence[str], *, typed: bool) -> str:
    """Return the condition that a key compares so with values, as people write them.

    `operator` is none of `!=` and `not in`; `typed` is whether rows have fields.

    Raises:
        SettingsError: The operator or a value does not fit the types of the key.
    """
    if operator in (Operator.EQUAL, Operator.IN):
        return _is_any(key, values)
    (value,) = values
    if not typed:
        raise SettingsError(
            f"metadata.{key.name} can only use =, !=, in and not in, because the index was made by "
            "an earlier version, which kept no types; the next `vouch ingest` brings them"
        )
    if operator == Operator.CONTAINS:
        return _contains(key, value)
    if operator == Operator.PREFIX:
        return _begins(key, value)
    return _ordered(key, operator, value)


def _is_any(key: Key, values: Sequence[str]) -> str:
    """Return the condition that a value or an entry of a list is one of these."""
    if not values:
        return NOTHING
    written: dict[str, None] = dict.fromkeys(values)
    numbers: list[int | float] = []
    times: list[str] = []
    for value in values:
        number, time = number_of(value), time_of(value)
        is_boolean = value.lower() in ("true", "false")
        _require(
            key,
            value,
            Kind.TEXT in key.kinds
            or (Kind.NUMBER in key.kinds and number is not None)
            or (Kind.TIME in key.kinds and time is not None)
            or (Kind.BOOLEAN in key.kinds and is_boolean),
        )
        if is_boolean and Kind.TEXT not in key.kinds:
            written[value.lower()] = None
        # Beside texts a number is only itself: `007` of an ACL is not 7.
        if (
            number is not None
            and Kind.NUMBER in key.kinds
            and (Kind.TEXT not in key.kinds or canonical(number) == value)
        ):
            numbers.append(number)
        if time is not None and Kind.TIME in key.kinds:
            times.append(f"({time_predicate(Operator.EQUAL, time)})")
    at_once = _are_plain(key, numbers)
    if len(times) + (0 if at_once else len(numbers)) > _MAX_COMPARED:
        raise SettingsError(
            f"the filter on metadata.{key.name} compares with more than {_MAX_COMPARED} numbers or "
            "times; use several filters, or < and >"
        )
    conditions = [_has_pair(key, list(written)), *_exist(key, ".time", times)]
    if not at_once:
        conditions += _exist(key, "", [f"@ == {number_literal(number)}" for number in numbers])
    elif numbers:
        conditions.append(f"{_number(key)} IN ({', '.join(map(_float, numbers))})")
    return _either(conditions)


def _are_plain(key: Key, numbers: Sequence[int | float]) -> bool:
    """Return whether numbers can be compared with the one number that a row has, as floats: that
    takes the store a third of the time of a JSON path, and no longer for many than for one.
    """
    return not key.lists and all(abs(number) < _EXACT for number in numbers)


def _number(key: Key) -> str:
    """Return the expression for the number of a row, null for other values. Adding zero makes the
    negative zero, which the store sorts before zero, that zero.
    """
    return f"(try_cast(json_extract(fields, {_path(key, '')}) AS double) + 0.0)"


def _float(number: int | float) -> str:
    return repr(float(number) + 0.0)


def _has_pair(key: Key, values: Sequence[str]) -> str:
    name = quoted(key.name)
    pairs = [f"named_struct('key', {name}, 'value', {quoted(value)})" for value in values]
    if len(pairs) == 1:
        return f"array_has(metadata, {pairs[0]})"
    return f"array_has_any(metadata, make_array({', '.join(pairs)}))"


def _path(key: Key, rest: str) -> str:
    if not key.name:
        raise SettingsError(
            "a key of the metadata without a name can only use =, !=, in and not in"
        )
    return quoted(f"$.{json.dumps(key.name)}{rest}")


def _exist(key: Key, rest: str, predicates: Sequence[str]) -> list[str]:
    """Return the conditions that a value, or an entry of a list, fulfils one of the predicates.

    All predicates of a call compare with the same type: the store's JSON path ends with nothing
    where a type does not fit.
    """
    parts = [predicates[start : start + _AT_ONCE] for start in range(0, len(predicates), _AT_ONCE)]
    return [
        "json_exists(fields, " + _path(key, f"[*]{rest} ? ({' || '.join(part)})") + ")"
        for part in parts
    ]


def _either(conditions: Sequence[str]) -> str:
    return " OR ".join(conditions) if len(conditions) > 1 else conditions[0]


def _ordered(key: Key, operator: Operator, value: str) -> str:
    if not key.kinds & {Kind.NUMBER, Kind.TIME}:
        raise SettingsError(
            f"metadata.{key.name} has the type {key.described}, and only numbers, dates "
            f"and times can use {operator}"
        )
    number, time = number_of(value), time_of(value)
    conditions = []
    if number is not None and Kind.NUMBER in key.kinds:
        if _are_plain(key, [number]):
            conditions.append(f"{_number(key)} {operator} {_float(number)}")
        else:
            conditions += _exist(key, "", [f"@ {operator} {number_literal(number)}"])
    if time is not None and Kind.TIME in key.kinds:
        conditions += _exist(key, ".time", [time_predicate(operator, time)])
    _require(key, value, bool(conditions))
    return _either(conditions)


def _contains(key: Key, value: str) -> str:
    """Return the condition that a text contains this one, or a list has this entry."""
    if Kind.TEXT not in key.kinds and not key.lists:
        raise SettingsError(
            f"metadata.{key.name} has the type {key.described}, and only texts and lists "
            "can use contains"
        )
    conditions = [_is_any(key, [value])]
    if Kind.TEXT in key.kinds:
        if len(value) > _MAX_CONTAINED:
            raise SettingsError(
                f"the text that metadata.{key.name} is to contain has more than "
                f"{_MAX_CONTAINED:,} characters"
            )
        quoted(value)  # refuses what is no Unicode text, before JSON escapes it
        needle = json.dumps(value, ensure_ascii=False)[1:-1]
        pattern = _TEXT_BEFORE + "".join(
            sign if sign.isascii() and sign.isalnum() else f"\\x{{{ord(sign):x}}}"
            for sign in needle
        )
        conditions.append(f"regexp_like(json_extract(fields, {_path(key, '')}), {quoted(pattern)})")
    return _either(conditions)


def _begins(key: Key, value: str) -> str:
    if Kind.TEXT not in key.kinds:
        raise SettingsError(
            f"metadata.{key.name} has the type {key.described}, and only texts can use prefix"
        )
    if len(value) > _MAX_PREFIX:
        raise SettingsError(
            f"the prefix for metadata.{key.name} has more than {_MAX_PREFIX:,} characters"
        )
    quoted(value)
    # The path has no empty strings; every text is before or behind this one.
    if value:
        predicates = [f"@ starts with {json.dumps(value)}"]
    else:
        predicates = [r'@ < "\u0001"', r'@ >= "\u0001"']
    return _either(_exist(key, "", predicates))


def _require(key: Key, value: str, fits: bool) -> None:
    if not fits:
        # No value of a document: whoever asks may not be allowed to see it.
        examples = " or ".join(_EXAMPLES[kind] for kind in Kind if kind in key.kinds)
        raise SettingsError(
            f"metadata.{key.name} has the type {key.described}, such as {examples}, and "
            f"{value[:100]!r} is none"
        )
