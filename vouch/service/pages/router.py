"""The addresses of the pages."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import Response

from vouch.service.pages.comparing import Comparing
from vouch.service.pages.documents import DocumentPages
from vouch.service.pages.forms import sent_form
from vouch.service.pages.judging import Judging
from vouch.service.pages.lineage import LineagePages
from vouch.service.pages.runs import RunPages
from vouch.service.pages.searching import SearchPages
from vouch.service.service import SearchService


def pages(service: SearchService) -> APIRouter:
    """Return the pages over a service."""
    searching, documents = SearchPages(service), DocumentPages(service)
    lineage, runs = LineagePages(service), RunPages(service)
    comparing, judging = Comparing(service), Judging(service)

    @asynccontextmanager
    async def closing(app: FastAPI) -> AsyncIterator[None]:
        yield
        comparing.close()

    router = APIRouter(include_in_schema=False, lifespan=closing)

    @router.get("/")
    async def search(request: Request) -> Response:
        return await service.call(searching.search, request)

    @router.get("/fields")
    async def fields(request: Request) -> Response:
        return await service.call(searching.fields, request)

    @router.get("/documents/{document_id}")
    async def document(request: Request, document_id: str) -> Response:
        return await service.call(documents.document, request, document_id)

    @router.get("/documents/{document_id}/pages/{number}.png")
    async def picture(request: Request, document_id: str, number: int) -> Response:
        return await service.call(documents.picture, request, document_id, number)

    @router.get("/documents/{document_id}/pages/{number}")
    async def sheet(request: Request, document_id: str, number: int) -> Response:
        return await service.call(documents.sheet, request, document_id, number)

    @router.get("/chunks/{chunk_id}")
    async def chunk(request: Request, chunk_id: str) -> Response:
        return await service.call(lineage.chunk, request, chunk_id)

    @router.get("/runs")
    async def list_runs(request: Request) -> Response:
        return await service.call(runs.runs, request)

    @router.get("/runs/{run_id}")
    async def run(request: Request, run_id: str) -> Response:
        return await service.call(runs.run, request, run_id)

    @router.get("/runs/{run_id}/report")
    async def report(request: Request, run_id: str) -> Response:
        return await service.call(runs.report, request, run_id)

    @router.get("/runs/{run_id}/data-docs/{name}")
    async def data_docs(request: Request, run_id: str, name: str) -> Response:
        return await service.call(runs.data_docs, request, run_id, name)

    @router.get("/compare")
    async def compare(request: Request) -> Response:
        return await service.call(comparing.compare, request)

    @router.get("/feedback")
    async def judge(request: Request) -> Response:
        return await service.call(judging.form, request)

    @router.post("/feedback")
    async def judged(request: Request) -> Response:
        fields = await sent_form(request)
        return await service.call(judging.write, request, fields)

    return router
