"""Prefect's ephemeral server, started as Prefect itself does it, but beside what there is to do until it is needed.

It takes some eight seconds; Prefect would wait for it, with its whole code imported in this process too. Here it is a process
of its own from the beginning, and Prefect is told its address before it is imported.
"""

import atexit
import importlib.util
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from pathlib import Path

_URL = "PREFECT_API_URL"
_OTHERWISE = ("PREFECT_SERVER_EPHEMERAL_ENABLED", "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE")
_EPHEMERAL = {
    "PREFECT_UI_ENABLED": "0",
    "PREFECT__SERVER_EPHEMERAL": "1",
    "PREFECT__SERVER_FINAL": "1",
}
_LEAVES = 5.0  # seconds until it is ended by force
_FILES = {
    "profiles.toml": _URL,
    "prefect.toml": "api",
    "pyproject.toml": "[tool.prefect",
    ".env": _URL,
}
"""From which Prefect takes settings too, with what stands in them where they name an address."""


def has_server() -> bool:
    """Whether one is configured. Where nothing but the environment can say so, Prefect is not imported for it."""
    if os.environ.get(_URL):
        return True
    if "prefect" not in sys.modules and not _configured():
        return False
    from prefect.settings import PREFECT_API_URL

    return bool(PREFECT_API_URL.value())


def _configured() -> bool:
    """Whether a file may name an address, here or in Prefect's home."""
    folders = (Path.cwd(), Path(os.environ["PREFECT_HOME"]))
    files = [(folder / name, told) for folder in folders for name, told in _FILES.items()]
    held = ((file, told) for file, told in files if file.is_file())
    return "PREFECT_PROFILES_PATH" in os.environ or any(
        told in file.read_text("utf-8", "replace") for file, told in held
    )


def start_server() -> Callable[[], None]:
    """Begin to start one, where none is configured; returns what waits until it answers.

    Call that before Prefect is used; it raises `RuntimeError` where the server cannot be started. It ends with this process.
    """
    if "prefect" in sys.modules or has_server() or any(name in os.environ for name in _OTHERWISE):
        return lambda: None
    port = _free_port()
    process = _process(port)
    # Registered before Prefect is imported, and so called after Prefect has sent off what it still has to say.
    atexit.register(_stop, process)
    os.environ[_URL] = f"http://127.0.0.1:{port}/api"

    def wait() -> None:
        if not _answers(process, port):
            told = (
                f"it ended with code {process.poll()}"
                if process.poll() is not None
                else "it did not answer in time"
            )
            raise RuntimeError(
                f"Prefect's ephemeral server could not be started: {told}; set PREFECT_API_URL to one that runs"
            )

    return wait


def _process(port: int) -> subprocess.Popen[bytes]:
    package = importlib.util.find_spec("prefect")
    assert package is not None
    assert package.origin is not None
    app = [
        "--app-dir",
        str(Path(package.origin).parent),
        "--factory",
        "prefect.server.api.server:create_app",
    ]
    at = ["--host", "127.0.0.1", "--port", str(port), "--log-level", "error", "--lifespan", "on"]
    command = [
        sys.executable,
        "-P",
        str(Path(__file__).with_name("ephemeral_server.py")),
        *app,
        *at,
    ]
    return subprocess.Popen(command, env=os.environ | _EPHEMERAL, stdin=subprocess.PIPE)


def _free_port() -> int:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


def _answers(process: subprocess.Popen[bytes], port: int) -> bool:
    """Wait until it does; False where it has ended, or takes longer than it may."""
    until = time.monotonic() + float(os.environ["PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS"])
    while process.poll() is None and time.monotonic() < until:
        connection = HTTPConnection("127.0.0.1", port, timeout=_LEAVES)
        try:
            connection.request("GET", "/api/health")
            if connection.getresponse().status == 200:
                return True
        except (OSError, HTTPException):
            time.sleep(0.05)
        finally:
            connection.close()
    return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_LEAVES)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
