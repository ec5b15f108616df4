"""Turns what the store raises into Vouch's own error: which table, which file, what to do.

A damaged file makes the store raise almost anything: `RuntimeError`, `ValueError`, `OSError`, and
panics of its Rust code, of which some are no `Exception`. So the handles that `Tables` gives out
are guarded: whatever is called on them, and on the queries that they make, raises `IndexError_`.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import pyarrow as pa
from lancedb.table import Table

from vouch.schemas.errors import IndexError_, StorageError, VouchError
from vouch.schemas.process.storage_errors import storage_problem
from vouch.storage.location import Location
from vouch.storage.object_store import explained

_STORE_ERRORS = (RuntimeError, ValueError, OSError, pa.ArrowException)
_PANICS = ("PanicException", "RustPanic")
# Classes of these modules are handles, builders of queries and of merges.
_GUARDED = ("lancedb.table", "lancedb.query", "lancedb.merge")
_MAX_CHARS = 200
_SOURCE_PLACE = re.compile(r",? (/\S+)?/(cargo|rustc)\S*/\S+\.rs:\d+:\d+.*", re.DOTALL)
# What an object store answers, or that it does not; but a missing object is a damaged index.
_REQUEST = re.compile(
    r"Error performing [A-Z]+ |RetryError\(|Generic (S3|GCS|MicrosoftAzure) error"
)
_MISSING = re.compile(r"NoSuchKey|\bNot found:|\bnot found:")
_HINT = "`vouch doctor` shows what is damaged, `vouch doctor --repair` repairs it"


@dataclass(frozen=True, slots=True)
class Place:
    """A table of the index in a folder or a bucket."""

    location: Location
    table: str

    def error(self, error: BaseException) -> VouchError:
        """Return the error that says what the store could not do."""
        local = {"the index": self.location.local_path} if self.location.is_local else {}
        problem = storage_problem(error, local)
        if problem is not None:
            return StorageError(problem)
        text = " ".join(_SOURCE_PLACE.sub("", str(error)).removeprefix("lance error: ").split())
        subject = f"table {self.table} of the index in {self.location} cannot be used"
        if "conflict" in text.lower():
            return IndexError_(f"{subject}: another program wrote to it just then; run again")
        if _REQUEST.search(text) and not _MISSING.search(text):
            return explained(self.location.url, RuntimeError(text))
        return IndexError_(f"{subject}: {self._cause(text)}; {_HINT}")

    def _cause(self, text: str) -> str:
        """Return the damaged file, where one is found by a quick look, else the store's words."""
        from vouch.index.store.checksums import find_damage

        damaged = find_damage(self.location, thorough=False)
        own = [item for item in damaged if item.table == self.table] or damaged
        if own:
            more = f", and {len(own) - 1} more" if len(own) > 1 else ""
            return f"{own[0]}{more}"
        return text[:_MAX_CHARS] or "the store gives no reason"


@contextmanager
def store_errors(place: Place) -> Iterator[None]:
    """Raise `IndexError_` for what the store raises in the block, `StorageError` where its folder
    is full or closed.
    """
    try:
        yield
    except VouchError:
        raise
    except BaseException as error:
        if isinstance(error, _STORE_ERRORS) or type(error).__name__ in _PANICS:
            raise place.error(error) from error
        raise


def guarded(table: Table, place: Place) -> Table:
    """Return a handle on the same table whose errors are Vouch's."""
    return cast(Table, _Guarded(table, place))


class _Guarded:
    """Stands for an object of the store; guards its methods, and what they return."""

    __slots__ = ("_inner", "_place")

    def __init__(self, inner: Any, place: Place) -> None:  # noqa: ANN401 - any object of the store
        self._inner = inner
        self._place = place

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the store has
        with store_errors(self._place):
            value = getattr(self._inner, name)
        return self._guard_call(value) if callable(value) else _guard(value, self._place)

    def _guard_call(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - those of the method
            with store_errors(self._place):
                result = method(*arguments, **named)
            # Most methods of a builder return the builder itself.
            return self if result is self._inner else _guard(result, self._place)

        return call


class _Batches:
    """Guards the batches of a query, which are read while they are iterated over."""

    __slots__ = ("_place", "_reader", "schema")

    def __init__(self, reader: pa.RecordBatchReader, place: Place) -> None:
        self._reader = reader
        self._place = place
        self.schema: pa.Schema = reader.schema

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        batches = iter(self._reader)
        while True:
            with store_errors(self._place):
                batch = next(batches, None)
            if batch is None:
                return
            yield batch


def _guard(value: Any, place: Place) -> Any:  # noqa: ANN401 - whatever the store returns
    if isinstance(value, pa.RecordBatchReader):
        return _Batches(value, place)
    return _Guarded(value, place) if type(value).__module__ in _GUARDED else value
