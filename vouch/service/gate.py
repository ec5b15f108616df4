"""What every request passes: who asks, how often, how much is sent, and what is logged of it."""

import ipaddress
import json
import logging
import math
import time
from datetime import UTC, datetime
from http import HTTPStatus

import anyio
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vouch.schemas.process.environment import mask_secrets
from vouch.service.callers import Caller
from vouch.service.problems import Refused, as_refusal, forbidden, problem_response
from vouch.service.service import SearchService

ACCESS = logging.getLogger("vouch.service.access")
HEALTH = "/health"
RUN_HEADER = "X-Vouch-Run"
_BODY_S = 20.0
"""For how long the body of a request is waited for."""
_MAX_LOGGED = 4000
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_NOBODY = "-"


class Gate:
    """An ASGI middleware that identifies the caller, bounds what it sends, and counts the request.

    The caller is `scope["state"]["caller"]` for what is inside, None for a look at the health
    without a key.
    """

    def __init__(self, app: ASGIApp, service: SearchService) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status, run_id = time.perf_counter(), 0, None
        caller: Caller | None = None

        async def answer(message: Message) -> None:
            nonlocal status, run_id
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers.setdefault("Cache-Control", "no-store")
                headers["X-Content-Type-Options"] = "nosniff"
                run_id = headers.get(RUN_HEADER)
            await send(message)

        try:
            headers = Headers(scope=scope)
            self._refuse_other_sites(headers, scope["method"])
            caller = self._identified(headers, scope["path"])
            scope.setdefault("state", {})["caller"] = caller
            if caller is not None and scope["path"] != HEALTH:
                _refuse_too_many(caller)
            await self._app(scope, await self._whole_body(headers, receive), answer)
        except Exception as error:  # noqa: BLE001 - a caller gets no traceback
            refused = as_refusal(error)
            if not status:
                await problem_response(refused)(scope, receive, answer)
        finally:
            seconds = time.perf_counter() - started
            self._count(scope, caller, status, seconds, run_id)

    def _refuse_other_sites(self, headers: Headers, method: str) -> None:
        """Raise `Refused` where a page of another site may have made a browser ask."""
        callers = self._service.callers
        if not callers.need_keys and not _is_this_machine(headers.get("host", "")):
            # A name that somebody else has pointed at this machine: their page would read answers.
            raise forbidden("without API keys this service answers to localhost and 127.0.0.1 only")
        site = headers.get("sec-fetch-site", "none")
        if method not in _SAFE_METHODS and site not in ("none", "same-origin"):
            raise forbidden("a page of another site may not send this")

    def _identified(self, headers: Headers, path: str) -> Caller | None:
        """Return who asks; None for a look at the health without a key. Raises `Refused`."""
        try:
            return self._service.callers.identify(headers.get("authorization"))
        except Refused:
            if path == HEALTH:
                return None
            raise

    async def _whole_body(self, headers: Headers, receive: Receive) -> Receive:
        """Read the body, and return what hands it out."""
        limit_kb = self._service.settings.max_body_kb
        too_large = Refused(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "too_large",
            f"the request has more than {limit_kb} KB (serve.max_body_kb)",
        )
        declared = headers.get("content-length", "")
        if declared.isdecimal() and int(declared[:20]) > limit_kb * 1024:
            raise too_large
        body, more = bytearray(), True
        with anyio.move_on_after(_BODY_S) as waiting:
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    break
                body += message.get("body", b"")
                more = message.get("more_body", False)
                if len(body) > limit_kb * 1024:
                    raise too_large
        if waiting.cancelled_caught:
            raise Refused(
                HTTPStatus.REQUEST_TIMEOUT, "too_slow", "the request did not arrive in time"
            )
        handed_out = False

        async def hand_out() -> Message:
            nonlocal handed_out
            if handed_out:
                return await receive()
            handed_out = True
            return {"type": "http.request", "body": bytes(body), "more_body": False}

        return hand_out

    def _count(
        self, scope: Scope, caller: Caller | None, status: int, seconds: float, run_id: str | None
    ) -> None:
        # The template of the route: an address may contain anything, a query included.
        route = getattr(scope.get("route"), "path", _NOBODY)
        name = caller.name if caller else _NOBODY
        self._service.figures.requests.labels(route, name, str(status)).inc()
        self._service.figures.seconds.labels(route).observe(seconds)
        line: dict[str, object] = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "caller": name,
            "method": scope["method"] if scope["method"].isalpha() else _NOBODY,
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 1),
            "run": run_id,
        }
        if self._service.settings.log_queries:
            logged = scope.get("state", {}).get("logged") or scope["query_string"].decode("latin-1")
            line["query"] = logged[:_MAX_LOGGED]
        ACCESS.info("%s", mask_secrets(json.dumps(line)))


def _refuse_too_many(caller: Caller) -> None:
    """Count a request of a caller. Raises `Refused` where it has made too many."""
    wait = math.ceil(caller.limit.take())
    if wait:
        raise Refused(
            HTTPStatus.TOO_MANY_REQUESTS,
            "rate_limited",
            f"too many requests within a minute; try again in {wait} s",
            wait,
        )


def _is_this_machine(host: str) -> bool:
    """Return whether a `Host` header names this machine."""
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
    if name.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False
