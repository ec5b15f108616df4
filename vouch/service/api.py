"""The routes of the JSON service: `/v1/…`, `/health` and `/metrics`.

Each calls one method of `SearchService`, with the caller that the gate has identified.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any, Concatenate, ParamSpec, Protocol, TypeVar

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.security import HTTPBearer
from prometheus_client import CONTENT_TYPE_LATEST

from vouch.schemas.errors import SettingsError
from vouch.schemas.search_options import Mode
from vouch.schemas.settings.choices import Breadth
from vouch.service import answers
from vouch.service.answers import Health, SearchAnswer, SearchRequest
from vouch.service.callers import Caller
from vouch.service.gate import HEALTH, RUN_HEADER
from vouch.service.problems import MEDIA_TYPE, Problem
from vouch.service.service import MAX_TEXT, SearchService


class _Answer(Protocol):
    run_id: str


_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result", bound=_Answer)


def caller_of(request: Request) -> Caller:
    """Return who asks."""
    caller: Caller = request.scope["state"]["caller"]
    return caller


def values_of(
    value: Annotated[
        list[str] | None,
        Query(
            max_length=50,
            description="A value for a parameter of the profile's filters, as NAME=VALUE; may be "
            "repeated, and makes a list where a name is repeated",
            examples=[["groups=staff"]],
        ),
    ] = None,
) -> dict[str, answers.Given]:
    """Return the values of a request's address. Raises `SettingsError` where one has no name."""
    values: dict[str, list[str]] = {}
    for text in value or ():
        name, sign, given = text.partition("=")
        if not sign or not name:
            raise SettingsError(f"the value {text[:80]!r} has no name; write NAME=VALUE")
        values.setdefault(name, []).append(given)
    return {name: each if len(each) > 1 else each[0] for name, each in values.items()}


AnyCaller = Annotated[Caller, Depends(caller_of)]
Values = Annotated[dict[str, answers.Given], Depends(values_of)]
Profile = Annotated[
    str | None, Query(description="A retrieval profile: what it excludes does not exist")
]
DocumentId = Annotated[str, Path(description="As a hit has it")]


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the description of answers that are problems: these, and those of every route."""
    content = {MEDIA_TYPE: {"schema": Problem.model_json_schema()}}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": content}
        for status in sorted((401, 403, 429, *statuses, 503))
    }


def routes(service: SearchService) -> APIRouter:
    """Return the routes of the service."""
    keys = [Depends(HTTPBearer(auto_error=False))] if service.callers.need_keys else []
    router = APIRouter(dependencies=keys)

    async def answered(
        response: Response,
        work: Callable[Concatenate[Caller, _Arguments], _Result],
        caller: Caller,
        *args: _Arguments.args,
        **kwargs: _Arguments.kwargs,
    ) -> _Result:
        """Return the answer, and name the run that it is from in a header as well."""
        answer = await service.call(work, caller, *args, **kwargs)
        response.headers[RUN_HEADER] = answer.run_id
        return answer

    async def unless_known(
        request: Request,
        response: Response,
        work: Callable[Concatenate[Caller, _Arguments], _Result],
        caller: Caller,
        *args: _Arguments.args,
        **kwargs: _Arguments.kwargs,
    ) -> _Result | Response:
        """Return the answer, or 304 where the caller has it already."""
        tag = service.tag(caller, str(request.url.include_query_params()))
        headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
        tags = request.headers.get("if-none-match", "").split(",")
        if tag in {each.strip().removeprefix("W/") for each in tags}:
            return Response(status_code=304, headers=headers)
        answer = await answered(response, work, caller, *args, **kwargs)
        response.headers.update(headers)
        return answer

    @router.post("/v1/search", responses=problems(413, 422), tags=["search"])
    async def search(
        response: Response, request: Request, caller: AnyCaller, searched: SearchRequest
    ) -> SearchAnswer:
        """Return the passages that answer a query, best first."""
        request.scope["state"]["logged"] = searched.model_dump_json(exclude_defaults=True)
        return await answered(response, service.search, caller, searched)

    @router.get("/v1/search", responses=problems(422), tags=["search"])
    async def search_by_address(
        response: Response,
        caller: AnyCaller,
        values: Values,
        query: Annotated[str, Query(description="A question or some words")],
        k: Annotated[int | None, Query(ge=1, description="The most passages")] = None,
        mode: Annotated[Mode | None, Query(description="By meaning, by words, or both")] = None,
        breadth: Annotated[
            Breadth | None, Query(description="How much less relevant a passage may be")
        ] = None,
        filter: Annotated[
            list[str] | None,
            Query(
                max_length=50,
                description="A condition; may be repeated, and all must hold",
                examples=[["language=en"]],
            ),
        ] = None,
        profile: Profile = None,
        explain: Annotated[bool, Query(description="Say why each hit is where it is")] = False,
    ) -> SearchAnswer:
        """Return what POST does, for a link or `curl`."""
        searched = SearchRequest(
            query=query,
            k=k,
            mode=mode,
            breadth=breadth,
            filters=filter or [],
            profile=profile,
            values=values,
            explain=explain,
        )
        return await answered(response, service.search, caller, searched)

    @router.get(
        "/v1/documents/{document_id}",
        response_model=answers.DocumentAnswer,
        responses=problems(404, 422),
        tags=["documents"],
    )
    async def document(
        request: Request,
        response: Response,
        caller: AnyCaller,
        document_id: DocumentId,
        values: Values,
        profile: Profile = None,
        start: Annotated[int, Query(ge=0, description="First character of the text")] = 0,
        length: Annotated[
            int, Query(ge=0, le=MAX_TEXT, description="Characters of it; 0: metadata only")
        ] = MAX_TEXT,
    ) -> answers.DocumentAnswer | Response:
        """Return a document: its metadata, and its canonical text part by part."""
        return await unless_known(
            request,
            response,
            service.document,
            caller,
            document_id,
            profile,
            values,
            start,
            length,
        )

    @router.get(
        "/v1/documents/{document_id}/context",
        response_model=answers.ContextAnswer,
        responses=problems(404, 422),
        tags=["documents"],
    )
    async def context(
        request: Request,
        response: Response,
        caller: AnyCaller,
        document_id: DocumentId,
        values: Values,
        start: Annotated[int, Query(ge=0, description="First character of the span")],
        end: Annotated[int, Query(ge=0, description="The character after its last one")],
        around: Annotated[
            int, Query(ge=0, le=MAX_TEXT, description="Characters before it and behind it")
        ] = 500,
        profile: Profile = None,
    ) -> answers.ContextAnswer | Response:
        """Return a passage in its context, by the span of a hit."""
        return await unless_known(
            request,
            response,
            service.context,
            caller,
            document_id,
            start,
            end,
            around,
            profile,
            values,
        )

    @router.get(
        "/v1/chunks/{chunk_id}/trace",
        response_model=answers.TraceAnswer,
        responses=problems(404, 422),
        tags=["lineage"],
    )
    async def trace(
        request: Request,
        response: Response,
        caller: AnyCaller,
        chunk_id: Annotated[str, Path(description="As a hit has it")],
        values: Values,
        profile: Profile = None,
    ) -> answers.TraceAnswer | Response:
        """Return where a chunk comes from, and what the index proves of it by itself."""
        return await unless_known(
            request, response, service.trace, caller, chunk_id, profile, values
        )

    @router.get("/v1/runs", responses=problems(422), tags=["lineage"])
    async def runs(
        response: Response,
        caller: AnyCaller,
        limit: Annotated[int, Query(ge=1, le=200, description="The most runs")] = 20,
    ) -> answers.RunsAnswer:
        """Return the newest runs of any kind, newest first, whichever state is served."""
        return await answered(response, service.runs, caller, limit)

    @router.get("/v1/runs/{run_id}", responses=problems(404, 422), tags=["lineage"])
    async def run(
        response: Response,
        caller: AnyCaller,
        run_id: Annotated[str, Path(description="A run's id, a unique prefix of it, or `latest`")],
    ) -> answers.OneRunAnswer:
        """Return a run with its checks."""
        return await answered(response, service.run, caller, run_id)

    @router.get(
        "/v1/fields", response_model=answers.FieldsAnswer, responses=problems(), tags=["search"]
    )
    async def fields(
        request: Request, response: Response, caller: AnyCaller
    ) -> answers.FieldsAnswer | Response:
        """Return the names that filters may use, with their types."""
        return await unless_known(request, response, service.fields, caller)

    @router.get("/v1/profiles", responses=problems(), tags=["search"])
    async def profiles(response: Response, caller: AnyCaller) -> answers.ProfilesAnswer:
        """Return the retrieval profiles that the caller may use."""
        return await answered(response, service.profiles, caller)

    @router.get(HEALTH, tags=["operation"])
    async def health(request: Request, response: Response) -> Health:
        """Return whether the service answers, and from what. Without a key only whether.

        The status is 503 until it is ready.
        """
        health = service.health()
        if not health.ready:
            response.status_code = 503
        if request.scope["state"]["caller"] is None:
            return Health(status=health.status, ready=health.ready)
        return health

    @router.get("/metrics", responses=problems(), tags=["operation"], response_class=Response)
    async def metrics() -> Response:
        """Return counts and times in the format of Prometheus."""
        return Response(service.figures.text(), media_type=CONTENT_TYPE_LATEST)

    return router
