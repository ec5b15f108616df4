"""The fork server: a process that has imported the parsers' code, and forks worker processes.

A spawned process imports all of that code itself, which takes a third of a second of processor
time. The fork server does it once, and a worker starts in milliseconds. It is a separate process
without threads, so that none of this process's threads (LanceDB's, torch's) is ever forked. It ends
with this process, also when that is killed.
"""

import multiprocessing
import os
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from multiprocessing import forkserver
from multiprocessing.context import BaseContext
from pathlib import Path

from vouch.schemas.errors import StorageError
from vouch.schemas.process.process_context import SpawnContext, without_interrupts

if sys.platform != "win32":
    from vouch.schemas.process.process_context import ForkServerContext

_starting = threading.Lock()


def context() -> BaseContext:
    """Return how workers start: forked by the server where the platform can, else spawned."""
    if sys.platform == "win32":
        return SpawnContext()
    return ForkServerContext()


def start(modules: Iterable[str] = ()) -> None:
    """Start the server, which imports what workers need and `modules`. Return at once.

    A running server is left as it is; one that has died is started again. Raises `StorageError`
    where the temporary folder cannot hold its socket.
    """
    if is_supported():
        with _starting, _same_import_path(), without_interrupts():
            multiprocessing.set_forkserver_preload(["vouch.workers.preload", *modules])
            _run_server()
            # multiprocessing restarts a dead server by itself, without our import path. That server
            # must import nothing; its workers import what they need.
            multiprocessing.set_forkserver_preload([])


def _run_server() -> None:
    try:
        forkserver.ensure_running()
    except OSError as error:
        if error.errno is not None:  # not what the path of a socket is refused with
            raise
        raise StorageError(
            f"the path of the temporary folder {tempfile.gettempdir()} is too long for a socket "
            f"({error}); set TMPDIR to a shorter one"
        ) from error


def end_with_parent() -> None:
    """Make a worker process end when its run is killed; the server waits for it and ends too.

    Done by a signal of the kernel (SIGIO) on the pipe to the parent, because a regular expression
    that never ends lets no Python code notice anything.
    """
    parent = multiprocessing.parent_process()
    if sys.platform == "linux" and parent is not None:
        import fcntl

        fcntl.fcntl(parent.sentinel, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(parent.sentinel, fcntl.F_SETFL, os.O_ASYNC)
        if not parent.is_alive():
            sys.exit(1)  # it ended before the signal was set up


def is_supported() -> bool:
    """Return whether this platform can start a fork server."""
    return "forkserver" in multiprocessing.get_all_start_methods()


@contextmanager
def _same_import_path() -> Iterator[None]:
    """Let a child process import from where this process does.

    Python 3.11 does not hand `sys.path` to the server, which would search the working directory
    first: a user's folder, where `parsers.py` or `html.py` may be anything.
    """
    paths = [path or str(Path.cwd()) for path in sys.path] + [os.environ.get("PYTHONPATH", "")]
    changed = {"PYTHONPATH": os.pathsep.join(filter(None, paths)), "PYTHONSAFEPATH": "1"}
    before = {name: os.environ[name] for name in changed if name in os.environ}
    os.environ.update(changed)
    try:
        yield
    finally:
        for name in changed:
            del os.environ[name]
        os.environ.update(before)
