"""Translate filters to one SQL condition of the store that is safe to run.

Texts are quoted by `vouch.index.store.sql`, numbers and times are parsed first, and names are those
of columns or keys that there are, so nothing that is typed is executed.
"""

import difflib
from collections.abc import Callable, Iterable, Iterator

import pyarrow as pa

from vouch.index.search.filters.column_conditions import column_condition, filtered_columns
from vouch.index.search.filters.metadata_conditions import NOTHING, metadata_condition
from vouch.index.search.filters.metadata_keys import LINK, Catalogue, Key, Kind
from vouch.schemas.errors import SettingsError
from vouch.schemas.filter_syntax import MAX_COMPARISONS, MAX_VALUES, read_filter, value_text
from vouch.schemas.filters import AllOf, AnyOf, Comparison, Filter, Not, Operator

_PREFIX = "metadata."
_EVERYTHING = "true"
# How deeply the store's parser is given conditions within each other; it refuses about 20.
_MAX_LEVELS = 12
_MAX_NAMED = 40  # names in a message
_COMPLEMENTS = {Operator.NOT_EQUAL: Operator.EQUAL, Operator.NOT_IN: Operator.IN}


def where(
    filters: Iterable[str | Filter],
    schema: pa.Schema,
    catalogue: Callable[[], Catalogue],
) -> str | None:
    """Return all filters joined by AND as an SQL condition; None without filters.

    Args:
        filters: Texts (see `vouch.schemas.filter_syntax`) and values.
        schema: That of `chunks`.
        catalogue: Returns the keys of the metadata; called where a name is that of no column.

    Raises:
        SettingsError: A filter cannot be read, or a name, operator or value does not fit.
    """
    if isinstance(filters, str):
        raise SettingsError(f"filters is a list of filters, not the text {filters!r}")
    translation = _Translation(schema, catalogue)
    clauses = [
        translation.of(read_filter(each) if isinstance(each, str) else each) for each in filters
    ]
    return " AND ".join(f"({clause})" for clause in clauses) or None


class _Translation:
    def __init__(self, schema: pa.Schema, catalogue: Callable[[], Catalogue]) -> None:
        self._schema = schema
        self._columns = filtered_columns(schema)
        self._catalogue = catalogue
        self._comparisons = 0

    def of(self, searched: Filter, *, negated: bool = False, level: int = 0) -> str:
        """Return a condition. `not` is moved to the comparisons, where it is exact."""
        while isinstance(searched, Not):
            searched, negated = searched.part, not negated
        if isinstance(searched, Comparison):
            return self._comparison(searched, negated=negated)
        if not isinstance(searched, AllOf | AnyOf):
            raise SettingsError(f"a filter is a text or made with vouch.field, not {searched!r}")
        if level >= _MAX_LEVELS:
            raise SettingsError(
                f"a filter is nested too deeply: and and or may alternate {_MAX_LEVELS} times"
            )
        is_and = isinstance(searched, AllOf) != negated
        parts = [
            self.of(part, negated=flipped, level=level + 1)
            for part, flipped in _parts(searched, negated, is_and)
        ]
        if not parts:
            return _EVERYTHING if is_and else NOTHING
        return (" AND " if is_and else " OR ").join(f"({part})" for part in parts)

    def _comparison(self, comparison: Comparison, *, negated: bool) -> str:
        self._comparisons += 1
        if self._comparisons > MAX_COMPARISONS:
            raise SettingsError(f"the filters have more than {MAX_COMPARISONS} comparisons")
        operator = _COMPLEMENTS.get(comparison.operator, comparison.operator)
        values = _values(comparison, many=operator == Operator.IN)
        name = comparison.name
        if name in self._columns:
            kind = self._schema.field(name).type
            condition = column_condition(name, kind, operator, values)
        else:
            key, typed = self._key(name)
            condition = metadata_condition(key, operator, values, typed=typed)
        if negated == (operator == comparison.operator):
            # Where there is no value nothing is equal to it, so that it is not equal.
            return f"NOT coalesce({condition}, false)"
        return condition

    def _key(self, name: str) -> tuple[Key, bool]:
        catalogue = self._catalogue()
        key = name.removeprefix(_PREFIX)
        if key in catalogue.keys:
            return catalogue.keys[key], catalogue.typed
        if key == LINK or catalogue.is_empty:
            # In a state without documents a filter on any key finds nothing.
            return Key(key, frozenset({Kind.TEXT}), True, 0, ""), catalogue.typed
        raise SettingsError(_unknown(name, self._columns, list(catalogue.keys)))


def _parts(searched: Filter, negated: bool, is_and: bool) -> Iterator[tuple[Filter, bool]]:
    """Yield the parts of what is joined by the same word, however it is nested, and whether each is
    negated.
    """
    waiting = [(searched, negated)]
    while waiting:
        part, flipped = waiting.pop()
        while isinstance(part, Not):
            part, flipped = part.part, not flipped
        if isinstance(part, AllOf | AnyOf) and (isinstance(part, AllOf) != flipped) == is_and:
            waiting += [(each, flipped) for each in reversed(part.parts)]
        else:
            yield part, flipped


def _values(comparison: Comparison, *, many: bool) -> list[str]:
    values = [value_text(value) for value in comparison.values]
    if len(values) > MAX_VALUES:
        raise SettingsError(f"the filter on {comparison.name} has more than {MAX_VALUES:,} values")
    if not many and len(values) != 1:
        raise SettingsError(
            f"the filter on {comparison.name} has one value, or in with a list of them"
        )
    return values


def _unknown(name: str, columns: list[str], keys: list[str]) -> str:
    """Return that there is no such name, and the nearest ones that there are."""
    if name.startswith(_PREFIX):
        near = difflib.get_close_matches(name.removeprefix(_PREFIX), keys, n=1, cutoff=0.5)
        names = [_PREFIX + each for each in near or keys]
    else:
        near = difflib.get_close_matches(name, [*columns, *keys], n=1, cutoff=0.5)
        names = [each if each in columns else _PREFIX + each for each in near or [*columns, *keys]]
    if near:
        return f"the filter on {name[:100]!r} names no column and no key; did you mean {names[0]}?"
    if not names:
        return f"the filter on {name[:100]!r} names no key; no document has any metadata"
    more = f" and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else ""
    return (
        f"the filter on {name[:100]!r} names no column and no key; there are "
        f"{', '.join(names[:_MAX_NAMED])}{more}"
    )
