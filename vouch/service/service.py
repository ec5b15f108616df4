"""`SearchService`: everything that routes and pages ask for, of one state of the index at a time.

Its methods that take a `Caller` are synchronous and safe to call from several threads. A coroutine
calls them by `await service.call(method, caller, …)`, which bounds how many work at a time.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import anyio
import anyio.to_thread

from vouch.index.search.index import Index
from vouch.index.store.run_log import newest_published
from vouch.index.store.tables import Tables
from vouch.pipeline.context.index_model import service_model
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.schemas.errors import IndexError_, SettingsError
from vouch.schemas.search_options import SearchOptions
from vouch.service.answers import Health, HitAnswer, SearchAnswer, SearchRequest
from vouch.service.callers import Caller, Callers
from vouch.service.problems import Refused

if TYPE_CHECKING:
    from vouch.schemas.runs.record import RunRecord

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


class State:
    """A state of the index that is served: it never changes."""

    def __init__(self, index: Index, record: "RunRecord") -> None:
        self.index = index
        self.record = record

    @property
    def run_id(self) -> str:
        return self.record.run_id


class SearchService:
    """Answers callers from the newest published state, with one model for all.

    Args:
        file: The settings.

    Raises:
        SettingsError: A key of `serve.keys` cannot be had.
    """

    def __init__(self, file: SettingsFile) -> None:
        self.file = file
        self.settings = file.settings.serve
        self.callers = Callers(self.settings)
        self._state: State | None = None
        self._limiter = anyio.CapacityLimiter(self.settings.parallel)
        self._at_work = 0

    def load(self) -> None:
        """Open the index and load the model. Raises `IndexError_`, `EmbeddingError`."""
        record = newest_published(Tables.open(self.file.index_location))
        if record is None:
            raise IndexError_("nothing has been published yet; run `vouch ingest` first")
        index = Index(self.file.index_location, service_model(self.file))
        index.load_model()
        self._state = State(index, record)

    @contextmanager
    def state(self) -> Iterator[State]:
        """Use the state that is served now: it stays open until the end of the block, whatever is
        published meanwhile.
        """
        if self._state is None:
            raise IndexError_("the index is not open yet")
        yield self._state

    async def call(
        self,
        work: Callable[_Arguments, _Result],
        *args: _Arguments.args,
        **kwargs: _Arguments.kwargs,
    ) -> _Result:
        """Run a method in a thread, at most `serve.parallel` at a time.

        Raises `Refused` where `serve.queue` requests wait already.
        """
        if self._at_work >= self.settings.parallel + self.settings.queue:
            raise Refused(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "busy",
                "too many requests are waiting; try again in a moment",
                1,
            )
        self._at_work += 1
        try:
            return await anyio.to_thread.run_sync(
                lambda: work(*args, **kwargs), limiter=self._limiter
            )
        finally:
            self._at_work -= 1

    def search(self, caller: Caller, request: SearchRequest) -> SearchAnswer:
        """Return the passages that answer a query, of those that the caller may see.

        Raises:
            Refused: The caller may not search so.
            SettingsError: The query, a filter or another value is wrong.
            EmbeddingError: The model cannot be used.
        """
        options = self._options(request)
        with self.state() as state:
            hits = state.index.searcher.search(request.query, options)
            return SearchAnswer(
                run_id=state.run_id,
                profile=request.profile,
                hits=[HitAnswer.of(hit) for hit in hits],
                words_only=_WORDS_ONLY if hits.words_only else None,
            )

    def _options(self, request: SearchRequest) -> SearchOptions:
        if len(request.query) > self.settings.max_query_chars:
            raise SettingsError(
                f"the query has {len(request.query):,} characters, and may have "
                f"{self.settings.max_query_chars:,}"
            )
        k = request.k or SearchOptions().k
        if k > self.settings.max_k:
            raise SettingsError(f"k is {k}, and may be {self.settings.max_k} here")
        return SearchOptions(
            k,
            request.mode or "hybrid",
            tuple(request.filters),
            request.breadth or self.file.settings.retrieval.breadth,
        )

    def health(self) -> Health:
        """Return whether it answers, and from what."""
        state = self._state
        started = state.record.started_at if state else None
        return Health(
            status="ok",
            ready=state is not None,
            run_id=state.run_id if state else None,
            serves="published",
            published_at=started,
            age_s=(datetime.now(UTC) - started).total_seconds() if started else None,
            problem=None,
        )


_WORDS_ONLY = "the embedding service gave no vector for the query, so its words were searched"
