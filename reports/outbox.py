"""Send events and alerts, at least once each.

Every event is a file until it was sent, so that an outage loses none. A process that dies between
sending an event and removing its file sends it again.
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
from vouch.schemas.storage_errors import storage_problem

if TYPE_CHECKING:
    from apprise import Apprise

_TIMEOUT_S = 5.0
_TRANSIENT = (408, 425, 429)  # client errors (RFC 9110, RFC 6585) that may not recur
_WEB = ("http://", "https://")
Send = Callable[[str], None]


class Refused(Exception):
    """The receiver will never accept this event, so it is not sent again."""


class Outbox:
    """A folder of events, which are sent in the order of their names."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, name: str, event: str) -> None:
        """Store an event until it is sent; it replaces an event of the same name."""
        write(event, self._folder / f"{name}.json")

    def deliver(self, send: Send) -> Iterator[str]:
        """Send all waiting events, oldest first, and yield problems in words.

        At the first transient problem delivery stops, and the remaining events wait, so that
        their order is kept. While another process delivers, this does nothing.
        """
        try:
            # Without waiting: whoever holds the lock sends these events as well.
            with FileLock(self._folder / ".lock", timeout=0):
                yield from self._deliver(send)
        except Timeout:
            return
        except OSError as error:
            problem = storage_problem(error) or str(error)
            yield f"events wait in {self._folder} for the next run: {problem}"

    def _deliver(self, send: Send) -> Iterator[str]:
        waiting = sorted(self._folder.glob("*.json"))
        for number, event in enumerate(waiting):
            try:
                text = _read(event)
                if text is None:
                    event.replace(event.with_suffix(".damaged"))
                    yield f"{event.name} is damaged and is kept as {event.stem}.damaged"
                    continue
                send(text)
            except Refused as error:
                event.replace(event.with_suffix(".refused"))
                yield (
                    f"{event.name} was refused and is kept as {event.stem}.refused: "
                    f"{mask_secrets(str(error))}"
                )
            except (OSError, httpx.HTTPError) as error:
                yield (
                    f"{len(waiting) - number} events wait in {self._folder} for the next run: "
                    f"{mask_secrets(str(error))}"
                )
                return
            else:
                event.unlink()


def _read(file: Path) -> str | None:
    """Return an event; None where the file holds none."""
    try:
        text = file.read_text("utf-8")
        return text if isinstance(json.loads(text), dict) else None
    except (ValueError, RecursionError, IsADirectoryError):
        return None


def sender(target: str, token: str | None, folder: Path) -> Send:
    """Return what sends an event to a URL, or appends it to a file whose path is below `folder`."""
    return _to_url(target, token) if target.startswith(_WEB) else _to_file(folder / target)


def alert_sender(target: str) -> Send:
    """Return what sends an alert to an Apprise URL, or posts it to any other web address.

    A message is JSON with the arguments of `Apprise.notify`: `title`, `body`, `notify_type`.

    Raises:
        SettingsError: The target is neither.
    """
    service = apprise_service(target)
    if service is None:
        return _to_url(target, None)

    from apprise import LogCapture

    def send(message: str) -> None:
        with LogCapture(level=logging.WARNING, fmt="%(message)s") as log:  # type: ignore[no-untyped-call]
            if not service.notify(**json.loads(message), body_format="text"):
                raise OSError(log.getvalue().strip() or "the service did not accept the message")

    return send


def apprise_service(target: str) -> "Apprise | None":
    """Return the Apprise service for a URL; None for a web address that Apprise does not know.

    Raises:
        SettingsError: The target is neither.
    """
    from apprise import Apprise

    service, log = Apprise(), logging.getLogger("apprise")
    level = log.level
    # Apprise would log the address, which is a secret.
    log.setLevel(logging.CRITICAL + 1)
    try:
        accepted = service.add(target)
    finally:
        log.setLevel(level)
    if not accepted and not target.startswith(_WEB):
        raise SettingsError(
            "an entry of alerts.to is neither an Apprise URL nor an address with http:// or "
            "https://; correct it"
        )
    return service if accepted else None


def _to_file(path: Path) -> Send:
    def send(event: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{event}\n")

    return send


def _to_url(url: str, token: str | None) -> Send:
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"

    def send(event: str) -> None:
        # No redirect is followed: the token is meant for this address only.
        answer = httpx.post(url, content=event.encode(), headers=headers, timeout=_TIMEOUT_S)
        if answer.is_client_error and answer.status_code not in _TRANSIENT:
            raise Refused(f"{answer.status_code} {answer.text[:200]}")
        answer.raise_for_status()

    return send
