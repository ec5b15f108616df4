"""Run the programs that parsers call, bounded in processor time and memory."""

import functools
import resource
import subprocess
import sys
from collections.abc import Mapping, Sequence


def run_bounded(
    command: Sequence[str],
    data: bytes,
    *,
    cpu_s: int,
    memory_mb: int | None = None,
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Run a program on `data` and capture its output. Raise `OSError` if it cannot start."""
    bound = functools.partial(_bound, cpu_s, memory_mb)
    return subprocess.run(
        command, input=data, capture_output=True, env=environment, preexec_fn=bound, check=False
    )


def _bound(cpu_s: int, memory_mb: int | None) -> None:
    """Limit the child before it becomes the program.

    A killed worker cannot stop its child, so the kernel has to.
    """
    if sys.platform != "win32":
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
        if memory_mb is not None:
            resource.setrlimit(resource.RLIMIT_DATA, (memory_mb * 1_000_000,) * 2)
