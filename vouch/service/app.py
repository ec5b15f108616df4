"""The application: routes, errors as problems, and the gate that every request passes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from importlib.metadata import version

import anyio
import anyio.to_thread
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from vouch.schemas.errors import VouchError
from vouch.service.api import routes
from vouch.service.gate import Gate
from vouch.service.pages.router import pages
from vouch.service.pages.sessions import Sessions
from vouch.service.problems import Refused, as_refusal, problem_response
from vouch.service.service import SearchService

_DESCRIPTION = "Search an index in which every chunk is vouched for. Nothing can be changed here."


def create_app(service: SearchService) -> FastAPI:
    """Return the application over a service, which follows new states while it runs.

    Call `service.load()` before, and `service.close()` after.

    The pages of FastAPI that load scripts from another host are off; `/openapi.json` is there.
    """

    @asynccontextmanager
    async def following(app: FastAPI) -> AsyncIterator[None]:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_follow, service)
            yield
            tasks.cancel_scope.cancel()

    app = FastAPI(
        lifespan=following,
        title="Vouch",
        version=version("vouch-pipeline"),
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        # A redirect would repeat the `Host` that a caller has made up.
        redirect_slashes=False,
    )
    app.include_router(routes(service))
    app.include_router(pages(service))
    app.add_middleware(Gate, service=service)
    app.add_middleware(Sessions, service=service)
    app.add_exception_handler(VouchError, _on_error)
    app.add_exception_handler(Refused, _on_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_status)
    return app


async def _follow(service: SearchService) -> None:
    """Look for a newer state every `serve.poll_s` seconds."""
    # A thread of its own: it must not wait until searches have ended.
    limiter = anyio.CapacityLimiter(1)
    while True:
        await anyio.sleep(service.settings.poll_s)
        await anyio.to_thread.run_sync(service.follow, limiter=limiter)


async def _on_error(request: Request, error: Exception) -> Response:
    return problem_response(as_refusal(error))


async def _on_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    lines = []
    for each in error.errors()[:5]:
        place = ".".join(str(part) for part in each["loc"][1:]) or "the body"
        lines.append(f"{place}: {each['msg'].removeprefix('Value error, ')}")
    return problem_response(Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", "; ".join(lines)))


async def _on_status(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    if status == HTTPStatus.NOT_FOUND:
        return problem_response(Refused(status, "not_found", "there is nothing at this address"))
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        response = problem_response(
            Refused(status, "not_allowed", f"{request.method} is not what this address takes")
        )
        response.headers.update(error.headers or {})
        return response
    return problem_response(Refused(status, "invalid", str(error.detail)))
