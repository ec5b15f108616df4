"""Closed loops of requests: each client sends its next one when the answer has come.

    python -m benchmarks.serving.load PLAN

reads a plan in JSON, sends the requests to a service from this process, and prints figures in JSON.
"""

import http.client
import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import numpy as np

_TIMEOUT_S = 60


class Client(Protocol):
    """What asks one query after the other; a client is used by one thread."""

    def __call__(self, query: str) -> str:
        """Ask, and return what the answers are counted by. Raises where there is no answer."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Milliseconds of answers, answers a second, and how many answers were errors.

    `answers` counts the answers by what the client returned: the run whose state answered.
    """

    p50: float
    p95: float
    p99: float
    per_second: float
    requests: int
    errors: int
    first_errors: list[str] = field(default_factory=list)
    answers: dict[str, int] = field(default_factory=dict)


def measure(
    clients: Sequence[Client], queries: Sequence[str], seconds: float, warm_up: int = 32
) -> Figures:
    """Let the clients ask for so many seconds; each query is asked once, and then from the first
    one on. The first answers are not counted.
    """
    numbers = count()
    spent: list[float] = []
    errors: list[str] = []
    answers: Counter[str] = Counter()
    begin: list[float] = []
    until = time.perf_counter() + 10 * seconds  # of a service that does not get past the warm-up

    def loop(client: Client) -> None:
        while (at := time.perf_counter()) < until and not (begin and at > begin[0] + seconds):
            number = next(numbers)
            if number == warm_up:
                begin.append(at)
            try:
                answer = client(queries[number % len(queries)])
            except Exception as error:  # noqa: BLE001 - each is counted
                errors.append(f"{type(error).__name__}: {error}"[:300])
                continue
            if number >= warm_up:
                spent.append(time.perf_counter() - at)
                answers[answer] += 1

    threads = [threading.Thread(target=loop, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall = time.perf_counter() - begin[0]
    p50, p95, p99 = (
        (1000 * np.percentile(spent, (50, 95, 99))).tolist() if spent else (float("nan"),) * 3
    )
    return Figures(
        p50, p95, p99, len(spent) / wall, len(spent), len(errors), errors[:5], dict(answers)
    )


class HttpClient:
    """Posts searches over a connection that stays open."""

    def __init__(self, url: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(
            parts.hostname or "", parts.port, timeout=_TIMEOUT_S
        )
        self._body = dict(body)
        self._headers = {"content-type": "application/json", **headers}

    def __call__(self, query: str) -> str:
        content = json.dumps({**self._body, "query": query})
        self._connection.request("POST", "/v1/search", content, self._headers)
        response = self._connection.getresponse()
        answer = response.read()
        if response.status != 200:
            raise RuntimeError(f"{response.status}: {answer[:200].decode(errors='replace')}")
        return str(json.loads(answer)["run_id"])


def _send(plan: Mapping[str, Any]) -> list[Figures]:
    """Return the figures of each step of a plan."""
    return [
        measure(
            [
                HttpClient(plan["url"], step["body"], step.get("headers", {}))
                for _ in range(plan["clients"])
            ],
            step["queries"],
            step["seconds"],
        )
        for step in plan["steps"]
    ]


if __name__ == "__main__":
    results = _send(json.loads(Path(sys.argv[1]).read_text("utf-8")))
    print(json.dumps([asdict(result) for result in results]))
