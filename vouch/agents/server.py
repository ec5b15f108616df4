"""The server: tools over a backend, by the official SDK of the Model Context Protocol."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Annotated, Any, TypeVar

import anyio
import anyio.to_thread
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ToolError
from mcp_types import ToolAnnotations
from pydantic import Field

from vouch.agents.answers import (
    MAX_AROUND_CHARS,
    MAX_NAMES,
    MAX_PASSAGES,
    MAX_TEXT_CHARS,
    NOTICE,
    ContextAnswer,
    DocumentAnswer,
    FieldAnswer,
    FieldsAnswer,
    PassageAnswer,
    SearchAnswer,
    TraceAnswer,
    bounded,
)
from vouch.agents.backends import Backend, Problem
from vouch.schemas.errors import VouchError, in_words
from vouch.schemas.process.environment import mask_secrets
from vouch.schemas.search_options import Mode
from vouch.schemas.settings.choices import Breadth

_log = logging.getLogger("vouch.mcp")
T = TypeVar("T")

_INSTRUCTIONS = (
    "Search a body of documents in which every passage can be traced to its source. Answer from "
    "the passages only, and quote their citations. " + NOTICE
)
_THREADS = 4  # calls that are answered at the same time
_READS = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)

Query = Annotated[str, Field(min_length=1, max_length=4000, description="A question or some words")]
Filters = Annotated[
    list[str],
    Field(
        max_length=20,
        description="Conditions that must all hold, such as `language=en` or `year >= 2020`; "
        "`fields` lists the names",
    ),
]
DocumentId = Annotated[str, Field(max_length=100, description="As `search` gives it")]
ChunkId = Annotated[str, Field(max_length=100, description="As `search` gives it")]
Place = Annotated[int, Field(ge=0)]


def create_server(backend: Backend) -> MCPServer[None]:
    """Return a server whose tools read by this backend, and change nothing.

    It gets ready, and follows new states, while it runs.
    """

    @asynccontextmanager
    async def following(_: MCPServer[None]) -> AsyncIterator[None]:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_follow, backend)
            try:
                yield
            finally:
                tasks.cancel_scope.cancel()
        backend.close()

    server: MCPServer[None] = MCPServer(
        "vouch",
        title="Vouch",
        instructions=_INSTRUCTIONS,
        version=version("vouch-pipeline"),
        lifespan=following,
        log_level="WARNING",
    )
    limiter = anyio.CapacityLimiter(_THREADS)

    async def ask(work: Callable[[], T]) -> T:
        try:
            return await anyio.to_thread.run_sync(work, limiter=limiter)
        except Problem as problem:
            raise ToolError(str(problem)) from problem

    @server.tool(title="Search the documents", annotations=_READS)
    async def search(
        query: Query,
        k: Annotated[int, Field(ge=1, le=MAX_PASSAGES, description="The most passages")] = 5,
        filters: Filters = [],  # noqa: B006 - as the schema says; never changed
        mode: Annotated[
            Mode | None, Field(description="`vector`: by meaning, `text`: by words, `hybrid`: both")
        ] = None,
        breadth: Annotated[
            Breadth | None, Field(description="From `precise` to `all`: how much less relevant")
        ] = None,
    ) -> SearchAnswer:
        """Find passages that answer a question, each with its citation."""
        answer = await ask(lambda: backend.search(query, k, mode, breadth, filters))
        return SearchAnswer(
            run_id=answer["run_id"],
            passages=[PassageAnswer.of(hit) for hit in answer["hits"]],
            words_only=answer["words_only"],
        )

    @server.tool(title="Read around a passage", annotations=_READS)
    async def context(
        document_id: DocumentId,
        start: Annotated[Place, Field(description="`char_start` of a passage")],
        end: Annotated[Place, Field(description="`char_end` of a passage")],
        around: Annotated[
            int, Field(ge=0, le=MAX_AROUND_CHARS, description="Characters before and behind it")
        ] = 1000,
    ) -> ContextAnswer:
        """Read a span of a document's text, and what is around it."""
        if end - start > MAX_TEXT_CHARS:
            raise ToolError(
                f"the span is longer than {MAX_TEXT_CHARS:,} characters; use `document`, which "
                "gives a long text part by part"
            )
        answer = await ask(lambda: backend.context(document_id, start, end, around))
        return ContextAnswer(
            run_id=answer["run_id"],
            document_id=answer["document_id"],
            char_start=answer["char_start"],
            char_end=answer["char_end"],
            untrusted_before=answer["before"],
            untrusted_text=answer["text"],
            untrusted_after=answer["after"],
        )

    async def part_of(document_id: str, start: int, length: int) -> DocumentAnswer:
        answer = await ask(lambda: backend.document(document_id, start, length))
        own: dict[str, Any] = {**answer, "untrusted_text": answer["text"]}
        return DocumentAnswer.model_validate({**own, "fields": bounded(answer["fields"])})

    @server.tool(title="Read a document", annotations=_READS)
    async def document(
        document_id: DocumentId,
        start: Annotated[Place, Field(description="First character; see `next_start`")] = 0,
        length: Annotated[
            int, Field(ge=1, le=MAX_TEXT_CHARS, description="The most characters")
        ] = 8000,
    ) -> DocumentAnswer:
        """Read a document, part by part."""
        return await part_of(document_id, start, length)

    @server.tool(title="Trace a passage to its source", annotations=_READS)
    async def trace(chunk_id: ChunkId) -> TraceAnswer:
        """Show from which file and run a passage comes, and what of it is proved."""
        answer = await ask(lambda: backend.trace(chunk_id))
        chunk = answer["chunk"]
        return TraceAnswer.model_validate(
            {**answer, **chunk, "run_id": answer["run_id"], "written_by": chunk["run_id"]}
        )

    @server.tool(title="List what filters may name", annotations=_READS)
    async def fields() -> FieldsAnswer:
        """List the columns and metadata keys that filters of `search` may name."""
        answer = await ask(backend.fields)
        return FieldsAnswer(
            fields=[FieldAnswer.model_validate(each) for each in answer[:MAX_NAMES]],
            are_more=len(answer) > MAX_NAMES,
        )

    @server.resource(
        "vouch://documents/{document_id}",
        title="A document",
        description=f"The first {MAX_TEXT_CHARS:,} characters of a document's text",
        mime_type="text/plain",
    )
    async def document_text(document_id: str) -> str:
        try:
            part = await part_of(document_id, 0, MAX_TEXT_CHARS)
        except ToolError as error:
            raise ResourceError(str(error)) from error
        return f"{NOTICE}\n\n{part.untrusted_text}"

    return server


async def _follow(backend: Backend) -> None:
    """Get ready, and look for a newer state from time to time."""
    limiter = anyio.CapacityLimiter(1)
    while True:
        try:
            await anyio.to_thread.run_sync(backend.follow, limiter=limiter)
        except VouchError as error:
            # The next call of a tool tries again, and says so to the agent.
            _log.error("%s", mask_secrets(in_words(error)))
        await anyio.sleep(backend.poll_s)
