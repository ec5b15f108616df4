"""Pages as answers: rendered from templates, under a policy that lets nothing else in."""

import hashlib
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse

from vouch.reports.page import STYLE, environment
from vouch.schemas.documents.values import Value, texts
from vouch.service.callers import Caller
from vouch.service.problems import Refused

_FOLDER = Path(__file__).parent
ICON = _FOLDER / "static" / "icon.svg"
_CLOSED = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
_POLICY = f"{_CLOSED}; style-src 'self'; img-src 'self'; form-action 'self'"
REPORT_POLICY = f"{_CLOSED}; style-src 'unsafe-inline'; img-src data:; form-action 'none'; sandbox"
"""Of a report, which brings its style along and needs nothing else: no script, form or frame."""
_ADVICE = {
    HTTPStatus.NOT_FOUND: "It may have been removed by a newer run, or not be for you to see. "
    "Search for it again.",
    HTTPStatus.SERVICE_UNAVAILABLE: "Wait a moment and load the page again.",
    HTTPStatus.TOO_MANY_REQUESTS: "Wait a moment and load the page again.",
    HTTPStatus.FORBIDDEN: "Go back to the search, or sign in with another key.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Go back, change it, and try again.",
}


@cache
def style() -> tuple[str, str]:
    """Return the only style sheet, that of reports with what pages have besides, and its address.

    The address has its hash, so that a browser keeps it until it changes.
    """
    text = f"{STYLE.read_text('utf-8')}\n{(_FOLDER / 'static' / 'pages.css').read_text('utf-8')}"
    return text, f"/static/{hashlib.sha256(text.encode()).hexdigest()[:12]}.css"


def page(
    request: Request,
    template: str,
    status: HTTPStatus = HTTPStatus.OK,
    policy: str = _POLICY,
    **values: object,
) -> HTMLResponse:
    """Return a page for whoever asks. A name that its template uses and is not given is a fault."""
    renderer = environment(_FOLDER / "templates")
    caller: Caller | None = request.scope.get("state", {}).get("caller")
    html = renderer.get_template(template).render(
        values,
        style=style()[1],
        path=request.url.path,
        caller=caller,
        signed_in=request.scope.get("state", {}).get("signed_in", False),
        in_words=in_words,
    )
    return protected(HTMLResponse(html, status), policy)


def problem_page(request: Request, refused: Refused) -> HTMLResponse:
    """Return the page for a request that is not answered: what happened, and what to do."""
    shown = page(
        request,
        "problem.html.j2",
        refused.status,
        title=refused.status.phrase,
        detail=refused.detail,
        advice=_ADVICE.get(refused.status, ""),
    )
    if refused.retry_after_s is not None:
        shown.headers["Retry-After"] = str(refused.retry_after_s)
    return shown


def protected(response: HTMLResponse, policy: str) -> HTMLResponse:
    """Return an answer with the headers by which a browser lets nothing else in."""
    response.headers.update(
        {
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            # With `no-referrer` a browser hides the origin of a form from us too, by which we
            # recognise our own. Other hosts learn nothing by either.
            "Referrer-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "no-store",
        }
    )
    return response


def in_words(fields: Mapping[str, Value]) -> dict[str, str]:
    """Return metadata as people read them: the entries of a list behind one another."""
    return {key: ", ".join(texts(value)) for key, value in fields.items()}
