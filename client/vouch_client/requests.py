"""Requests as values, and what becomes of their answers: what both clients share."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import httpx

from vouch_client.errors import ServiceError, Unavailable, error_class
from vouch_client.filters import Condition

_REPEATED = frozenset((429, 503))
_MOST_WORDS = 500
"""Characters that are kept of an answer which is no problem in JSON: of a proxy, for example."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request. All of them read only, so that each may be sent again."""

    method: str
    path: str
    params: Mapping[str, str | int] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None


def search_request(
    query: str,
    k: int | None,
    mode: str | None,
    breadth: str | None,
    filters: Iterable[str | Condition] | str | Condition,
    profile: str | None,
    values: Mapping[str, Any] | None,
    explain: bool,
) -> Request:
    """Return the request of a search; what is None is left to the service."""
    each = [filters] if isinstance(filters, str | Condition) else filters
    given: dict[str, object] = {"k": k, "mode": mode, "breadth": breadth, "profile": profile}
    body: dict[str, object] = {name: value for name, value in given.items() if value is not None}
    body |= {"query": query, "filters": [str(condition) for condition in each]}
    if values:
        body["values"] = {name: _plain(value) for name, value in values.items()}
    if explain:
        body["explain"] = True
    return Request("POST", "/v1/search", body=body)


def _plain(value: object) -> object:
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(each) for each in value]
    return value.isoformat() if hasattr(value, "isoformat") else value


def get(path: str, *parts: str, **params: str | int | None) -> Request:
    """Return a request for a path; its parts are quoted, and parameters that are None left out."""
    place = "/".join((path, *(quote(part, safe="") for part in parts)))
    given = {name: value for name, value in params.items() if value is not None}
    return Request("GET", place, given)


def wait_before_retry(response: httpx.Response, longest_s: float) -> float | None:
    """Return the seconds after which a request is sent again; None if it is not.

    That is so where the service is busy or the rate is used up, and the service says for how long.
    """
    if response.status_code not in _REPEATED:
        return None
    wait = _retry_after(response)
    return wait if wait is not None and wait <= longest_s else None


def _retry_after(response: httpx.Response) -> float | None:
    text = response.headers.get("retry-after", "")
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())


def read_json(response: httpx.Response) -> Any:  # noqa: ANN401 - what the service says
    """Return the answer. Raises the `ServiceError` that it is, in the service's words."""
    if response.is_success:
        try:
            return response.json()
        except ValueError as error:
            raise ServiceError(
                f"{response.request.url} does not answer in JSON; is it the address of a "
                "`vouch serve`?",
                response.status_code,
            ) from error
    body = _problem(response)
    words = body.get("detail") or response.text[:_MOST_WORDS].strip() or response.reason_phrase
    raise error_class(response.status_code)(
        str(words), response.status_code, body, _retry_after(response)
    )


def _problem(response: httpx.Response) -> Mapping[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def unreachable(url: str, error: httpx.TransportError) -> Unavailable:
    """Return the error of a request that got no answer."""
    return Unavailable(
        f"{url} gave no answer: {str(error) or type(error).__name__}; is `vouch serve` running "
        "there?"
    )


def headers(key: str | None) -> dict[str, str]:
    """Return the headers of every request."""
    return {"Authorization": f"Bearer {key}"} if key else {}
