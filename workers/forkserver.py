"""Where parser processes come from: a process that has read the parsers' code already, and forks.

A spawned process reads all that code anew, for a third of a second of processor time. The fork server reads it once, and each
process after that is there in milliseconds. It is a process of its own, without threads, so that none of this process's threads
(LanceDB's, torch's) is ever forked. It ends when this process has ended, however that was.
"""

import multiprocessing
import os
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from multiprocessing import forkserver
from multiprocessing.context import BaseContext
from pathlib import Path

_starting = threading.Lock()


def context() -> BaseContext:
    """How parser processes start: forked by the server where the platform has one, else spawned."""
    return multiprocessing.get_context("forkserver" if _has_one() else "spawn")


def start(modules: Iterable[str] = ()) -> None:
    """Let the server read the parsers' code, and `modules`; it goes on beside what this process does.

    It is no trouble to call this often: a server that is there stays as it is. One that has died is started again.
    """
    if _has_one():
        with _starting, _looking_where_this_process_looks():
            multiprocessing.set_forkserver_preload(["vouch.workers.preload", *modules])
            forkserver.ensure_running()
            # One that multiprocessing itself starts again might look elsewhere: its processes read what they need.
            multiprocessing.set_forkserver_preload([])


def end_with_parent() -> None:
    """Of a parser process: it ends when its run is killed, whatever it is at, and so does the server, which waits for it.

    By a signal of the system (SIGIO), because a regular expression that never ends lets no Python notice anything.
    """
    parent = multiprocessing.parent_process()
    if sys.platform == "linux" and parent is not None:
        import fcntl

        fcntl.fcntl(parent.sentinel, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(parent.sentinel, fcntl.F_SETFL, os.O_ASYNC)
        if not parent.is_alive():
            sys.exit(1)


def _has_one() -> bool:
    return "forkserver" in multiprocessing.get_all_start_methods()


@contextmanager
def _looking_where_this_process_looks() -> Iterator[None]:
    """Python 3.11 tells the server no paths: it would look into the current folder first, which may hold anything."""
    paths = [path or str(Path.cwd()) for path in sys.path] + [os.environ.get("PYTHONPATH", "")]
    told = {"PYTHONPATH": os.pathsep.join(filter(None, paths)), "PYTHONSAFEPATH": "1"}
    before = {name: os.environ[name] for name in told if name in os.environ}
    os.environ.update(told)
    try:
        yield
    finally:
        for name in told:
            del os.environ[name]
        os.environ.update(before)
