"""The texts of one call, which several threads embed request by request."""

import threading
from collections.abc import Callable, Sequence

import numpy as np

from vouch.embedders.base import RequestMeter, Vectors
from vouch.embedders.service.patience import Halt

_POLL_S = 0.2


class Work:
    """Texts with their vectors as far as they are there, shape (n, dimension).

    `estimates` are tokens. `refused` has what a service said of texts, by their places.
    """

    def __init__(
        self,
        texts: Sequence[str],
        estimates: Sequence[float],
        dimension: int,
        halt: Halt,
        progress: Callable[[int], None],
        meter: RequestMeter | None,
    ) -> None:
        self.texts, self.halt, self.meter = texts, halt, meter
        self.vectors: Vectors = np.full((len(texts), dimension), np.nan, np.float32)
        self.refused: dict[int, str] = {}
        self._estimates, self._progress = estimates, progress
        self._lock = threading.Lock()
        self._error: BaseException | None = None
        # Longest first, so that the requests of the end are short ones. No service takes an empty
        # text.
        order = sorted(range(len(texts)), key=lambda place: estimates[place])
        self._left = [place for place in order if texts[place]]
        for place in (place for place in order if not texts[place]):
            self.refuse(place, "the text is empty")

    def run(self, embed: Callable[["Work"], None], threads: int) -> None:
        """Let threads call `embed`, until all have returned. Raises the first error of any, and
        `EmbeddingError` at once where the run is abandoned.
        """
        # Daemons: a request cannot be ended from outside, and the end of the process is not to
        # wait for its time limit.
        workers = [
            threading.Thread(target=self._run, args=[embed], name="vouch-requests", daemon=True)
            for _ in range(min(threads, len(self._left)))
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            while worker.is_alive():
                worker.join(_POLL_S)
                self.halt.check_abandoned()
        if self._error is not None:
            raise self._error

    def _run(self, embed: Callable[["Work"], None]) -> None:
        try:
            embed(self)
        except BaseException as error:  # noqa: BLE001 - raised by `run`
            with self._lock:
                self._error = self._error or error
            self.halt.end()

    def next_batch(self, max_tokens: float, max_inputs: Callable[[int], int]) -> list[int]:
        """Return the places of texts that nobody has begun, none where none is left.

        `max_inputs` is given how many are left.
        """
        self.halt.check()
        batch: list[int] = []
        with self._lock:
            most, tokens = max_inputs(len(self._left)), 0.0
            while self._left and len(batch) < most:
                tokens += self._estimates[self._left[-1]]
                if batch and tokens > max_tokens:
                    break
                batch.append(self._left.pop())
        return batch

    def estimate(self, places: Sequence[int]) -> float:
        """Return about how many tokens these texts are."""
        return sum(self._estimates[place] for place in places)

    def store(self, places: Sequence[int], vectors: Vectors) -> None:
        """Keep the vectors of texts."""
        with self._lock:
            self.vectors[places] = vectors
        self._progress(len(places))

    def refuse(self, place: int, words: str) -> None:
        """Note that the service refuses a text."""
        with self._lock:
            self.refused[place] = words
        self._progress(1)
