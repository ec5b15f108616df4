"""A real PostgreSQL, from Debian's packages, for tests."""

import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


@contextmanager
def running_postgres() -> Iterator[str]:
    """Start a server and yield its URL, with a password.

    Skips the test where PostgreSQL is not installed.
    """
    pytest.importorskip("psycopg")
    if not PROGRAMS or not shutil.which("runuser"):
        pytest.skip("PostgreSQL (/usr/lib/postgresql/*/bin/initdb) or runuser is not installed")
    folder = Path(tempfile.mkdtemp(prefix="vouch-pg-", dir="/tmp"))
    try:
        _create_cluster(folder)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        options = (
            f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder} "
            "-c fsync=off"
        )
        _as_postgres(folder, "pg_ctl", "-w", "-o", options, "-l", str(folder / "log"), "start")
        try:
            yield f"postgresql+psycopg://me:s3cret%21pw@127.0.0.1:{port}/postgres"
        finally:
            _as_postgres(folder, "pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


def _create_cluster(folder: Path) -> None:
    (folder / "pw").write_text("s3cret!pw")
    shutil.chown(folder, "postgres")
    shutil.chown(folder / "pw", "postgres")
    options = (
        "-A",
        "scram-sha-256",
        "--pwfile",
        str(folder / "pw"),
        "-U",
        "me",
        "-E",
        "UTF8",
        "--no-sync",
    )
    _as_postgres(folder, "initdb", *options)


def _as_postgres(folder: Path, program: str, *arguments: str) -> None:
    """Run a program as the user postgres, because it refuses to run as root."""
    command = [
        "runuser",
        "-u",
        "postgres",
        "--",
        str(PROGRAMS[-1].parent / program),
        "-D",
        str(folder / "data"),
        *arguments,
    ]
    subprocess.run(
        command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder
    )
