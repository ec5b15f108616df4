"""The process of Prefect's ephemeral server: `uvicorn` with the arguments of this one, until whoever started it is gone.

A run that is killed cannot stop its server. But the pipe that is this process's standard input closes with it.
"""

import os
import runpy
import signal
import threading


def _leave_with_parent() -> None:
    while os.read(
        0, 1024
    ):  # not sys.stdin: an interpreter that ends while a thread waits in there aborts
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    runpy.run_module("uvicorn", run_name="__main__", alter_sys=True)
