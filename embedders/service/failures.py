"""Why a request to an embedding service has failed, in the service's words."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import TYPE_CHECKING

from vouch.schemas.settings.embedding import ServiceSettings
from vouch.schemas.settings.http_service import HttpService

if TYPE_CHECKING:
    import httpx

_MAX_CHARS = 300
_MAX_WAIT_S = 86_400.0
_TAGS = re.compile(r"<(script|style).*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?")
_LIMIT_CODES = re.compile(r"rate.?limit|too.?many|throttl|overload|capacity|unavailable|try again")
_ERROR_CODES = re.compile(r"server.?error|internal|time.?out|timed out|temporar")
# A limit that only a person raises, although it comes as 429. Not any word about payment: messages
# about requests a minute advertise it.
_NO_CREDIT = re.compile(
    r"insufficient.?(quota|credit|balance|fund)|exceeded your current quota|credit balance|"
    r"billing_(not_active|hard_limit)"
)


class Failure(Enum):
    """What a failure says of the next attempt."""

    BUSY = "too many requests"
    ERROR = "an error of the server, or a lost connection"
    SLOW = "no answer in time"
    TEXTS = "the texts are refused"
    FINAL = "the same request will always fail"

    @property
    def passes(self) -> bool:
        return self in (Failure.BUSY, Failure.ERROR, Failure.SLOW)


_BY_STATUS = {
    400: Failure.TEXTS, 413: Failure.TEXTS, 422: Failure.TEXTS,
    429: Failure.BUSY, 503: Failure.BUSY, 529: Failure.BUSY,
    408: Failure.SLOW, 504: Failure.SLOW, 524: Failure.SLOW,
    409: Failure.ERROR, 425: Failure.ERROR,
    501: Failure.FINAL, 505: Failure.FINAL,
}  # fmt: skip


@dataclass(eq=False)
class RequestFailed(Exception):
    """A request without vectors. `words` are bounded and plain; `hint` is the setting to correct,
    where the run has to stop.

    `wait_s` is how long the service asks to wait; `was_refused` is whether it says that it did
    nothing (4xx), so that nothing was charged.
    """

    kind: Failure
    words: str
    hint: str = ""
    wait_s: float | None = None
    was_refused: bool = False


def failure_of(
    answer: "httpx.Response", content: bytes, service: HttpService
) -> RequestFailed | None:
    """Return what an answer reports as an error; None where it has vectors.

    Some services report errors as 200.
    """
    if answer.is_success and b'"error"' not in content:
        return None  # without reading vectors that are read again
    body = _json(content)
    error = body.get("error") if isinstance(body, dict) and "data" not in body else None
    if answer.is_success and error is None:
        return None
    status, words = answer.status_code, _words(answer, content, body)
    code = json.dumps(error).lower()
    if answer.is_success:
        status = _status(error)
    kind = _BY_STATUS.get(status, Failure.ERROR if status >= 500 else Failure.FINAL)
    if answer.is_success and _LIMIT_CODES.search(code):
        kind = Failure.BUSY
    elif answer.is_success and _ERROR_CODES.search(code):
        kind = Failure.ERROR
    if kind is Failure.BUSY and _NO_CREDIT.search(code):
        kind = Failure.FINAL
    return RequestFailed(
        kind,
        words,
        _hint(status, words.lower(), service),
        _wait(answer) if kind is Failure.BUSY else None,
        was_refused=answer.is_client_error,
    )


def plain(text: str) -> str:
    """Return a service's words on one line, without control characters, and bounded."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= _MAX_CHARS else f"{line[:_MAX_CHARS]}…"


def _json(content: bytes) -> object:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _status(error: object) -> int:
    """Return the status that an error within an answer of 200 states; 400 where it states none."""
    code = error.get("code") if isinstance(error, dict) else None
    try:
        status = int(str(code))
    except ValueError:
        return 400
    return status if 400 <= status < 600 else 400


def _words(answer: "httpx.Response", content: bytes, body: object) -> str:
    """Return what an error says: of OpenAI's shape, of FastAPI's, or of a page."""
    words = body
    for key in ("error", "message", "detail"):
        if isinstance(words, dict) and key in words:
            words = words[key]
    if isinstance(words, dict):
        words = words.get("message", words)
    if words is None:
        words = _TAGS.sub(" ", content[:20_000].decode("utf-8", "replace"))
    elif not isinstance(words, str):
        words = json.dumps(words, ensure_ascii=False)
    if location := answer.headers.get("location"):
        words = f"{words} (sends to {location})"
    return f"{answer.status_code} {answer.reason_phrase}: {plain(words)}".removesuffix(": ")


def _hint(status: int, words: str, service: HttpService) -> str:
    """Return which setting to correct."""
    setting = f"{service.section}.service"
    if status in (401, 403):
        return f"correct {setting}.api_key"
    if 300 <= status < 400 or status == 405:
        return f"correct {setting}.url: nothing is sent to an address that it does not name"
    if status in (402, 429):
        return "raise the limit of the account"
    if "dimension" in words and isinstance(service, ServiceSettings) and service.send_dimensions:
        return (
            "set embedding.service.send_dimensions: false where the model has vectors of one "
            "length, or correct embedding.dimensions"
        )
    if status == 404 or "model" in words:
        return f"correct {service.section}.model or {setting}.url"
    return f"correct {setting}"


def _wait(answer: "httpx.Response") -> float | None:
    """Return how many seconds the service asks to wait before the next request."""
    headers = answer.headers
    if milliseconds := _seconds(headers.get("retry-after-ms")):
        return milliseconds / 1000
    if (after := headers.get("retry-after")) is not None:
        return _seconds(after)
    waits = [
        _seconds(headers.get(f"x-ratelimit-reset-{of}"))
        for of in ("requests", "tokens")
        if headers.get(f"x-ratelimit-remaining-{of}", "0").strip() == "0"
    ]
    return max((wait for wait in waits if wait is not None), default=None)


def _seconds(text: str | None) -> float | None:
    """Return the seconds of `20`, `6m0s`, `20ms` or a date; None for anything else."""
    if not text or len(text) > 64:
        return None
    text = text.strip()
    seconds: float | None = None
    if re.fullmatch(r"\d{1,12}(\.\d{1,12})?", text):
        seconds = float(text)
    elif match := _DURATION.fullmatch(text):
        hours, minutes, whole, milliseconds = (float(part or 0) for part in match.groups())
        seconds = 3600 * hours + 60 * minutes + whole + milliseconds / 1000
    else:
        try:
            date = parsedate_to_datetime(text)
        except (ValueError, OverflowError):
            return None
        seconds = (date.astimezone(UTC) - datetime.now(UTC)).total_seconds()
    return min(max(0.0, seconds), _MAX_WAIT_S)
