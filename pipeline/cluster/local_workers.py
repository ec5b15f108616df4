"""Worker processes of this machine, which start and end with the run.

Each is a `vouch worker` in a process group of its own, with the processes that parse and embed for
it. One that dies is replaced. A worker reads how it connects from its standard input, which also
says when the run is over: the system closes it where the run is killed.
"""

import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from vouch.pipeline.cluster.dask_options import security
from vouch.pipeline.cluster.servers import serve_worker
from vouch.pipeline.context.scratch import use_scratch_base

_log = logging.getLogger("vouch")

_POLL_S = 0.5
_AGAIN_S = 1.0  # before a worker that has died is replaced
_MAX_CHARS = 500  # of what a worker has said last
_COMMAND = ("-c", "from vouch.cli import main; main()", "worker", "--of-run")


@contextmanager
def local_workers(number: int, connection: Mapping[str, str], folder: Path) -> Iterator[None]:
    """Keep this many workers running within the block.

    `connection` is what `serve_run` needs in them; what they print lies in `folder`.
    """
    ending = threading.Event()
    keepers = [
        threading.Thread(
            target=_keep_running,
            args=(connection, folder / f"worker-{place}.log", ending),
            name=f"vouch-worker-{place}",
        )
        for place in range(number)
    ]
    for keeper in keepers:
        keeper.start()
    try:
        yield
    finally:
        ending.set()
        for keeper in keepers:
            keeper.join()


def _keep_running(connection: Mapping[str, str], printed: Path, ending: threading.Event) -> None:
    while not ending.is_set():
        process = _start(connection, printed)
        while process.poll() is None and not ending.wait(_POLL_S):
            pass
        _end(process)
        if not ending.wait(_AGAIN_S):
            last = printed.read_text("utf-8", "replace").strip()[-_MAX_CHARS:]
            _log.warning(
                "a worker process of this run has ended (exit code %s) and is replaced%s",
                process.returncode,
                f": {last}" if last else "",
            )


def _start(connection: Mapping[str, str], printed: Path) -> "subprocess.Popen[bytes]":
    paths = [path or str(Path.cwd()) for path in sys.path]
    with printed.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *_COMMAND],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            start_new_session=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(paths), "PYTHONSAFEPATH": "1"},
        )
    with suppress(OSError):  # it has died already
        if process.stdin is not None:
            process.stdin.write(json.dumps(dict(connection)).encode() + b"\n")
            process.stdin.flush()
    return process


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End a worker and all processes of its group."""
    with suppress(OSError):
        if process.stdin is not None:
            process.stdin.close()
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def serve_run() -> None:
    """Serve, in a worker, the run that has started this process, and end with it."""
    connection = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_run, daemon=True).start()
    use_scratch_base(Path(connection["scratch"]))
    serve_worker(
        connection["address"], security(connection), float(connection["wait_s"]), lambda _: None
    )


def _end_with_run() -> None:
    while os.read(sys.stdin.fileno(), 1):  # until the system closes it
        continue
    # The group is its own: with it end the processes that parse and embed.
    os.killpg(0, signal.SIGKILL)
