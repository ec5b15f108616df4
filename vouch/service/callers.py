"""Who asks: API keys, the profile that a key is bound to, and how often a caller may ask."""

import hashlib
import hmac
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from time import monotonic

from vouch.schemas.errors import SettingsError
from vouch.schemas.settings.serve import ServeSettings
from vouch.service.problems import Refused

_MINUTE_S = 60.0


class RateLimit:
    """At most so many requests within any 60 seconds.

    Args:
        per_minute: How many; 0: no limit.
        clock: Returns the time in seconds.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._lock = threading.Lock()
        self._times: deque[float] = deque(maxlen=per_minute)

    def take(self) -> float:
        """Count a request and return 0, or return the seconds until one is allowed."""
        if not self._per_minute:
            return 0.0
        with self._lock:
            now = self._clock()
            is_full = len(self._times) == self._per_minute
            if is_full and (wait := self._times[0] + _MINUTE_S - now) > 0:
                return wait
            self._times.append(now)
            return 0.0


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks.

    Attributes:
        name: By which logs and metrics name the caller.
        profile: The only profile that it may use; None: whichever it names, or none.
        values: Values for parameters of that profile's filters, which it cannot replace.
        limit: How often it may ask.
    """

    name: str
    profile: str | None = None
    values: Mapping[str, str | int | float | bool | list[str]] = field(default_factory=dict)
    limit: RateLimit = field(default_factory=lambda: RateLimit(0))


class Callers:
    """The callers that the settings name; without keys everybody is the same one.

    Raises `SettingsError` where a key cannot be had, is too short, or is that of two callers.
    """

    def __init__(self, settings: ServeSettings) -> None:
        self._anybody = None
        self._by_digest: list[tuple[str, Caller]] = []
        if not settings.keys:
            self._anybody = Caller("anybody", limit=RateLimit(settings.rate_per_minute))
        for key in settings.keys:
            own = key.rate_per_minute
            limit = RateLimit(settings.rate_per_minute if own is None else own)
            caller = Caller(key.name, key.profile, key.values, limit)
            digest = key.digest()
            if same := [each.name for key_digest, each in self._by_digest if key_digest == digest]:
                raise SettingsError(
                    f"{same[0]} and {key.name} in serve.keys have the same key; give each its own"
                )
            self._by_digest.append((digest, caller))

    @property
    def need_keys(self) -> bool:
        """Whether every request must show a key."""
        return self._anybody is None

    def identify(self, authorization: str | None) -> Caller:
        """Return who shows this `Authorization` header.

        Raises `Refused` where it is no key of the settings.
        """
        if self._anybody is not None:
            return self._anybody
        digest = hashlib.sha256(_key_in(authorization or "").encode()).hexdigest()
        # All are compared, in constant time, so that the time says nothing about any.
        matching = [caller for key, caller in self._by_digest if hmac.compare_digest(key, digest)]
        if not matching:
            raise Refused(
                HTTPStatus.UNAUTHORIZED,
                "unauthorized",
                "this service needs an API key; send it as `Authorization: Bearer KEY`",
            )
        return matching[0]


def _key_in(authorization: str) -> str:
    scheme, _, key = authorization.partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""
