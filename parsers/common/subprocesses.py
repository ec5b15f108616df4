"""Programs that parsers call: each a process of its own on pipes, bounded in processor time and memory."""

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
    """Give `data` to a program and take what it prints. Raises `OSError` where it cannot be started."""
    bound = functools.partial(_bound, cpu_s, memory_mb)
    return subprocess.run(
        command, input=data, capture_output=True, env=environment, preexec_fn=bound, check=False
    )


def _bound(cpu_s: int, memory_mb: int | None) -> None:
    """In the child, before the program: a worker that is killed cannot stop it, so the system has to."""
    if sys.platform != "win32":
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
        if memory_mb is not None:
            resource.setrlimit(resource.RLIMIT_DATA, (memory_mb * 1_000_000,) * 2)
