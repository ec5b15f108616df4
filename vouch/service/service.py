"""`SearchService`: everything that routes and pages ask for, of one state of the index at a time.

Its methods that take a `Caller` are synchronous and safe to call from several threads. A coroutine
calls them by `await service.call(method, caller, …)`, which bounds how many work at a time.
"""

import hashlib
import logging
import re
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Literal, ParamSpec, TypeVar

import anyio
import anyio.to_thread

from vouch.index.search.index import Index
from vouch.index.store.run_log import read_run
from vouch.pipeline.context.index_model import reranker_of, service_model
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.pipeline.operations.candidate_index import open_candidate
from vouch.schemas.errors import IndexError_, NotFound, SettingsError, in_words
from vouch.schemas.filter_syntax import parameters, read_filter
from vouch.schemas.process.environment import mask_secrets
from vouch.schemas.search_options import SearchOptions
from vouch.schemas.search_profiles import Given, options_of, profile_named
from vouch.service import answers
from vouch.service.answers import Health, SearchAnswer, SearchRequest
from vouch.service.callers import Caller, Callers
from vouch.service.figures import Figures
from vouch.service.problems import Refused, forbidden
from vouch.service.served_state import ServedState

if TYPE_CHECKING:
    from vouch.embedders.local.reranker import Reranker

_log = logging.getLogger("vouch.service")
_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")

MAX_TEXT = 100_000
"""Characters of a document's text in one answer."""
_IDENTITY = re.compile(r"[0-9a-f]{8,64}")
_WORDS_ONLY = "the embedding service gave no vector for the query, so its words were searched"
_DEGRADED = "a newer state cannot be read; the log of the service says why"
_NO_VALUES: Mapping[str, answers.Given] = {}


@dataclass(frozen=True, slots=True)
class Serves:
    """Which state is served: the newest published one, or one by the run that made it, fixed."""

    kind: Literal["published", "run", "candidate"] = "published"
    run: str | None = None


class SearchService:
    """Answers callers from one state of the index, with one model for all.

    `load` opens it, `follow` moves it to a newer published state. What a caller's profile excludes
    does not exist for it, by whichever method it asks.

    Args:
        file: The settings.
        serves: Which state.

    Raises:
        SettingsError: A key of `serve.keys` cannot be had.
    """

    def __init__(self, file: SettingsFile, serves: Serves = Serves()) -> None:
        self.file = file
        self.settings = file.settings.serve
        self.serves = serves
        self.callers = Callers(self.settings)
        self.figures = Figures(lambda: self._at_work)
        self._state: ServedState | None = None
        self._changing = threading.Lock()
        self._opening = threading.Lock()
        self._rerankers: dict[str, Reranker] = {}
        self._problem: str | None = None
        self._limiter = anyio.CapacityLimiter(self.settings.parallel)
        self._at_work = 0
        # Two services may answer one address differently, as their settings may.
        self._nonce = secrets.token_hex(8)

    # The state

    def load(self) -> None:
        """Open the state and load the model.

        Raises:
            IndexError_: There is no index, or nothing in it; `NotFound` where a named state is not.
            EmbeddingError: The model cannot be loaded.
            SettingsError: A key is bound to a profile that the state does not have.
        """
        with self._opening:
            state = self._open()
            if problem := self._missing_profile(state):
                state.replace()
                raise SettingsError(problem)
            self._serve(state)

    def follow(self) -> None:
        """Look whether a newer state has been published, and serve it then.

        Where it cannot be opened, the present one stays, and `health` says so. Raises nothing.
        """
        if self.serves.kind != "published":
            return
        try:
            with self._opening:
                if self._is_behind():
                    self._serve(self._open())
            problem = None
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not end the service
            problem = mask_secrets(in_words(error))
            self.figures.problems.inc()
        if problem and problem != self._problem:
            _log.error("a newer state cannot be served: %s", problem)
        self._problem = problem
        self.figures.show_degraded(is_degraded=problem is not None)

    def close(self) -> None:
        """Close the state, once nobody reads it any more."""
        with self._changing:
            state, self._state = self._state, None
        if state is not None:
            state.replace()

    @contextmanager
    def state(self) -> Iterator[ServedState]:
        """Use the state that is served now: it stays open until the end of the block, whatever is
        published meanwhile.
        """
        with self._changing:
            state = self._state
            if state is None:
                raise IndexError_("the index is not open")
            state.acquire()
        try:
            yield state
        finally:
            state.release()

    def _open(self) -> ServedState:
        resources = ExitStack()
        try:
            if self.serves.kind == "candidate":
                index = resources.enter_context(open_candidate(self.file, self.serves.run or ""))
                resources.callback(index.close)
            else:
                place, card = self.file.index_location, service_model(self.file)
                index = resources.enter_context(Index(place, card, self.serves.run))
            return ServedState(index, resources, self._reranker)
        except BaseException:
            resources.close()
            raise

    def _reranker(self, name: str) -> "Reranker":
        if name not in self._rerankers:
            self._rerankers[name] = reranker_of(self.file, name)
        return self._rerankers[name]

    def _serve(self, state: ServedState) -> None:
        with self._changing:
            before, self._state = self._state, state
        if before is not None:
            before.replace()
        self.figures.show_state(state.run_id, state.record.started_at)
        if problem := self._missing_profile(state):
            _log.error("%s", problem)

    def _is_behind(self) -> bool:
        with self.state() as state:
            try:
                return state.index.is_stale()
            except IndexError_:
                # Another index may be in its place, whose files these handles do not fit.
                return True

    def _missing_profile(self, state: ServedState) -> str | None:
        for key in self.settings.keys:
            if key.profile is not None and key.profile not in state.profiles:
                there = ", ".join(state.profiles) or "none"
                return (
                    f"the key {key.name} in serve.keys is bound to the profile {key.profile}, and "
                    f"the state of run {state.run_id} was published with these: {there}; "
                    "`vouch ingest` publishes those of the settings"
                )
        return None

    def _read(self, work: Callable[[ServedState], _Result]) -> _Result:
        """Do some work with the state; with one that is opened again where its files are gone."""
        with self.state() as state:
            try:
                return work(state)
            except NotFound:
                raise
            except IndexError_ as error:
                # It was deleted, or `vouch doctor --repair` has replaced files of it.
                _log.warning("the state is opened again: %s", mask_secrets(in_words(error)))
        with self._opening:
            if self._state is state:
                self._serve(self._open())
        with self.state() as state:
            return work(state)

    # Who works at a time

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

    # What callers ask for

    def search(
        self, caller: Caller, request: SearchRequest, other: Index | None = None
    ) -> SearchAnswer:
        """Return the passages that answer a query, of those that the caller may see.

        `other` is searched in place of the state that is served, by the profiles of this one.

        Raises:
            Refused: The caller may not use that profile, or replace that value.
            ValueMissing: The profile needs a value that is not given.
            SettingsError: The query, a filter or another value is wrong.
            EmbeddingError: The model cannot be used.
        """
        if len(request.query) > self.settings.max_query_chars:
            raise SettingsError(
                f"the query has {len(request.query):,} characters, and may have "
                f"{self.settings.max_query_chars:,}"
            )
        if request.k is not None and request.k > self.settings.max_k:
            raise SettingsError(f"k is {request.k}, and may be {self.settings.max_k} here")
        given = Given(
            request.k, request.mode, tuple(request.filters), request.breadth, request.explain
        )

        def work(state: ServedState) -> SearchAnswer:
            name, options = self._options(caller, state, request.profile, request.values, given)
            options = options.changed(k=min(options.k, self.settings.max_k))
            rerank = profile_named(state.profiles, name).rerank
            reranker = state.rerankers[rerank] if rerank else None
            index = other or state.index
            hits = index.searcher.search(request.query, options, reranker)
            return SearchAnswer(
                run_id=index.run_id or state.run_id,
                profile=name,
                hits=[answers.HitAnswer.model_validate(hit) for hit in hits],
                words_only=_WORDS_ONLY if hits.words_only else None,
            )

        answer = self._read(work)
        if answer.words_only:
            self.figures.words_only.inc()
        return answer

    def document(
        self,
        caller: Caller,
        document_id: str,
        profile: str | None = None,
        values: Mapping[str, answers.Given] = _NO_VALUES,
        start: int = 0,
        length: int = MAX_TEXT,
    ) -> answers.DocumentAnswer:
        """Return a document, with `length` characters of its text from `start` on.

        Raises `NotFound` where there is none that the caller may see; further as `search` does.
        """

        def work(state: ServedState) -> answers.DocumentAnswer:
            _, options = self._options(caller, state, profile, values)
            _check_identity(document_id)
            document = state.index.document(document_id, options.filters)
            return answers.DocumentAnswer.of(document, state.run_id, start, min(length, MAX_TEXT))

        return self._read(work)

    def context(
        self,
        caller: Caller,
        document_id: str,
        start: int,
        end: int,
        around: int = 500,
        profile: str | None = None,
        values: Mapping[str, answers.Given] = _NO_VALUES,
    ) -> answers.ContextAnswer:
        """Return a span of a document's text with what is around it. Raises as `document` does."""

        def work(state: ServedState) -> answers.ContextAnswer:
            _, options = self._options(caller, state, profile, values)
            _check_identity(document_id)
            if end - start > MAX_TEXT:
                raise SettingsError(f"the span is longer than {MAX_TEXT:,} characters")
            context = state.index.context(document_id, start, end, around, options.filters)
            return answers.ContextAnswer.of(context, state.run_id)

        return self._read(work)

    def trace(
        self,
        caller: Caller,
        chunk_id: str,
        profile: str | None = None,
        values: Mapping[str, answers.Given] = _NO_VALUES,
    ) -> answers.TraceAnswer:
        """Return where a chunk comes from, and what the index proves of it. Raises as `document`
        does. The source is not read: `vouch trace` does that.
        """

        def work(state: ServedState) -> answers.TraceAnswer:
            _, options = self._options(caller, state, profile, values)
            _check_identity(chunk_id)
            traced = state.index.trace(chunk_id, options.filters)
            return answers.TraceAnswer.of(traced, state.run_id)

        return self._read(work)

    def runs(self, caller: Caller, limit: int = 20) -> answers.RunsAnswer:
        """Return the newest runs of any kind, whichever state is served."""

        def work(state: ServedState) -> answers.RunsAnswer:
            records = state.index.runs(limit)
            return answers.RunsAnswer(
                run_id=state.run_id,
                runs=[answers.RunAnswer.of(record, state.run_id) for record in records],
            )

        return self._read(work)

    def run(self, caller: Caller, run_id: str) -> answers.OneRunAnswer:
        """Return a run, by its id or a prefix that only one has, with its checks unless the caller
        is bound to a profile. Raises `NotFound`.
        """

        def work(state: ServedState) -> answers.OneRunAnswer:
            record = read_run(state.index.searcher.tables, run_id)
            checks = None if caller.profile is not None else answers.checks_of(record)
            run = answers.RunAnswer.of(record, state.run_id, checks)
            return answers.OneRunAnswer(run_id=state.run_id, **run.model_dump())

        return self._read(work)

    def fields(self, caller: Caller) -> answers.FieldsAnswer:
        """Return the names that filters may use, with their types."""

        def work(state: ServedState) -> answers.FieldsAnswer:
            searcher = state.index.searcher
            return answers.FieldsAnswer.of(
                searcher.tables.chunks.schema,
                searcher.catalogue.keys.values(),
                state.run_id,
                with_values=caller.profile is None,
            )

        return self._read(work)

    def profiles(self, caller: Caller) -> answers.ProfilesAnswer:
        """Return the profiles of the state that the caller may use."""

        def work(state: ServedState) -> answers.ProfilesAnswer:
            mine = [
                answers.ProfileAnswer(
                    name=name,
                    parameters=sorted(
                        {
                            parameter
                            for text in each.filters
                            for parameter in parameters(read_filter(text, with_parameters=True))
                        }
                        - caller.values.keys()
                    ),
                    mode=each.mode,
                    breadth=each.breadth,
                    k=each.k,
                    reranks=each.rerank is not None,
                )
                for name, each in state.profiles.items()
                if caller.profile in (None, name)
            ]
            return answers.ProfilesAnswer(run_id=state.run_id, profiles=mine)

        return self._read(work)

    def health(self) -> Health:
        """Return whether it answers, and from what."""
        state = self._state
        started = state.record.started_at if state else None
        return Health(
            status="degraded" if self._problem else "ok",
            ready=state is not None,
            run_id=state.run_id if state else None,
            serves=self.serves.kind,
            started_at=started,
            age_s=(datetime.now(UTC) - started).total_seconds() if started else None,
            problem=_DEGRADED if self._problem else None,
        )

    def tag(self, caller: Caller, address: str) -> str:
        """Return the ETag of what this caller gets at an address as long as this state is served.

        A state never changes, so there is no need to make the answer to know whether it is another.
        """
        state = self._state
        parts = (self._nonce, state.run_id if state else "", caller.name, address)
        return f'"{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"'

    def _options(
        self,
        caller: Caller,
        state: ServedState,
        profile: str | None,
        values: Mapping[str, answers.Given],
        given: Given = Given(),
    ) -> tuple[str | None, SearchOptions]:
        """Return the profile that counts for a caller, and the options of a search with it."""
        if caller.profile is not None:
            if profile not in (None, caller.profile):
                raise forbidden(f"this key searches with the profile {caller.profile} only")
            if taken := sorted(values.keys() & caller.values.keys()):
                raise forbidden(f"the value of {taken[0]} is bound to this key")
            if caller.profile not in state.profiles:
                raise forbidden("the profile of this key is not among the published ones")
            profile, values = caller.profile, {**values, **caller.values}
        settings = profile_named(state.profiles, profile)
        defaults = SearchOptions(breadth=self.file.settings.retrieval.breadth)
        return profile, options_of(settings, given, values, defaults)


def _check_identity(identity: str) -> None:
    """Raise `NotFound` for what cannot be the whole id of a chunk or a document."""
    if not _IDENTITY.fullmatch(identity):
        raise NotFound(f"there is nothing with the id {identity[:80]!r}")
