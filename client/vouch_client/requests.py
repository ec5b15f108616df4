"""Requests as values, and what becomes of their answers: what both clients share."""

from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import httpx

from vouch_client.answers import Document, read
from vouch_client.errors import ServiceError, Unavailable, error_class
from vouch_client.filters import Condition

_REPEATED = frozenset((429, 503))
_LISTS = (list, tuple, set, frozenset)
_RESTARTS = 5
_MOST_WORDS = 500
"""Characters that are kept of an answer which is no problem in JSON: of a proxy, for example."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request. All of them read only, so that each may be sent again."""

    method: str
    path: str
    params: Mapping[str, str | int | list[str]] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    accepts: frozenset[int] = frozenset()
    """Statuses of errors whose answers are read as any other: they are no problem."""


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
    if isinstance(value, _LISTS):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(_plain(value))


def get(
    path: str,
    profile: str | None = None,
    values: Mapping[str, Any] | None = None,
    **params: int | None,
) -> Request:
    """Return a request for a path; what is None is left to the service."""
    given: dict[str, str | int | list[str]] = {
        name: value for name, value in params.items() if value is not None
    }
    if profile is not None:
        given["profile"] = profile
    if values:
        given["value"] = [
            f"{name}={_as_text(each)}"
            for name, value in values.items()
            for each in (value if isinstance(value, _LISTS) else [value])
        ]
    return Request("GET", path, given)


def place(path: str, identity: str) -> str:
    """Return a path with an id in the place of `{}`, where it cannot name another one."""
    return path.format(quote(identity, safe=""))


def document_requests(
    document_id: str, profile: str | None, values: Mapping[str, Any] | None
) -> Generator[Request, Mapping[str, Any], Document]:
    """Yield the requests for a document, each sent the previous answer; return it.

    The service gives its text in parts. Where another state is published between two parts, they
    are read again from the first one.
    """
    path = place("/v1/documents/{}", document_id)
    for _ in range(_RESTARTS):
        body = yield get(path, profile, values)
        run_id, parts, start = body["run_id"], [body["text"]], body.get("next_start")
        while start is not None:
            part = yield get(path, profile, values, start=start)
            if part["run_id"] != run_id:
                break
            parts.append(part["text"])
            start = part.get("next_start")
        if start is None:
            left_out = ("start", "next_start")
            whole = {name: value for name, value in body.items() if name not in left_out}
            return read(Document, {**whole, "text": "".join(parts)})
    raise Unavailable(f"the state has changed {_RESTARTS} times while the document was read")


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


def read_json(response: httpx.Response, accepts: frozenset[int] = frozenset()) -> Any:  # noqa: ANN401 - what the service says
    """Return the answer. Raises the `ServiceError` that it is, in the service's words."""
    if response.is_success or response.status_code in accepts:
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
