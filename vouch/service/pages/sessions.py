"""Keys in a browser: a person signs in with a key, and a cookie stands for it from then on.

This is the outermost layer, as it decides what is shown without a key: the style sheet and the page
to sign in. Whether a key is one, and what it may see, `Callers` decides at each request.
"""

import secrets
import time
from collections.abc import Callable
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vouch.service.pages.rendering import ICON, page, problem_page, style
from vouch.service.problems import MEDIA_TYPE, Problem, Refused, forbidden
from vouch.service.service import SearchService

COOKIE = "vouch_session"
_SESSION_S = 12 * 3600
_MAX_SESSIONS = 1000
_MAX_BODY = 4096  # bytes of a form to sign in
_KEPT = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
}
# What programs ask for: never by a cookie, so that no page of another site can.
_NOT_PAGES = ("/v1/", "/health", "/metrics", "/openapi.json")


class Sessions:
    """An ASGI middleware that lets people sign in, and knows them by a cookie afterwards.

    Sessions are in memory only: they end with the process, after twelve hours, or when a person
    signs out.

    Args:
        app: What is behind it.
        service: The service.
        clock: Returns the time in seconds.
    """

    def __init__(
        self, app: ASGIApp, service: SearchService, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._app = app
        self._callers = service.callers
        self._clock = clock
        self._keys: dict[str, tuple[str, float]] = {}  # key and end by token, oldest first

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or path.startswith(_NOT_PAGES):
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        answer = await self._answer(request)
        if answer is not None:
            await answer(scope, receive, send)
        elif "text/html" in request.headers.get("accept", ""):
            await self._app(scope, receive, _Readable(request, send))
        else:
            await self._app(scope, receive, send)

    async def _answer(self, request: Request) -> Response | None:
        """Return what needs no key; None where the rest of the service answers."""
        path = request.url.path
        if request.method not in ("GET", "HEAD") and not is_own_form(request.headers):
            return problem_page(request, forbidden("this form was sent by a page of another site"))
        if path == style()[1]:
            return Response(style()[0], media_type="text/css", headers=_KEPT)
        if path == "/static/icon.svg":
            return FileResponse(ICON, media_type="image/svg+xml", headers=_KEPT)
        if not self._callers.need_keys:
            return None
        if path == "/login":
            return await self._login(request)
        token = _token(request.headers)
        if path == "/logout" and request.method == "POST":
            self._keys.pop(token, None)
            answer = RedirectResponse("/login", HTTPStatus.SEE_OTHER)
            answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
            return answer
        key, end = self._keys.get(token, ("", 0.0))
        if key and self._clock() < end:
            # Made here: whoever reads the headers of the request copies them.
            MutableHeaders(scope=request.scope)["Authorization"] = f"Bearer {key}"
            request.scope.setdefault("state", {})["signed_in"] = True
        elif "authorization" not in request.headers:
            target = path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(f"/login?next={quote(target)}", HTTPStatus.SEE_OTHER)
        return None

    async def _login(self, request: Request) -> Response:
        following = request.query_params.get("next", "/")
        if request.method != "POST":
            return page(request, "login.html.j2", following=following, problem="")
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > _MAX_BODY:
                refused = Refused(
                    HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", "the form is too large"
                )
                return problem_page(request, refused)
        form = parse_qs(body.decode("utf-8", "replace"), max_num_fields=10)
        key, following = form.get("key", [""])[0].strip(), form.get("next", ["/"])[0]
        try:
            self._callers.identify(f"Bearer {key}")
        except Refused:
            problem = "This is no key of this service. Ask whoever runs it for yours."
            status = HTTPStatus.UNAUTHORIZED
            return page(request, "login.html.j2", status, following=following, problem=problem)
        token, now = secrets.token_urlsafe(32), self._clock()
        self._keys = {each: kept for each, kept in self._keys.items() if kept[1] > now}
        while len(self._keys) >= _MAX_SESSIONS:
            self._keys.pop(next(iter(self._keys)))
        self._keys[token] = (key, now + _SESSION_S)
        answer = RedirectResponse(own_address(following), HTTPStatus.SEE_OTHER)
        answer.set_cookie(
            COOKIE,
            token,
            max_age=_SESSION_S,
            httponly=True,
            samesite="strict",
            # A proxy that speaks https says so. Who makes it up only loses the cookie.
            secure="https" in (request.url.scheme, request.headers.get("x-forwarded-proto")),
        )
        return answer


class _Readable:
    """Sends answers on, with a page in place of a problem that is described for programs."""

    def __init__(self, request: Request, send: Send) -> None:
        self._request = request
        self._send = send
        self._start: Message | None = None
        self._body = bytearray()

    async def __call__(self, message: Message) -> None:
        """Send a message on, or keep it until the whole problem is there."""
        if message["type"] == "http.response.start":
            if Headers(raw=message["headers"]).get("content-type") == MEDIA_TYPE:
                self._start = message
                return
        elif self._start is not None:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._as_page()(self._request.scope, self._request.receive, self._send)
            return
        await self._send(message)

    def _as_page(self) -> Response:
        assert self._start is not None
        problem = Problem.model_validate_json(bytes(self._body))
        wait = Headers(raw=self._start["headers"]).get("retry-after")
        refused = Refused(
            HTTPStatus(problem.status), problem.code, problem.detail, int(wait) if wait else None
        )
        return problem_page(self._request, refused)


def own_address(address: str) -> str:
    """Return an address of this service to go to; the search where it is that of another host."""
    parts = urlsplit(address) if address.isprintable() and "\\" not in address else None
    is_own = parts and not (parts.scheme or parts.netloc) and address.startswith("/")
    return address if is_own and not address.startswith("//") else "/"


def is_own_form(headers: Headers) -> bool:
    """Return whether a form was sent by a page of this service.

    Every browser says which site a form comes from. A program that says nothing is refused too: it
    has the JSON routes.
    """
    site = headers.get("sec-fetch-site")
    if site is not None and site != "same-origin":
        return False
    origin = headers.get("origin")
    if origin is None:
        return site == "same-origin"
    return urlsplit(origin).netloc == headers.get("host")


def _token(headers: Headers) -> str:
    try:
        cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return cookie.value if cookie else ""
