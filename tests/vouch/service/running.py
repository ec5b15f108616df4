"""Runs `vouch serve` as people do: a process of its own, asked over HTTP."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from vouch.index.store.tables import Tables, rows
from vouch.pipeline.context.settings_loader import read_settings

STARTED_S = 300
"""Before which a server is ready on the slowest machine."""


@dataclass
class Service:
    """A server that runs: where it is, and its process."""

    url: str
    process: "subprocess.Popen[str]"
    log: Path
    headers: Mapping[str, str] = field(default_factory=dict)

    def client(self, key: str | None = None) -> httpx.Client:
        """Return a client that shows a key."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        # A proxy that the environment names is not for this machine.
        return httpx.Client(base_url=self.url, headers=headers, timeout=120, trust_env=False)

    def get(self, path: str, key: str | None = None, **query: Any) -> httpx.Response:
        """Ask for something; arguments that are None are left out."""
        given = {name: value for name, value in query.items() if value is not None}
        with self.client(key) as client:
            return client.get(path, params=given or None)

    def search(self, query: str, key: str | None = None, **body: Any) -> httpx.Response:
        """Search, by POST."""
        with self.client(key) as client:
            return client.post("/v1/search", json={"query": query, **body})

    def logged(self) -> str:
        """Return what it has written to standard error."""
        return self.log.read_text()

    def requests_logged(self) -> list[dict[str, Any]]:
        """Return the lines of its access log."""
        lines = [line for line in self.logged().splitlines() if line.startswith("{")]
        return [json.loads(line) for line in lines]

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal, and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(STARTED_S)


def command(settings: Path, *arguments: str) -> list[str]:
    """Return the command of a server at any free port."""
    return [sys.executable, "-m", "vouch", "-c", str(settings), "serve", "--port=0", *arguments]


@contextmanager
def serving(
    settings: Path, *arguments: str, environment: Mapping[str, str] | None = None
) -> Iterator[Service]:
    """Run a server of a project until the end of the block."""
    log = settings.parent / "serve.log"
    with (
        log.open("w") as errors,
        subprocess.Popen(
            command(settings, *arguments),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**os.environ, **(environment or {})},
        ) as process,
    ):
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("ready: "), log.read_text()
            yield Service(line.split()[1], process, log)
        finally:
            if process.poll() is None:
                process.kill()


def change(settings: Path, **sections: Any) -> Path:
    """Change sections of a project's settings, and return their path."""
    content = json.loads(settings.read_text())
    settings.write_text(json.dumps(content | sections))
    return settings


def rows_of(settings: Path, table: str, *columns: str) -> list[dict[str, Any]]:
    """Return columns of a table of a project's index."""
    tables = Tables.open(read_settings(settings).index_location)
    return list(rows(getattr(tables, table), columns).to_pylist())
