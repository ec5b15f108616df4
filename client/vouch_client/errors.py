"""Errors of requests to a `vouch serve`.

ServiceError
├── Refused            the request is wrong: an unknown filter, an empty query, a bad option
├── NotAllowed         the key is missing or wrong, or may not do this
├── NotFound           no such document, chunk or run, or none that this key may read
├── TooManyRequests    the key's rate is used up, also after the waits that were asked for
└── Unavailable        the service cannot be reached, or cannot answer now
"""

from collections.abc import Mapping
from typing import Any


class ServiceError(Exception):
    """An answer that is an error; its message is the service's own words.

    Attributes:
        status: The HTTP status; 0 where no answer came.
        body: The answer, as far as it is a JSON object.
        retry_after_s: Seconds after which the service asks to be asked again, if it says so.
    """

    def __init__(
        self,
        message: str,
        status: int = 0,
        body: Mapping[str, Any] | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body = dict(body or {})
        self.retry_after_s = retry_after_s


class Refused(ServiceError):
    """The request is wrong, and the message says what to do about it."""


class NotAllowed(ServiceError):
    """The key is missing or wrong, or may not do this."""


class NotFound(ServiceError):
    """There is no such document, chunk or run, or none that this key may read."""


class TooManyRequests(ServiceError):
    """The key's rate is used up."""


class Unavailable(ServiceError):
    """The service cannot be reached, or cannot answer now."""


def error_class(status: int) -> type[ServiceError]:
    """Return the class of the error for an HTTP status."""
    classes = {401: NotAllowed, 403: NotAllowed, 404: NotFound, 429: TooManyRequests}
    if status in classes:
        return classes[status]
    if status in (502, 503, 504):
        return Unavailable
    return Refused if 400 <= status < 500 else ServiceError
