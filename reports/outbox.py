"""Events on their way out: each waits in a file of its own until it has been taken, so that an outage loses none.

An event is sent at least once: a process that dies between sending and forgetting sends it again.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
from filelock import FileLock, Timeout

from reports.page import write

_TIMEOUT_S = 5.0
_PASSES = (408, 425, 429)  # of what the other side answers for our fault, all that may pass
Send = Callable[[str], None]


class Refused(Exception):
    """The other side will never take this event."""


class Outbox:
    """A folder of events, in the order of their names."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, name: str, event: str) -> None:
        """Keep it until it is sent; one of the same name is the same event."""
        write(event, self._folder / f"{name}.json")

    def deliver(self, send: Send) -> Iterator[str]:
        """Send all that wait, oldest first; yields what went wrong. At the first that may pass it stops: the rest waits.

        Where another process delivers already, nothing is done.
        """
        try:
            with FileLock(self._folder / ".lock", timeout=0):
                yield from self._deliver(send)
        except Timeout:
            return

    def _deliver(self, send: Send) -> Iterator[str]:
        waiting = sorted(self._folder.glob("*.json"))
        for number, event in enumerate(waiting):
            try:
                send(event.read_text("utf-8"))
            except Refused as error:
                event.replace(event.with_suffix(".refused"))
                yield f"{event.name} was refused and is kept as {event.stem}.refused: {error}"
            except (OSError, httpx.HTTPError) as error:
                yield f"{len(waiting) - number} events wait in {self._folder} for the next run: {error}"
                return
            else:
                event.unlink()


def sender(target: str, token: str | None, folder: Path) -> Send:
    """Of a URL, or of a file, whose path counts from `folder`."""
    return _to_url(target, token) if target.startswith(("http://", "https://")) else _to_file(folder / target)


def _to_file(path: Path) -> Send:
    """Adds a line."""

    def send(event: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{event}\n")

    return send


def _to_url(url: str, token: str | None) -> Send:
    """Posts it. No redirect is followed: the token is for this address."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})

    def send(event: str) -> None:
        answer = httpx.post(url, content=event.encode(), headers=headers, timeout=_TIMEOUT_S)
        if 400 <= answer.status_code < 500 and answer.status_code not in _PASSES:
            raise Refused(f"{answer.status_code} {answer.text[:200]}")
        answer.raise_for_status()

    return send
