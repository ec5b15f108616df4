"""A source that answers in time: what hangs, or never ends, costs its own document or folder."""

import threading
from concurrent.futures import Future

from tenacity import (
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    stop_after_delay,
    wait_random_exponential,
)

from vouch.schemas.documents.records import Fetched, Listing
from vouch.schemas.errors import SourceUnavailable
from vouch.schemas.settings.sources import FilesSource, SourceSettings
from vouch.sources.base import Source
from vouch.sources.time_limits import OutOfTime, result_within, started, within

MAX_STUCK = 32
"""So many reads of files may be left behind at a time: each keeps a thread."""
_GRACE_S = 10.0  # in which a listing that notices by itself that its time is over may end


class LimitedSource:
    """A `Source` around another one, with time limits and further attempts at transient errors.

    A fetch that is not done in time raises `SourceUnavailable`, and a listing is incomplete. After
    `MAX_STUCK` fetches that never returned, the others fail at once.
    """

    def __init__(self, source: Source, settings: SourceSettings, attempts: int) -> None:
        self._source = source
        self._list_timeout_s = settings.list_timeout_s
        if isinstance(settings, FilesSource):
            self._setting, self._fetch_timeout_s = "fetch_timeout_s", settings.fetch_timeout_s
            self._max_stuck = MAX_STUCK
        else:
            # The first fetch may have to list all rows, and the others wait for it.
            self._setting, self._fetch_timeout_s = "list_timeout_s", settings.list_timeout_s
            self._max_stuck = 1
        self._attempts = attempts
        self._stuck: list[Future[Fetched]] = []
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        return self._source.name

    @property
    def media_type(self) -> str | None:
        return self._source.media_type

    def list(self) -> Listing:
        try:
            return within(self._list_timeout_s + _GRACE_S, self._source.list)
        except OutOfTime:
            problem = (
                f"source {self.name} did not answer within {self._list_timeout_s:g} s "
                "(list_timeout_s)"
            )
            return Listing(self.name, (), (), complete=False, problems=(problem,))

    def fetch(self, uri: str) -> Fetched:
        with self._lock:
            self._stuck = [reading for reading in self._stuck if not reading.done()]
            if len(self._stuck) >= self._max_stuck:
                raise SourceUnavailable(
                    f"{uri} of source {self.name} was not read: {len(self._stuck)} reads before it "
                    f"have not ended within {self._fetch_timeout_s:g} s ({self._setting}); see "
                    "whether its storage answers"
                )
        retrying = Retrying(
            retry=retry_if_exception_type(SourceUnavailable),
            stop=stop_after_attempt(self._attempts) | stop_after_delay(self._fetch_timeout_s),
            wait=wait_random_exponential(multiplier=0.5, max=30),
            reraise=True,
        )
        reading = started(lambda: retrying(self._source.fetch, uri))
        try:
            return result_within(self._fetch_timeout_s, reading)
        except OutOfTime:
            with self._lock:
                self._stuck.append(reading)
            raise SourceUnavailable(
                f"{uri} of source {self.name} was not read within {self._fetch_timeout_s:g} s "
                f"({self._setting}); see whether its storage answers"
            ) from None
