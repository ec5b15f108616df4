"""Bound the processor time of parsers, and time and memory of the programs that they call."""

import functools
import math
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

if sys.platform != "win32":
    import resource


def run_bounded(
    command: Sequence[str],
    data: bytes,
    *,
    cpu_s: int,
    memory_mb: int | None = None,
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Run a program on `data` and capture its output. Raise `OSError` if it cannot start."""
    limit = functools.partial(bound, cpu_s, memory_mb)
    return subprocess.run(
        command, input=data, capture_output=True, env=environment, preexec_fn=limit, check=False
    )


@contextmanager
def processor_time_bounded(cpu_s: float) -> Iterator[None]:
    """Give this process `cpu_s` more of processor time, at the end of which SIGXCPU kills it.

    The kernel rounds up to seconds, and ends code that never returns to Python, too. A program
    that a library starts by itself inherits the bound, which also holds once this process is gone.
    """
    if sys.platform == "win32":
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
    limit = math.ceil(time.process_time() + cpu_s)
    given = [most for most in (soft, hard) if most != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_CPU, (min([limit, *given]), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def bound(cpu_s: int, memory_mb: int | None) -> None:
    """Limit the rest of this process: a child before it becomes the program, or one that is on its
    own.

    A killed worker cannot stop its child, so the kernel has to.
    """
    if sys.platform != "win32":
        # At the first limit a program ends by SIGXCPU, which says why; at the second by SIGKILL.
        _lower(resource.RLIMIT_CPU, cpu_s, cpu_s + 1)
        if memory_mb is not None:
            _lower(resource.RLIMIT_DATA, memory_mb * 1_000_000, memory_mb * 1_000_000)


def _lower(kind: int, soft: int, hard: int) -> None:
    """Set a limit of this process, within those that its operator has set, which it may not exceed.

    A limit beyond them would be refused, and the program would not start.
    """
    _, given = resource.getrlimit(kind)
    if given != resource.RLIM_INFINITY:
        soft, hard = min(soft, given), min(hard, given)
    resource.setrlimit(kind, (soft, hard))
