"""The published index, opened for reading."""

import asyncio
import contextvars
import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property, partial, update_wrapper
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from vouch.embedders.model_card import ModelCard
from vouch.index.lineage.trace import Trace, trace_within
from vouch.index.publishing.versions import (
    at_versions,
    find_state,
    is_readable,
    versions_of,
)
from vouch.index.search.documents import Context, Documents, StoredDocument, no_document
from vouch.index.search.hit import Hits
from vouch.index.search.searcher import Searcher, cleaned
from vouch.index.search.shared_models import shared_reranker
from vouch.index.store.run_log import list_runs, newest_published, published_in_order, read_run
from vouch.index.store.tables import Tables
from vouch.schemas.errors import IndexClosed, IndexError_, NotFound, StateDeleted
from vouch.schemas.filters import Filter, Values
from vouch.schemas.runs.record import RunRecord
from vouch.schemas.search_options import Mode, SearchOptions
from vouch.schemas.search_profiles import Given, load_profiles, options_of, profile_named
from vouch.schemas.settings.choices import Breadth
from vouch.schemas.settings.profiles import ProfileSettings
from vouch.storage.location import Location
from vouch.storage.places import location_of

if TYPE_CHECKING:
    from vouch.embedders.local.reranker import Reranker

T = TypeVar("T")
P = ParamSpec("P")
Filters = Iterable[str | Filter]

# Calls of the asynchronous methods of an index that are in progress at a time; more wait.
_THREADS = 8


def _in_thread(
    method: "Callable[Concatenate[Index, P], T]",
) -> "Callable[Concatenate[Index, P], Coroutine[Any, Any, T]]":
    """Return the asynchronous twin of a method, which keeps no other task of the loop waiting."""

    async def run(index: "Index", /, *arguments: P.args, **named: P.kwargs) -> T:
        context = contextvars.copy_context()
        work = partial(context.run, method, index, *arguments, **named)
        # A task that is cancelled cancels what no thread has begun yet.
        return await asyncio.wrap_future(index._submit(work))

    update_wrapper(run, method)
    run.__name__ = f"a{method.__name__}"
    run.__doc__ = f"Do what `{method.__name__}` does, and keep no task of the event loop waiting."
    return run


class _State:
    """What an index shows at a time: the tables as a run published them."""

    def __init__(self, tables: Tables, record: RunRecord | None, card: ModelCard | None) -> None:
        self.tables = tables
        self.record = record
        self._card = card

    @classmethod
    def open(cls, location: Location, run: str | None, card: ModelCard | None) -> "_State":
        """Open the state of a run, or the newest. Raises `IndexError_`, and `NotFound`."""
        tables = Tables.open(location)
        if run is not None:
            record = read_run(tables, find_state(tables, run))
            return cls(at_versions(tables, versions_of(tables, record.run_id)), record, card)
        newest = newest_published(tables)
        return cls(at_versions(tables, newest.versions) if newest else tables, newest, card)

    @property
    def run_id(self) -> str | None:
        return self.record.run_id if self.record else None

    @cached_property
    def profiles(self) -> Mapping[str, ProfileSettings]:
        """The retrieval profiles that were published with the state."""
        return load_profiles(self.record.profiles if self.record else None)

    @cached_property
    def searcher(self) -> Searcher:
        return Searcher.of_published(self.tables, self._card)

    @cached_property
    def documents(self) -> Documents:
        return Documents(self.tables)

    @property
    def has_model(self) -> bool:
        """Whether the model has been loaded for this state."""
        return "searcher" in self.__dict__ and self.searcher.has_model

    def close(self) -> None:
        if "searcher" in self.__dict__:
            self.searcher.close()


class Index:
    """The published index in a folder, opened for reading.

    It shows the state of the newest run that had published when it was opened, complete and
    unchanged, whatever is written meanwhile. `refresh` moves it to a newer state. A state stays
    readable for `index.keep_readers_h` hours after another has replaced it.

    The embedding model is loaded by the first search that needs it, and shared by all indexes of
    this process that are open in the same place: opening one again, or refreshing it, loads nothing
    a second time. It is freed when the last of them is closed, or no longer referred to.

    An index may be used from several threads at the same time. Each method that reads has an
    asynchronous twin, whose name begins with `a`, which runs in one of eight threads of the index.
    A task that is cancelled waits no longer; what its thread has begun ends by itself.

    Args:
        folder: Where the index is: `index.path` of the settings.
        card: The model of the settings. Where it is the same service's model, its address and its
            key take the place of those that are recorded with the index.
        run: A run whose state is still kept, by its id or the beginning of it: that is shown
            instead of the newest, and `refresh` changes nothing.

    Raises:
        IndexError_: There is no index.
        NotFound: The state of `run` is not kept.

    Example:
        ```python
        with vouch.open("data/index") as index:
            for hit in index.search("How long is the notice period?", k=3, filters=["language=en"]):
                print(hit.citation, hit.text)
        ```
    """

    def __init__(
        self, folder: str | Path | Location, card: ModelCard | None = None, run: str | None = None
    ) -> None:
        self._location = location_of(folder)
        self._card = card
        self._is_pinned = run is not None
        self._state = _State.open(self._location, run, card)
        self._changed = threading.Condition()
        self._refreshing = threading.Lock()
        self._uses = 0
        self._is_closed = False
        self._threads: ThreadPoolExecutor | None = None

    @property
    def run_id(self) -> str | None:
        """The run whose state is shown; None where nothing has been published yet."""
        return self._state.run_id

    @property
    def profiles(self) -> Mapping[str, ProfileSettings]:
        """The retrieval profiles that were published with the state, by name.

        Raises `SettingsError` where another version of Vouch wrote what this one does not know.
        """
        return self._state.profiles

    @property
    def location(self) -> Location:
        """Where the index is."""
        return self._location

    @property
    def searcher(self) -> Searcher:
        """What searches this state. Raises `IndexError_` where nothing has been published yet."""
        with self._reading() as state:
            return state.searcher

    @property
    def generation(self) -> str:
        """The fingerprint of the model whose vectors are searched."""
        return self.searcher.generation

    def load_model(self) -> None:
        """Load the model that `vector` and `hybrid` search need. Raises as `search` does."""
        with self._reading() as state:
            state.searcher.load_model()

    # The state

    def is_stale(self) -> bool:
        """Return whether a newer state has been published than is shown.

        Reads one small table, and nothing where no run has begun or ended since the last look. An
        index that was opened at a `run` is never stale.
        """
        with self._used() as state:
            return not self._is_pinned and self._newest(state) != state.run_id

    def refresh(self) -> bool:
        """Show the newest published state, and return whether that is another one.

        The new state is opened first, with its model where one was loaded, and then takes the place
        of the old at once. Searches in progress finish on the old one. Where it cannot be opened,
        the old one stays.

        Raises:
            IndexError_: The index is gone or damaged, or another model is in the place of the one
                that made it.
            EmbeddingError: That model cannot be loaded.
        """
        with self._refreshing, self._used() as state:
            if self._is_pinned or self._newest(state) == state.run_id:
                return False
            fresh = _State.open(self._location, None, self._card)
            if state.has_model and fresh.tables.chunks.count_rows():
                fresh.searcher.load_model()
            self._state = fresh
        return True

    def _newest(self, state: _State) -> str | None:
        """Return the run that published last."""
        # This handle is never moved to a version, and whoever else reads it needs the newest too.
        state.tables.runs.checkout_latest()  # type: ignore[no-untyped-call]
        ids = published_in_order(state.tables)
        return ids[-1] if ids else None

    def close(self) -> None:
        """End the index: wait for what is in progress, end its threads, and free the model.

        Whatever is called afterwards raises `IndexClosed`; closing it again does nothing.
        """
        with self._changed:
            self._is_closed = True
            self._changed.wait_for(lambda: not self._uses)
            threads, self._threads = self._threads, None
        if threads is not None:
            threads.shutdown()
        self._state.close()
        self._state = _State(self._state.tables, self._state.record, self._card)

    def __enter__(self) -> "Index":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _require_open(self) -> None:
        if self._is_closed:
            raise IndexClosed(
                f"the index in {self._location} has been closed; open it again with `vouch.open`"
            )

    @contextmanager
    def _used(self) -> Iterator[_State]:
        """Give the state that is shown, which stays usable in the block. Raises `IndexClosed`."""
        with self._changed:
            self._require_open()
            self._uses += 1
            state = self._state
        try:
            yield state
        finally:
            with self._changed:
                self._uses -= 1
                self._changed.notify_all()

    @contextmanager
    def _reading(self) -> Iterator[_State]:
        """Give the state as `_used` does, and say so where it fails because it was deleted."""
        with self._used() as state:
            try:
                yield state
            except NotFound:
                raise
            except IndexError_ as error:
                if is_readable(state.tables):
                    raise
                raise StateDeleted(self._deleted(state)) from error

    def _deleted(self, state: _State) -> str:
        instead = (
            "open one that `vouch runs` shows as published, or the newest"
            if self._is_pinned
            else "call `refresh` for the newest one"
        )
        return (
            f"the state of run {state.run_id}, which this index shows, has been deleted: it was "
            f"replaced more than index.keep_readers_h hours ago; {instead}"
        )

    # What can be read

    def search(
        self,
        query: str,
        k: int | None = None,
        mode: Mode | None = None,
        filters: Filters = (),
        breadth: Breadth | None = None,
        rerank: "Reranker | None" = None,
        profile: str | None = None,
        values: Values | None = None,
        explain: bool = False,
    ) -> Hits:
        """Return the passages that answer a query, best first.

        Adjacent chunks are joined to one passage, and passages that are far less relevant than
        the best one are left out, so there may be fewer than `k`.

        Args:
            query: A question or some words, in any language that the model knows.
            k: The largest number of passages; by default as the profile has it, else 5.
            mode: `vector` searches by meaning, `text` by words, `hybrid` by both, which is the
                default where the profile has none.
            filters: Conditions that must all hold, each NAME OPERATOR VALUE: `language=en`,
                `page_start>=3`, `metadata.author=Ada`; or made with `vouch.field`. They hold
                besides those of the profile.
            breadth: How much less relevant than the best a passage may be: `precise`, `balanced`
                or `broad`; by default as the profile has it, else `balanced`. `all` returns the `k`
                best chunks one by one.
            rerank: A cross-encoder that reads the 30 best passages (or `k`, where that is more)
                with the query, and whose scores order them. The breadth counts as `broad` then,
                unless it is `all`. By default that of the profile, if it has one.
            profile: A retrieval profile that was published with the state.
            values: Values for the parameters of the profile's filters, by name.
            explain: Let each hit say why it is where it is.

        Returns:
            A list of at most `k` hits, each with its text, its place in the source and its score.
            Where an embedding service has given no vector for the query, a hybrid search goes by
            words alone, and `words_only` of the list says why. The service is left alone for half a
            minute then, so that the next searches do not wait for it.

        Raises:
            SettingsError: The query is empty, or a filter cannot be read, or names a column that
                does not exist; or another argument is none of the values that it may have.
            ValueMissing: The profile has a parameter that `values` do not have.
            IndexError_: Nothing has been published yet, or there is another model in the place of
                the one that made the index.
            StateDeleted: The state that this index shows has been deleted since; `refresh` it.
            EmbeddingError: That model is gone, or the `vector` of a query cannot be had from its
                service.

        Example:
            ```python
            (hit,) = index.search("notice period", k=1, filters=["source=contracts"])
            hit.citation  # 'lease.pdf, p. 3, 4 Termination [5120:5480]'
            ```
        """
        given = Given(k, mode, _conditions(filters), breadth, explain)
        query = cleaned(query)
        with self._reading() as state:
            chosen = profile_named(state.profiles, profile)
            options = options_of(chosen, given, values)
            if rerank is None and chosen.rerank:
                rerank = shared_reranker(chosen.rerank)
            hits = state.searcher.search(query, options, rerank)
        hits.run_id = state.run_id
        return hits

    def document(self, document_id: str, filters: Filters = ()) -> StoredDocument:
        """Return a published document with its text.

        Args:
            document_id: The id, as a hit has it.
            filters: Conditions as those of `search`: a document of which they hold for no chunk is
                treated as if it did not exist.

        Raises:
            NotFound: There is no such document.
        """
        with self._reading() as state:
            self._require(state, document_id, filters)
            return state.documents.document(document_id)

    def documents_of(
        self, uri: str, source: str | None = None, filters: Filters = ()
    ) -> list[StoredDocument]:
        """Return the published documents with a uri, of which each source may have one.

        `filters` are as those of `document`.
        """
        conditions = _conditions(filters)
        with self._reading() as state:
            return [
                document
                for document in state.documents.documents_of(uri, source)
                if not conditions or state.searcher.allows(document.document_id, conditions)
            ]

    def context(
        self, document_id: str, start: int, end: int, around: int = 500, filters: Filters = ()
    ) -> Context:
        """Return a span of a document's text, such as that of a hit, and what is around it.

        Args:
            document_id: The document.
            start: First character of the span.
            end: The character after its last one.
            around: Characters to return before it and behind it, at most 100,000.
            filters: As those of `document`.

        Raises:
            NotFound: There is no such document.
            SettingsError: The span does not lie in it.
        """
        with self._reading() as state:
            self._require(state, document_id, filters)
            return state.documents.context(document_id, start, end, around)

    def trace(self, chunk_id: str, filters: Filters = ()) -> Trace:
        """Trace a chunk back to its document and its run, and prove what the index proves by
        itself: span, identity, text and vector. `vouch trace` also reads the source's file.

        Args:
            chunk_id: The id, or a prefix that no other chunk's id has.
            filters: As those of `document`; documents that they exclude are not in its lineage.

        Raises:
            NotFound: There is no such chunk.
        """
        conditions = _conditions(filters)
        with self._reading() as state:
            traced = trace_within(state.tables, chunk_id)
            if not conditions:
                return traced
            if not state.searcher.allows(traced.chunk["chunk_id"], conditions):
                raise NotFound(f"there is no chunk {chunk_id!r} (`vouch search` shows ids)")
            allowed = [
                row
                for row in traced.lineage
                if state.searcher.allows(row["document_id"], conditions)
            ]
            return Trace(traced.chunk, tuple(allowed), traced.run, traced.proofs)

    def allows(self, identity: str, options: SearchOptions = SearchOptions()) -> bool:
        """Return whether a search with these options can find a chunk, or any chunk of a document,
        with this id. What it cannot find should not be shown otherwise either.
        """
        with self._reading() as state:
            return state.searcher.allows(identity, options.filters)

    def runs(self, limit: int = 20) -> list[RunRecord]:
        """Return the newest runs of any kind, newest first, whichever state is shown."""
        with self._reading() as state:
            state.tables.runs.checkout_latest()  # type: ignore[no-untyped-call]
            return list_runs(state.tables, limit)

    @staticmethod
    def _require(state: _State, document_id: str, filters: Filters) -> None:
        conditions = _conditions(filters)
        if conditions and not state.searcher.allows(document_id, conditions):
            raise no_document(document_id)

    # The same for asynchronous programs

    asearch = _in_thread(search)
    adocument = _in_thread(document)
    adocuments_of = _in_thread(documents_of)
    acontext = _in_thread(context)
    atrace = _in_thread(trace)
    aallows = _in_thread(allows)
    aruns = _in_thread(runs)
    ais_stale = _in_thread(is_stale)
    arefresh = _in_thread(refresh)

    async def aclose(self) -> None:
        """Do what `close` does, without keeping the event loop from its other tasks."""
        # Not in a thread of the index, whose end it waits for.
        await asyncio.to_thread(self.close)

    async def __aenter__(self) -> "Index":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    def _submit(self, work: Callable[[], T]) -> "Future[T]":
        """Let a thread of the index do something. Raises `IndexClosed`."""
        with self._changed:
            self._require_open()
            if self._threads is None:
                self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="vouch-index")
            return self._threads.submit(work)


def _conditions(filters: Filters) -> tuple[str | Filter, ...]:
    """Return filters as a tuple. Raises `SettingsError` where they are none."""
    return SearchOptions(filters=filters).filters  # type: ignore[arg-type]
