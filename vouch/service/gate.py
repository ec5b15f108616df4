"""What every request passes: who asks, how often, and how much is sent."""

import logging
from http import HTTPStatus

import anyio
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vouch.service.callers import Caller, seconds_to_wait
from vouch.service.problems import Refused, as_refusal, problem_response
from vouch.service.service import SearchService

_log = logging.getLogger("vouch.service")
_BODY_S = 20.0
"""For how long the body of a request is waited for."""


class Gate:
    """An ASGI middleware that identifies the caller, and counts and bounds what it sends.

    The caller is `scope["state"]["caller"]` for what is inside.
    """

    def __init__(self, app: ASGIApp, service: SearchService) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def answer(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                headers.setdefault("Cache-Control", "no-store")
                headers["X-Content-Type-Options"] = "nosniff"
            await send(message)

        try:
            headers = Headers(scope=scope)
            scope.setdefault("state", {})["caller"] = self._admitted(headers)
            await self._app(scope, await self._whole_body(headers, receive), answer)
        except Exception as error:  # noqa: BLE001 - a caller gets no traceback
            refused = as_refusal(error)
            if not started:
                await problem_response(refused)(scope, receive, answer)

    def _admitted(self, headers: Headers) -> Caller:
        caller = self._service.callers.identify(headers.get("authorization"))
        if wait := seconds_to_wait(caller):
            raise Refused(
                HTTPStatus.TOO_MANY_REQUESTS,
                "rate_limited",
                f"too many requests within a minute; try again in {wait} s",
                wait,
            )
        return caller

    async def _whole_body(self, headers: Headers, receive: Receive) -> Receive:
        """Read the body, and return what hands it out."""
        limit = self._service.settings.max_body_kb * 1024
        body, more = bytearray(), True
        with anyio.move_on_after(_BODY_S) as waiting:
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    break
                body += message.get("body", b"")
                more = message.get("more_body", False)
                if len(body) > limit:
                    raise Refused(
                        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                        "too_large",
                        f"the request has more than {self._service.settings.max_body_kb} KB",
                    )
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
