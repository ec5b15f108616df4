"""Several requests at a time: on an object store most of each is a wait."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_THREADS = 16

Item = TypeVar("Item")
Result = TypeVar("Result")


def at_once(function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Return the function's result for each item, in their order; what it raises is raised."""
    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(function, items))
