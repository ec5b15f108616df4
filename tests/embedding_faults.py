"""What goes wrong with requests to an embedding service of tests: small objects in a list.

    service.faults = [Refuse(429, times=3, headers={"Retry-After": "1"}), Weights(other, skip=10)]

Each applies to the requests that its conditions name. The first of the list that answers instead
of the service ends the matter; those that change an answer apply one after the other.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import numpy as np

from vouch.embedders.base import Vectors

CUT = "cut"
"""The connection ends in the middle of the answer."""
LOST = "lost"
"""The connection ends before the answer."""


@dataclass(frozen=True, slots=True)
class EmbeddingRequest:
    """A request that came in: its texts, the whole body, headers with small letters, when
    (`time.monotonic`). `tokens` are those that the service has counted, 0 where it did no work;
    `status` is the answer's, or `cut` or `lost`.
    """

    inputs: tuple[str, ...]
    body: Mapping[str, object]
    headers: Mapping[str, str]
    at: float
    tokens: int = 0
    status: int | str = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back: rows are pairs of index and vector; `raw` takes the whole body's place."""

    status: int | str = 200
    rows: tuple[tuple[int, Vectors], ...] = ()
    raw: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = "application/json"


@dataclass(slots=True, kw_only=True)
class Fault:
    """Applies to requests with a text that contains `word` and has more than `longer_than`
    characters, and with more than `more_than` texts: not to the first `skip` of them, then to
    `times`, or for good (None).
    """

    times: int | None = 1
    skip: int = 0
    word: str = ""
    longer_than: int = -1
    more_than: int = 0
    met: int = 0

    def applies(self, request: EmbeddingRequest) -> bool:
        """Return whether it applies to this request, and count it."""
        is_met = len(request.inputs) > self.more_than and any(
            self.word in text and len(text) > self.longer_than for text in request.inputs
        )
        self.met += is_met
        last = float("inf") if self.times is None else self.skip + self.times
        return is_met and self.skip < self.met <= last

    def texts(self, texts: tuple[str, ...]) -> tuple[str, ...]:
        """Return the texts that are embedded in place of these."""
        return texts

    def weights(self, folder: Path) -> Path:
        """Return the model that embeds in place of this one."""
        return folder

    def delay(self) -> float:
        """Return how many seconds the answer takes longer."""
        return 0.0

    def instead(self) -> Answer | None:
        """Return the answer to a request that the service does no work for."""
        return None

    def change(self, answer: Answer) -> Answer:
        """Return what is answered after the work was done."""
        return answer


@dataclass(slots=True)
class Refuse(Fault):
    """Answers with an error, also as 200, without any work.

    `after_s` is in Retry-After, in seconds or as a date.
    """

    status: int = 500
    message: str = "the server had an error"
    after_s: float | None = None
    as_date: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    code: str | int | None = None

    def instead(self) -> Answer:
        headers = dict(self.headers)
        if self.after_s is not None:
            date = datetime.now(UTC) + timedelta(seconds=self.after_s)
            headers["Retry-After"] = (
                format_datetime(date, usegmt=True) if self.as_date else f"{self.after_s:g}"
            )
        error = {"message": self.message, "type": "error", "code": self.code}
        return Answer(self.status, raw=json.dumps({"error": error}).encode(), headers=headers)


@dataclass(slots=True)
class Raw(Fault):
    """Answers with any body: an html page, JSON of another shape, too much."""

    body: bytes = b"<html><body><h1>Bad gateway</h1></body></html>"
    status: int = 502
    media_type: str = "text/html"

    def instead(self) -> Answer:
        return Answer(self.status, raw=self.body, media_type=self.media_type)


@dataclass(slots=True)
class Redirect(Fault):
    """Sends the client to another address."""

    to: str = ""
    status: int = 307

    def instead(self) -> Answer:
        return Answer(self.status, raw=b"", headers={"Location": self.to})


@dataclass(slots=True)
class Slow(Fault):
    """Answers late, after the work."""

    seconds: float = 1.0

    def delay(self) -> float:
        return self.seconds


@dataclass(slots=True)
class Cut(Fault):
    """Ends the connection after the work, in the middle of the answer."""

    def change(self, answer: Answer) -> Answer:
        return replace(answer, status=CUT)


@dataclass(slots=True)
class Lost(Fault):
    """Ends the connection after the work, before the answer."""

    def change(self, answer: Answer) -> Answer:
        return replace(answer, status=LOST)


@dataclass(slots=True)
class Shuffled(Fault):
    """Answers in another order, with the right index."""

    seed: int = 7

    def change(self, answer: Answer) -> Answer:
        order = np.random.default_rng(self.seed).permutation(len(answer.rows))
        return replace(answer, rows=tuple(answer.rows[place] for place in order))


@dataclass(slots=True)
class Miscounted(Fault):
    """Leaves out the last rows, or repeats the last one with the next index."""

    by: int = -1

    def change(self, answer: Answer) -> Answer:
        index, vector = answer.rows[-1]
        more = tuple((index + 1 + number, vector) for number in range(self.by))
        return replace(answer, rows=answer.rows[: self.by] if self.by < 0 else answer.rows + more)


@dataclass(slots=True)
class SameIndex(Fault):
    """Gives every row the index of the first."""

    def change(self, answer: Answer) -> Answer:
        return replace(answer, rows=tuple((0, vector) for _, vector in answer.rows))


@dataclass(slots=True)
class Values(Fault):
    """Fills the last vector with one value: not a number, infinity, zero."""

    value: float = float("nan")

    def change(self, answer: Answer) -> Answer:
        index, vector = answer.rows[-1]
        return replace(answer, rows=(*answer.rows[:-1], (index, np.full_like(vector, self.value))))


@dataclass(slots=True)
class Dimension(Fault):
    """Cuts all vectors to another length."""

    length: int = 16

    def change(self, answer: Answer) -> Answer:
        rows = tuple((index, vector[: self.length]) for index, vector in answer.rows)
        return replace(answer, rows=rows)


@dataclass(slots=True)
class Truncated(Fault):
    """Reads only the beginning of each text, and does not say so."""

    characters: int = 20

    def texts(self, texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(text[: self.characters] for text in texts)


@dataclass(slots=True)
class Weights(Fault):
    """Embeds by the model of another folder, for good: one with vectors of the same length is the
    platform team's change overnight. With `times`, it is one replica of several.
    """

    folder: Path = Path()
    times: int | None = field(default=None, kw_only=True)

    def weights(self, folder: Path) -> Path:
        return self.folder
