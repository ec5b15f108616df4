"""Events and alerts on their way out: each waits in a file of its own until it has been taken, so that an outage loses none.

An event is sent at least once: a process that dies between sending and forgetting sends it again.
"""

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from filelock import FileLock, Timeout

from vouch.reports.page import write
from vouch.schemas.environment import mask_secrets
from vouch.schemas.errors import SettingsError

if TYPE_CHECKING:
    from apprise import Apprise

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
                yield f"{event.name} was refused and is kept as {event.stem}.refused: {mask_secrets(str(error))}"
            except (OSError, httpx.HTTPError) as error:
                yield f"{len(waiting) - number} events wait in {self._folder} for the next run: {mask_secrets(str(error))}"
                return
            else:
                event.unlink()


def sender(target: str, token: str | None, folder: Path) -> Send:
    """Of a URL, or of a file, whose path counts from `folder`."""
    return (
        _to_url(target, token)
        if target.startswith(("http://", "https://"))
        else _to_file(folder / target)
    )


def alert_sender(target: str) -> Send:
    """Of an Apprise URL, or of any other address, to which the message itself is posted. Raises `SettingsError` for neither.

    A message is JSON of the arguments of `Apprise.notify`: `title`, `body`, `notify_type`.
    """
    service = apprise_service(target)
    if service is None:
        return _to_url(target, None)

    from apprise import LogCapture

    def send(message: str) -> None:
        with LogCapture(level=logging.WARNING, fmt="%(message)s") as said:  # type: ignore[no-untyped-call]
            if not service.notify(**json.loads(message), body_format="text"):
                raise OSError(said.getvalue().strip() or "it was not taken")

    return send


def apprise_service(target: str) -> "Apprise | None":
    """What Apprise makes of it; None for an address that is for a plain post. Raises `SettingsError` for neither."""
    from apprise import Apprise

    service, log = Apprise(), logging.getLogger("apprise")
    level, log.level = (
        log.level,
        logging.CRITICAL + 1,
    )  # it would log the address, which is a secret
    try:
        known = service.add(target)
    finally:
        log.level = level
    if not known and not target.startswith(("http://", "https://")):
        raise SettingsError(
            "one of alerts.to is neither an Apprise URL nor an address with http:// or https://; correct it"
        )
    return service if known else None


def _to_file(path: Path) -> Send:
    """Adds a line."""

    def send(event: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{event}\n")

    return send


def _to_url(url: str, token: str | None) -> Send:
    """Posts it. No redirect is followed: the token is for this address."""
    headers = {"Content-Type": "application/json"} | (
        {"Authorization": f"Bearer {token}"} if token else {}
    )

    def send(event: str) -> None:
        answer = httpx.post(url, content=event.encode(), headers=headers, timeout=_TIMEOUT_S)
        if 400 <= answer.status_code < 500 and answer.status_code not in _PASSES:
            raise Refused(f"{answer.status_code} {answer.text[:200]}")
        answer.raise_for_status()

    return send
