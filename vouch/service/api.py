"""The routes of the JSON service: `/v1/…` and `/health`.

Each calls one method of `SearchService`, with the caller that `app.py` has identified.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from vouch.schemas.search_options import Mode
from vouch.schemas.settings.choices import Breadth
from vouch.service.answers import Health, SearchAnswer, SearchRequest
from vouch.service.callers import Caller
from vouch.service.problems import MEDIA_TYPE, Problem
from vouch.service.service import SearchService


def caller_of(request: Request) -> Caller:
    """Return who asks."""
    caller: Caller = request.scope["state"]["caller"]
    return caller


AnyCaller = Annotated[Caller, Depends(caller_of)]


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the description of answers that are problems."""
    content = {MEDIA_TYPE: {"schema": Problem.model_json_schema()}}
    return {status: {"description": "A problem", "content": content} for status in statuses}


def routes(service: SearchService) -> APIRouter:
    """Return the routes of the service."""
    router = APIRouter()

    @router.post("/v1/search", responses=problems(401, 403, 413, 422, 429, 503), tags=["search"])
    async def search(caller: AnyCaller, request: SearchRequest) -> SearchAnswer:
        """Return the passages that answer a query, best first."""
        return await service.call(service.search, caller, request)

    @router.get("/v1/search", responses=problems(401, 403, 422, 429, 503), tags=["search"])
    async def search_by_address(
        caller: AnyCaller,
        query: Annotated[str, Query(description="A question or some words")],
        k: Annotated[int | None, Query(ge=1)] = None,
        mode: Mode | None = None,
        breadth: Breadth | None = None,
        filter: Annotated[
            list[str], Query(description="A condition; may be repeated", max_length=50)
        ] = [],  # noqa: B006 - FastAPI copies it
    ) -> SearchAnswer:
        """Return the passages that answer a query, best first: as POST, for a link or `curl`."""
        request = SearchRequest(query=query, k=k, mode=mode, breadth=breadth, filters=filter)
        return await service.call(service.search, caller, request)

    @router.get("/health", tags=["operation"])
    async def health() -> Health:
        """Return whether the service answers, and from what."""
        return service.health()

    return router
