"""Filters of a search as values, so that programs need not write them as text.

    from vouch import field

    (field("acl").is_in(["staff", "hr"]) & (field("year") >= 2024)) | (field("language") == "en")

`vouch.schemas.filter_syntax` reads the same from text. A name is that of a column of `chunks`, or
`metadata.KEY`; a name that is no column is that of a key.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from vouch.schemas.documents.values import Scalar


class Operator(StrEnum):
    EQUAL = "="
    NOT_EQUAL = "!="
    LESS = "<"
    AT_MOST = "<="
    GREATER = ">"
    AT_LEAST = ">="
    IN = "in"
    NOT_IN = "not in"
    CONTAINS = "contains"
    """A text contains this one; a list has this entry."""
    PREFIX = "prefix"
    """A text, or an entry of a list, begins with this one."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A value as text, whose type is that of the column or key that it is compared with."""

    text: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value that whoever searches must give by this name: `$groups` in the filter of a profile.

    It may be given as a list where the operator is `in` or `not in`.
    """

    name: str


Operand: TypeAlias = Scalar | Typed | Parameter

Values: TypeAlias = Mapping[str, "str | int | float | bool | list[str] | tuple[str, ...]"]
"""What a caller gives for the parameters of a profile's filters, by name."""


class Combinable:
    """What `&` (and), `|` (or) and `~` (not) join."""

    __slots__ = ()

    def __and__(self, other: "Filter") -> "AllOf":
        # A long chain stays flat, so that it is not nested as deeply as it is long.
        parts = self.parts if isinstance(self, AllOf) else (self,)
        return AllOf((*parts, other))

    def __or__(self, other: "Filter") -> "AnyOf":
        parts = self.parts if isinstance(self, AnyOf) else (self,)
        return AnyOf((*parts, other))

    def __invert__(self) -> "Not":
        return Not(self)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Comparison(Combinable):
    """`NAME OPERATOR VALUE`. Only `in` and `not in` have other than one value.

    On a list, `=` means that it has the entry. `!=` and `not in` hold exactly where `=` and `in` do
    not: also where there is no value.
    """

    name: str
    operator: Operator
    values: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class AllOf(Combinable):
    parts: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class AnyOf(Combinable):
    parts: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Not(Combinable):
    part: "Filter"


Filter: TypeAlias = Comparison | AllOf | AnyOf | Not


class Field:
    """A column or a key of the metadata, to be compared with a value; see `field`."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, name: str) -> None:
        self._name = name

    def _is(self, operator: Operator, *values: Operand) -> Comparison:
        return Comparison(self._name, operator, values)

    def __eq__(self, value: object) -> Comparison:  # type: ignore[override]
        return self._is(Operator.EQUAL, value)  # type: ignore[arg-type]

    def __ne__(self, value: object) -> Comparison:  # type: ignore[override]
        return self._is(Operator.NOT_EQUAL, value)  # type: ignore[arg-type]

    def __lt__(self, value: Operand) -> Comparison:
        return self._is(Operator.LESS, value)

    def __le__(self, value: Operand) -> Comparison:
        return self._is(Operator.AT_MOST, value)

    def __gt__(self, value: Operand) -> Comparison:
        return self._is(Operator.GREATER, value)

    def __ge__(self, value: Operand) -> Comparison:
        return self._is(Operator.AT_LEAST, value)

    def is_in(self, values: Iterable[Operand]) -> Comparison:
        """Return the filter for one of these values, or for a list with one of them."""
        return self._is(Operator.IN, *values)

    def is_not_in(self, values: Iterable[Operand]) -> Comparison:
        """Return the filter for none of these values, or for a list with none of them."""
        return self._is(Operator.NOT_IN, *values)

    def contains(self, value: Operand) -> Comparison:
        """Return the filter for texts that contain this one, or lists that have this entry."""
        return self._is(Operator.CONTAINS, value)

    def starts_with(self, value: str) -> Comparison:
        """Return the filter for texts, or entries of lists, that begin with this one."""
        return self._is(Operator.PREFIX, value)


def field(name: str) -> Field:
    """Return a column or a key of the metadata, to be compared with a value.

    Raises `SettingsError` when the search that gets the filter knows no such name.
    """
    return Field(name)
