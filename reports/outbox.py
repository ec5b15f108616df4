"""Send events and alerts, at least once each.

Every event is a file until it was sent, so that an outage loses none. A process that dies between
sending an event and removing its file sends it again.
"""

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from filelock import FileLock, Timeout

from vouch.schemas.errors import SettingsError, StorageError
from vouch.schemas.process.environment import mask_secrets
from vouch.schemas.process.storage_errors import storage_problem
from vouch.storage.lease import Lease, LeaseTaken
from vouch.storage.location import Location
from vouch.storage.places import location_of

if TYPE_CHECKING:
    from apprise import Apprise

_TIMEOUT_S = 5.0
_TRANSIENT = (408, 425, 429)  # client errors (RFC 9110, RFC 6585) that may not recur
_WEB = ("http://", "https://")
_LOCK = ".lock"
_LEASE_S = 60.0
Send = Callable[[str], None]


class Refused(Exception):
    """The receiver will never accept this event, so it is not sent again."""


class Outbox:
    """A folder, or a prefix of a bucket, of events, which are sent in the order of their names."""

    def __init__(self, place: str | Path | Location) -> None:
        self._place = location_of(place)

    def put(self, name: str, event: str) -> None:
        """Store an event until it is sent; it replaces an event of the same name."""
        (self._place / f"{name}.json").write_text(event)

    def deliver(self, send: Send) -> Iterator[str]:
        """Send all waiting events, oldest first, and yield problems in words.

        At the first transient problem delivery stops, and the remaining events wait, so that
        their order is kept. While another process delivers, this does nothing.
        """
        try:
            with _alone(self._place):
                yield from self._deliver(send)
        except (Timeout, LeaseTaken):  # whoever delivers sends these events as well
            return
        except (OSError, StorageError) as error:
            problem = storage_problem(error) or str(error)
            yield f"events wait in {self._place} for the next run: {problem}"

    def waiting(self) -> list[str]:
        """Return the names of the events that wait, oldest first."""
        names = [file.path for file in self._place.files() if "/" not in file.path]
        return sorted(name.removesuffix(".json") for name in names if name.endswith(".json"))

    def _deliver(self, send: Send) -> Iterator[str]:
        waiting = self.waiting()
        for number, name in enumerate(waiting):
            event = self._place / f"{name}.json"
            content = event.read_bytes()
            text = _text(content)
            if text is None:
                yield f"{name}.json is damaged and is kept as {self._set_aside(name, 'damaged')}"
                continue
            try:
                send(text)
            except Refused as error:
                yield (
                    f"{name}.json was refused and is kept as {self._set_aside(name, 'refused')}: "
                    f"{mask_secrets(str(error))}"
                )
            except (OSError, StorageError, httpx.HTTPError) as error:
                yield (
                    f"{len(waiting) - number} events wait in {self._place} for the next run: "
                    f"{mask_secrets(str(error))}"
                )
                return
            else:
                event.delete()

    def _set_aside(self, name: str, why: str) -> str:
        """Keep an event under another ending, and return its name."""
        kept = f"{name}.{why}"
        (self._place / f"{name}.json").move_to(self._place / kept)
        return kept


@contextmanager
def _alone(place: Location) -> Iterator[None]:
    """Let one process deliver, without waiting. Raises `Timeout` or `LeaseTaken` for the others."""
    if place.is_local:
        with FileLock(place.local_path / _LOCK, timeout=0):
            yield
        return
    lease = Lease(place, _LOCK, _LEASE_S)  # an object store has no locks
    lease.acquire()
    try:
        yield
    finally:
        lease.release()


def _text(content: bytes) -> str | None:
    """Return an event; None where the content is none."""
    try:
        text = content.decode("utf-8")
        return text if isinstance(json.loads(text), dict) else None
    except (ValueError, RecursionError):
        return None


def sender(
    target: str, token: str | None, folder: Path, options: Mapping[str, str] | None = None
) -> Send:
    """Return what sends an event to a URL, or writes it to a place.

    In a folder of this machine it is a line that is appended to the file. Nothing can be appended
    to an object, so each event is an object of its own below the URL of an object store.
    """
    if target.startswith(_WEB):
        return _to_url(target, token)
    place = location_of(target, options, folder)
    return _to_file(place.local_path) if place.is_local else _to_objects(place)


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


def _to_objects(place: Location) -> Send:
    def send(event: str) -> None:
        # Named by what it says, so that an event that is sent again replaces itself.
        content = json.loads(event)
        at = datetime.fromisoformat(content["eventTime"])
        name = f"{at:%Y%m%dT%H%M%S}-{content['eventType'].lower()}-{content['run']['runId']}.json"
        (place / name).write_text(event)

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
