"""Interrupt a run at one of its boundaries, by the public hook."""

from collections.abc import Iterator
from contextlib import contextmanager

from vouch.schemas.boundary import Boundary, Side, install


class Interrupted(BaseException):
    """The run ends as if its process were killed: no code that handles errors sees it."""


@contextmanager
def interrupt_at(boundary: Boundary, side: Side) -> Iterator[None]:
    """Raise `Interrupted` where the process crosses this boundary."""

    def hook(crossed: Boundary, at: Side) -> None:
        if (crossed, at) == (boundary, side):
            raise Interrupted

    with install(hook):
        yield
