"""How worker processes start: without the main module of the program that they belong to.

By default each process that multiprocessing starts imports the program's main module first. For a
script that calls `vouch.ingest` outside of `if __name__ == "__main__"` that would be another call
of it in every worker, and for any program it is time and side effects that no worker needs: what
they run is all in this package.
"""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import context
from types import ModuleType
from typing import Any, ClassVar

_swapping = threading.Lock()


@contextmanager
def _without_main_module() -> Iterator[None]:
    """Let multiprocessing find a main module without name and file while it starts a process."""
    with _swapping:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = main


@contextmanager
def without_interrupts() -> Iterator[None]:
    """Let processes that this thread starts within the block never hear Ctrl-C.

    It reaches every process of a terminal, and one that still imports its code would print a
    traceback. Their parent ends them.
    """
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _SpawnProcess(context.SpawnProcess):
    # What type checkers know of multiprocessing's internals differs from what is there.
    @staticmethod
    def _Popen(process_obj: Any) -> Any:  # noqa: ANN401
        with _without_main_module(), without_interrupts():
            return context.SpawnProcess._Popen(process_obj)


class SpawnContext(context.SpawnContext):
    """Starts processes as new interpreters."""

    Process: ClassVar[Any] = _SpawnProcess


if sys.platform != "win32":

    class _ForkServerProcess(context.ForkServerProcess):
        @staticmethod
        def _Popen(process_obj: Any) -> Any:  # noqa: ANN401
            with _without_main_module():
                return context.ForkServerProcess._Popen(process_obj)

    class ForkServerContext(context.ForkServerContext):
        """Starts processes by forking the fork server."""

        Process: ClassVar[Any] = _ForkServerProcess
