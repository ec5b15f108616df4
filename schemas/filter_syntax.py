"""Filters as text: read what people type, fill in the parameters of profiles, and show a filter.

    language=en                                 one comparison; its value runs to the end
    metadata.acl in (staff, hr, "Human, Resources")
    (metadata.year >= 2024 and not (language = de or title contains "an offer"))

A text that does not begin with `(` is one comparison, whatever it contains, so that a value that a
program puts into `language={value}` cannot add a condition. The grammar is small, and what a value
may contain depends on where it is, so it is read here and not by a parser library.
"""

import math
import re
from collections.abc import Callable, Iterable
from datetime import date

from vouch.schemas.documents.arrow import chunks_schema
from vouch.schemas.documents.values import texts
from vouch.schemas.errors import SettingsError, ValueMissing
from vouch.schemas.filters import (
    AllOf,
    AnyOf,
    Comparison,
    Filter,
    Not,
    Operand,
    Operator,
    Parameter,
    Typed,
    Values,
)

_MAX_PARENTHESES = 50
MAX_COMPARISONS = 100
MAX_VALUES = 10_000
"""Values of one `in`."""
HELP = (
    "write NAME OPERATOR VALUE, such as language=en, page_start>=3, title~contract, "
    "metadata.author=Ada or metadata.acl in (staff, hr); begin with ( to join several by and, or "
    'and not: (language=en and title contains "an offer")'
)

_MAX_SHOWN = 300  # characters of a filter in a message
_SIGNS = {
    "!=": Operator.NOT_EQUAL,
    ">=": Operator.AT_LEAST,
    "<=": Operator.AT_MOST,
    "=": Operator.EQUAL,
    "<": Operator.LESS,
    ">": Operator.GREATER,
    "~": Operator.CONTAINS,
}
_SIGN = r"(?P<sign>!=|>=|<=|=|<|>|~)"
_NAME = r"[A-Za-z_]\w*(?:\.[^=!<>~]+?)?"
_LISTED = re.compile(rf"(?P<name>{_NAME})\s+(?P<word>in|not\s+in)\s*(?P<list>[($].*)", re.DOTALL)
_WORDED = re.compile(rf"(?P<name>{_NAME})\s+(?P<word>contains|prefix)\s+(?P<value>.*)", re.DOTALL)
_SIGNED = re.compile(rf"(?P<name>{_NAME})\s*{_SIGN}\s*(?P<value>.*)", re.DOTALL)
_PARAMETER = re.compile(r"\$([A-Za-z_]\w*)")
# A value with such a part was meant as two conditions.
_SECOND = re.compile(
    r"\s(?:and|or)\s+(?:(?:{columns})|metadata\.[^\s=!<>~]+)"
    r"\s*(?:!=|>=|<=|=|<|>|~|\s(?:not\s+)?in\s*\(|\s(?:contains|prefix)\s)".replace(
        "{columns}", "|".join(chunks_schema(1).names)
    ),
    re.IGNORECASE,
)
_SPACE = re.compile(r"\s*")
_WORD = re.compile(r"[^\s(),\"'=!<>~]+")
_VALUE = re.compile(r"[^\s(),\"']+")
_ENTRY = re.compile(r"[^,)]+")
_OPERATOR = re.compile(rf"{_SIGN}|(?P<word>not\s+in|in|contains|prefix)(?![\w.])", re.IGNORECASE)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"|\'((?:[^\'\\]|\\.)*)\'', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_KEYWORDS = {"and", "or", "not"}


def read_filter(text: str, *, with_parameters: bool = False) -> Filter:
    """Read a filter from text.

    Args:
        text: One comparison, or an expression that begins with `(`.
        with_parameters: `$name` as a whole value is a `Parameter`. Only filters of profiles have
            them; elsewhere such a value is itself, as it always was.

    Raises:
        SettingsError: It cannot be read; the message says where, and how to write it.
    """
    if not isinstance(text, str):
        raise SettingsError(f"a filter is a text or made with vouch.field, not {text!r}")
    stripped = text.strip()
    if stripped.startswith("("):
        return _Reader(text, with_parameters).expression()
    if match := _LISTED.fullmatch(stripped):
        operator = Operator(" ".join(match["word"].split()))
        values = _Reader(text, with_parameters, match["list"]).all_entries()
        return Comparison(match["name"].rstrip(), operator, values)
    match = _WORDED.fullmatch(stripped)
    if match is not None:
        operator = Operator(match["word"])
    else:
        match = _SIGNED.fullmatch(stripped)
        if match is None:
            raise SettingsError(f"the filter {_clipped(text)!r} cannot be read; {HELP}")
        operator = _SIGNS[match["sign"]]
    value = match["value"].strip()
    name = match["name"].strip()
    if second := _SECOND.search(value):
        start = f"({_shown_name(name)} {operator} "
        first, rest = value[: second.start()], value[second.start() :]
        raise SettingsError(
            f"the filter {_clipped(text)!r} looks like two conditions, but its value runs to its "
            f"end; write {start}{_quoted(first)}{rest}), or quote the value if it is one: "
            f"{start}{_quoted(value)})"
        )
    parameter = _PARAMETER.fullmatch(value) if with_parameters else None
    operand = Parameter(parameter[1]) if parameter else Typed(value)
    return Comparison(name, operator, (operand,))


class _Reader:
    """Reads an expression, or the list of `in`, from left to right."""

    def __init__(self, text: str, with_parameters: bool, part: str | None = None) -> None:
        self._whole = text
        self._text = text if part is None else part
        self._with_parameters = with_parameters
        self._at = 0
        self._comparisons = 0

    def expression(self) -> Filter:
        read = self._any_of(0)
        self._end()
        return read

    def all_entries(self) -> tuple[Operand, ...]:
        entries = self._entries()
        self._end()
        return entries

    def _any_of(self, depth: int) -> Filter:
        return self._joined("or", AnyOf, self._all_of, depth)

    def _all_of(self, depth: int) -> Filter:
        return self._joined("and", AllOf, self._part, depth)

    def _joined(
        self,
        word: str,
        join: type[AllOf] | type[AnyOf],
        read: Callable[[int], Filter],
        depth: int,
    ) -> Filter:
        parts = [read(depth)]
        while self._takes_word(word):
            parts.append(read(depth))
        return parts[0] if len(parts) == 1 else join(tuple(parts))

    def _part(self, depth: int) -> Filter:
        if depth > _MAX_PARENTHESES:
            raise self._error(f"it is nested more than {_MAX_PARENTHESES} levels deep")
        if self._takes_word("not"):
            return Not(self._part(depth + 1))
        if self._takes("("):
            inner = self._any_of(depth + 1)
            if not self._takes(")"):
                raise self._error("a ) is missing, or an and/or, or quotes around a value")
            return inner
        return self._comparison()

    def _comparison(self) -> Comparison:
        self._comparisons += 1
        if self._comparisons > MAX_COMPARISONS:
            raise self._error(f"it has more than {MAX_COMPARISONS} comparisons")
        name = self._quoted_text()
        if name is None:
            name = self._word(_WORD, "the name of a column or metadata.KEY")
        self._skip_space()
        match = _OPERATOR.match(self._text, self._at)
        if match is None:
            raise self._error(
                "an operator is missing: =, !=, <, <=, >, >=, ~, in, not in, contains or prefix"
            )
        self._at = match.end()
        operator = (
            _SIGNS[match["sign"]]
            if match["sign"]
            else Operator(" ".join(match["word"].lower().split()))
        )
        if operator in (Operator.IN, Operator.NOT_IN):
            return Comparison(name, operator, self._entries())
        quoted = self._quoted_text()
        operand = self._operand(self._word(_VALUE, "a value")) if quoted is None else Typed(quoted)
        return Comparison(name, operator, (operand,))

    def _entries(self) -> tuple[Operand, ...]:
        """Read `(a, b, "c, d")`, or the parameter in its place."""
        if not self._takes("("):
            word = self._word(_VALUE, "a list in parentheses, such as (a, b)")
            operand = self._operand(word)
            if not isinstance(operand, Parameter):
                raise self._error("in and not in have a list in parentheses, such as (a, b)")
            return (operand,)
        entries: list[Operand] = []
        while not self._takes(")"):
            if entries and not self._takes(","):
                raise self._error("a comma or a ) is missing; quote entries with commas or quotes")
            if len(entries) >= MAX_VALUES:
                raise self._error(f"a list has more than {MAX_VALUES:,} values")
            quoted = self._quoted_text()
            if quoted is None:
                match = _ENTRY.match(self._text, self._at)
                if match is None or not match[0].strip():
                    raise self._error("an entry of a list is missing")
                self._at = match.end()
                entries.append(self._operand(match[0].strip()))
            else:
                entries.append(Typed(quoted))
        return tuple(entries)

    def _operand(self, word: str) -> Operand:
        match = _PARAMETER.fullmatch(word) if self._with_parameters else None
        return Parameter(match[1]) if match else Typed(word)

    def _quoted_text(self) -> str | None:
        self._skip_space()
        if self._text[self._at : self._at + 1] not in ('"', "'"):
            return None
        match = _QUOTED.match(self._text, self._at)
        if match is None:
            raise self._error("a quote is missing at the end of a text")
        self._at = match.end()
        return _ESCAPED.sub(r"\1", match[1] if match[1] is not None else match[2])

    def _word(self, pattern: re.Pattern[str], missing: str) -> str:
        self._skip_space()
        match = pattern.match(self._text, self._at)
        if match is None or match[0].lower() in _KEYWORDS:
            raise self._error(f"{missing} is missing; a text may be quoted")
        self._at = match.end()
        return match[0]

    def _takes(self, sign: str) -> bool:
        self._skip_space()
        takes = self._text.startswith(sign, self._at)
        self._at += len(sign) * takes
        return takes

    def _takes_word(self, word: str) -> bool:
        self._skip_space()
        match = _WORD.match(self._text, self._at)
        if match is None or match[0].lower() != word:
            return False
        self._at = match.end()
        return True

    def _skip_space(self) -> None:
        if match := _SPACE.match(self._text, self._at):
            self._at = match.end()

    def _end(self) -> None:
        self._skip_space()
        if self._at < len(self._text):
            raise self._error(
                "there is more; join conditions by and or or, and quote longer values"
            )

    def _error(self, problem: str) -> SettingsError:
        rest = self._text[self._at : self._at + 30]
        place = f"at {rest!r}" if rest else "at its end"
        whole = _clipped(self._whole)
        return SettingsError(f"the filter {whole!r} cannot be read {place}: {problem}")


def _clipped(text: str) -> str:
    return text if len(text) <= _MAX_SHOWN else text[:_MAX_SHOWN] + "…"


def show_filter(shown: Filter) -> str:
    """Return a filter as text; `read_filter` reads the same from it.

    Values of Python, such as numbers and dates, are shown as people write them.
    """
    return _shown(shown) if isinstance(shown, AllOf | AnyOf | Not) else f"({_shown(shown)})"


def _shown(shown: Filter) -> str:
    if isinstance(shown, Comparison):
        values = [_shown_value(value) for value in shown.values]
        if shown.operator in (Operator.IN, Operator.NOT_IN):
            lone = len(values) == 1 and isinstance(shown.values[0], Parameter)
            value = values[0] if lone else f"({', '.join(values)})"
        else:
            (value,) = values
        return f"{_shown_name(shown.name)} {shown.operator} {value}"
    if isinstance(shown, Not):
        return f"(not {_shown(shown.part)})"
    word = " and " if isinstance(shown, AllOf) else " or "
    return f"({word.join(map(_shown, shown.parts))})"


def _shown_name(name: str) -> str:
    plain = _WORD.fullmatch(name) and name.lower() not in _KEYWORDS
    return name if plain else _quoted(name)


def _shown_value(value: Operand) -> str:
    return f"${value.name}" if isinstance(value, Parameter) else _quoted(value_text(value))


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def value_text(value: Operand) -> str:
    """Return a value as people write it: what it is compared as depends on the column or key.

    Raises `SettingsError` where it is no value, or a parameter that has none.
    """
    if isinstance(value, Typed):
        return value.text
    if isinstance(value, Parameter):
        raise SettingsError(f"${value.name} stands for a value, which only filters of profiles do")
    if not isinstance(value, str | int | float | date):
        raise SettingsError(
            "a filter compares with a text, a number, a truth value, a date or a time, not "
            f"{value!r}"
        )
    if isinstance(value, float) and not math.isfinite(value):
        raise SettingsError(f"a filter compares with numbers, which {value!r} is not")
    return texts(value)[0]


def parameters(searched: Filter) -> frozenset[str]:
    """Return the names of the parameters of a filter."""
    if isinstance(searched, Comparison):
        return frozenset(value.name for value in searched.values if isinstance(value, Parameter))
    parts = (searched.part,) if isinstance(searched, Not) else searched.parts
    return frozenset(name for part in parts for name in parameters(part))


def bind(bound: Filter, values: Values, profile: str = "") -> Filter:
    """Return a filter with the values of its parameters.

    A list may be given where the operator is `in` or `not in`. An empty list is in no list: `in`
    then matches nothing, and `not in` everything.

    Args:
        bound: The filter, as `read_filter` returns it.
        values: The values by name of their parameter.
        profile: The name of the profile, for messages.

    Raises:
        ValueMissing: A parameter has no value, or None.
        SettingsError: A list is given where one value belongs.
    """
    if isinstance(bound, Comparison):
        return Comparison(
            bound.name,
            bound.operator,
            tuple(
                each
                for value in bound.values
                for each in (
                    _given(value, bound, values, profile)
                    if isinstance(value, Parameter)
                    else (value,)
                )
            ),
        )
    if isinstance(bound, Not):
        return Not(bind(bound.part, values, profile))
    return type(bound)(tuple(bind(part, values, profile) for part in bound.parts))


def _given(
    parameter: Parameter, comparison: Comparison, values: Values, profile: str
) -> Iterable[Operand]:
    given = values.get(parameter.name)
    of = f" of the profile {profile}" if profile else ""
    if given is None:
        raise ValueMissing(
            f"the filter {show_filter(comparison)}{of} needs a value for {parameter.name}, and "
            "none is given"
        )
    if not isinstance(given, list | tuple | set | frozenset):
        return (given,)
    if comparison.operator not in (Operator.IN, Operator.NOT_IN):
        raise SettingsError(
            f"the filter {show_filter(comparison)}{of} takes one value for {parameter.name}, and a "
            "list is given; a list belongs to in or not in"
        )
    if len(given) > MAX_VALUES:
        raise SettingsError(f"{parameter.name} is a list of more than {MAX_VALUES:,} values")
    return tuple(given)
