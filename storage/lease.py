"""Leases: who may do something on an object store, until when, kept as an object that is replaced
only by compare-and-swap.

A lease takes the place of a lock where no system releases one when its process dies. Its holder
renews it; who would take it over must see that it is not renewed. The clocks of two machines are
never compared. The holder counts from the start of its last renewal by a clock of its own. Another
one takes over where the object has kept one version for the whole time while it watched by a clock
of its own, or where the store's clock, which stamped the lease and stamps a second object now,
says that twice the time has passed. Either is later than the end that the holder has counted.
"""

import contextlib
import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta

from vouch.schemas.errors import StorageError
from vouch.storage.location import Location

_RENEWALS = 3  # within the time of a lease
_OWN_SHARE = 0.9  # of that time, for its holder: clocks of two machines may differ in speed
_POLL_S = 1.0
_STAMP_S = 2.0  # stores stamp in whole seconds
# A suspended machine's time counts too, where the system can say.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def system_clock() -> float:
    """Return seconds since some moment, by a clock that is never set."""
    return time.clock_gettime(_CLOCK)


class LeaseTaken(Exception):
    """Another holder has the lease; the message says which and until when."""


@dataclass(frozen=True, slots=True)
class _Note:
    """The content of a lease: names its holder, and differs each time that it is written.

    Otherwise a renewal whose answer was lost and its repetition would look like one, and whoever
    watches would count from the first, the holder from the second.
    """

    token: str
    holder: str
    since: str
    seconds: float
    written: str = ""
    free: bool = False

    def again(self) -> "_Note":
        return replace(self, written=secrets.token_hex(8))

    def to_bytes(self) -> bytes:
        return json.dumps(asdict(self)).encode()


class Lease:
    """The lease `name` in a folder of an object store, which one holder has, among all machines.

    Args:
        folder: Where its object is, which stays when the lease is free.
        name: What the object is called.
        seconds: After so many seconds without a renewal another holder may take it over.
        clock: Counts seconds, also while this machine is suspended.
    """

    def __init__(
        self,
        folder: Location,
        name: str,
        seconds: float,
        clock: Callable[[], float] = system_clock,
    ) -> None:
        self._folder = folder
        self._place = folder / name
        self._seconds = seconds
        self._clock = clock
        self._seen: tuple[str, float] | None = None
        self._lock = threading.RLock()
        self._count = 0
        self._note: _Note | None = None
        self._version = ""
        self._valid_until = 0.0
        self._ended = threading.Event()

    def acquire(self, wait_s: float = 0.0) -> None:
        """Take the lease, or take it once more where this object has it.

        Raises `LeaseTaken` where another one has it after `wait_s` seconds, and `StorageError`
        where the store fails.
        """
        with self._lock:
            if not self._count:
                self._take(wait_s)
            self._count += 1

    def release(self) -> None:
        """Let others have the lease, once this was called as often as `acquire`."""
        with self._lock:
            self._count -= 1
            if self._count:
                return
            self._ended.set()
            note, self._note = self._note, None
        if note is not None:
            # Where the store fails, the lease ends by itself.
            with contextlib.suppress(StorageError, OSError):
                self._put(replace(note.again(), free=True))

    def require(self) -> None:
        """Raise `StorageError` where this is no longer the holder, or cannot know it."""
        with self._lock:
            if self._note is not None and not self.is_sure:
                try:
                    self.renew()
                except (StorageError, OSError) as error:
                    raise StorageError(
                        f"the lease {self._place} could not be renewed in time ({error}); another "
                        "run may publish now, so this one stops; run again"
                    ) from error
            if self._note is None:
                raise StorageError(
                    f"the lease {self._place} was not renewed for {self._seconds:g} s, and another "
                    "run has taken it over, so this one stops; run again"
                )

    @property
    def is_sure(self) -> bool:
        """Whether nobody else can have the lease now, without asking the store."""
        return self._note is not None and self._clock() < self._valid_until

    def taken(self) -> str | None:
        """Return who has the lease and until when; None where it is free or its holder is dead."""
        note, version = self._read()
        if note is None or note.free or self._is_long_over(note, version):
            return None
        return self._described(note)

    def left_by(self) -> str | None:
        """Return who has died without releasing the lease; None where it is free, or taken."""
        note, version = self._read()
        if note is None or note.free or not self._is_long_over(note, version):
            return None
        return f"{note.holder} since {note.since}"

    def _take(self, wait_s: float) -> None:
        """Take the lease as soon as it is free, or its holder is dead."""
        deadline = self._clock() + wait_s
        while True:
            read_at = self._clock()
            note, version = self._read()
            if note is None or note.free:
                is_over = True
            elif self._seen is None or self._seen[0] != version:
                self._seen = (version, self._clock())
                is_over = self._is_long_over(note, version)
            else:
                is_over = read_at - self._seen[1] >= note.seconds
            if is_over and self._write(version):
                return
            if self._clock() >= deadline:
                raise LeaseTaken(self._described(note) if note else "another one")
            time.sleep(max(0.0, min(_POLL_S, self._seconds / 10, deadline - self._clock())))

    def _write(self, version: str) -> bool:
        """Become the holder, if the lease still has this version; an empty one means no lease."""
        started = self._clock()
        note = _Note(
            token=secrets.token_hex(8),
            holder=f"process {os.getpid()} on {socket.gethostname()}",
            since=f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC",
            seconds=self._seconds,
        )
        content = note.to_bytes()
        if version:
            new = self._place.replace(content, version)
        elif self._place.create(content):
            present, new = self._place.read_versioned()
            new = new if present == content else None
        else:
            new = None
        if new is None:
            return False
        self._note, self._version = note, new
        self._valid_until = started + self._seconds * _OWN_SHARE
        self._ended = threading.Event()
        threading.Thread(
            target=self._keep, args=(self._ended,), name="vouch-lease", daemon=True
        ).start()
        return True

    def _keep(self, ended: threading.Event) -> None:
        """Renew the lease until it is released or another one has taken it."""
        wait_s = self._seconds / _RENEWALS
        while not ended.wait(wait_s):
            with self._lock:
                if ended.is_set() or self._note is None:
                    return
                try:
                    self.renew()
                    wait_s = self._seconds / _RENEWALS
                except (StorageError, OSError):
                    wait_s = self._seconds / _RENEWALS / 4

    def renew(self) -> None:
        """Renew the lease, as a thread does by itself; forget it where another one has it.

        That nobody has replaced it since proves that nobody has had it since, however late it is.
        """
        with self._lock:
            if self._note is not None:
                self._renew(self._note)

    def _renew(self, note: _Note) -> None:
        started = self._clock()
        version = self._put(note.again())
        if version is None:
            self._note = None
            return
        self._version = version
        self._valid_until = started + self._seconds * _OWN_SHARE

    def _put(self, note: _Note) -> str | None:
        """Write the note where the lease is still this holder's, and return its version."""
        version = self._place.replace(note.to_bytes(), self._version)
        if version is None:
            # What this holder wrote before may have arrived though the answer was an error.
            present, present_version = self._read()
            if present is not None and present.token == note.token:
                version = self._place.replace(note.to_bytes(), present_version)
        return version

    def _read(self) -> tuple[_Note | None, str]:
        try:
            content, version = self._place.read_versioned()
        except FileNotFoundError:
            return None, ""
        try:
            return _Note(**json.loads(content)), version
        except (ValueError, TypeError) as error:
            raise StorageError(
                f"{self._place} is not a lease of Vouch; delete it while no run is in progress"
            ) from error

    def _is_long_over(self, note: _Note, version: str) -> bool:
        """Return whether the store's clock says that the lease is over, by far."""
        try:
            stored = self._place.stat()
        except FileNotFoundError:
            return False
        if stored.version != version:
            return False
        clock = self._folder / f".clock-{secrets.token_hex(8)}"
        clock.write_bytes(b"")
        try:
            age = clock.stat().modified - stored.modified
        finally:
            clock.delete()
        return age > timedelta(seconds=2 * note.seconds + _STAMP_S)

    def _described(self, note: _Note) -> str:
        try:
            until = self._place.stat().modified + timedelta(seconds=note.seconds)
        except FileNotFoundError:
            return note.holder
        return f"{note.holder} since {note.since}, until {until:%H:%M:%S} UTC unless it renews"
