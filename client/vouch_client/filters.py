"""Conditions of a search, written so that no value can change what they say.

    from vouch_client import field

    (field("acl").is_in(["staff", "hr"]) & (field("year") >= 2024)) | (field("language") == "en")

The service reads them as text; `str()` of a condition is that text. Names are those of columns of
the index and keys of the documents' metadata: `Client.fields` lists them.
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TypeAlias

# A name that needs no quotes. `and`, `or` and `not` are words of the grammar.
_PLAIN = re.compile(r"(?!(?i:and|or|not)$)[A-Za-z_][\w.]*")

Value: TypeAlias = str | int | float | bool | date | datetime


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition; `&`, `|` and `~` combine it with another one."""

    text: str

    def __str__(self) -> str:
        return self.text

    def __and__(self, other: "Condition") -> "Condition":
        return Condition(f"({self.text} and {other.text})")

    def __or__(self, other: "Condition") -> "Condition":
        return Condition(f"({self.text} or {other.text})")

    def __invert__(self) -> "Condition":
        return Condition(f"(not {self.text})")

    def __bool__(self) -> bool:
        raise TypeError(
            "a condition is neither true nor false here; combine conditions by & and | in "
            "parentheses, not by `and` and `or`"
        )


class Field:
    """A column or a key of the metadata; compared with a value, it is a `Condition`."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, name: str) -> None:
        self._name = name

    def _is(self, operator: str, value: str) -> Condition:
        return Condition(f"({_name(self._name)} {operator} {value})")

    def __eq__(self, value: object) -> Condition:  # type: ignore[override]
        return self._is("=", _value(value))

    def __ne__(self, value: object) -> Condition:  # type: ignore[override]
        return self._is("!=", _value(value))

    def __lt__(self, value: Value) -> Condition:
        return self._is("<", _value(value))

    def __le__(self, value: Value) -> Condition:
        return self._is("<=", _value(value))

    def __gt__(self, value: Value) -> Condition:
        return self._is(">", _value(value))

    def __ge__(self, value: Value) -> Condition:
        return self._is(">=", _value(value))

    def is_in(self, values: Iterable[Value]) -> Condition:
        """Return the condition for one of these values, or for a list that has one of them.

        Without any value, nothing fulfils it.
        """
        return self._is("in", _values(values))

    def is_not_in(self, values: Iterable[Value]) -> Condition:
        """Return the condition for none of these values, and for no value at all."""
        return self._is("not in", _values(values))

    def contains(self, value: Value) -> Condition:
        """Return the condition for texts that contain this one, or lists that have this entry."""
        return self._is("contains", _value(value))

    def starts_with(self, value: str) -> Condition:
        """Return the condition for texts, or entries of lists, that begin with this one."""
        return self._is("prefix", _value(value))


def field(name: str) -> Field:
    """Return a column or a key of the metadata, to be compared with a value."""
    return Field(name)


def _name(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else _quoted(name)


def _values(values: Iterable[Value]) -> str:
    if isinstance(values, str):
        raise TypeError(f"a list of values is needed, not the text {values!r}")
    return f"({', '.join(_value(value) for value in values)})"


def _value(value: object) -> str:
    """Return a value as text in quotes. What it is compared as depends on the column or key."""
    if isinstance(value, bool):  # an integer, too
        return _quoted("true" if value else "false")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"a filter compares with numbers, which {value} is not")
    if isinstance(value, int | float):
        return _quoted(repr(value))
    if isinstance(value, datetime):  # without a zone it is one in UTC, as everywhere in the index
        moment = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        return _quoted(f"{moment.isoformat()}Z")
    if isinstance(value, date):
        return _quoted(value.isoformat())
    if isinstance(value, str):
        return _quoted(value)
    raise TypeError(
        f"a filter compares with a text, a number, a truth value, a date or a time, not {value!r}"
    )


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
