"""A state of the index that is served, open for as long as a request reads it."""

import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING

from vouch.index.search.index import Index
from vouch.index.store.run_log import read_run
from vouch.schemas.errors import IndexError_
from vouch.schemas.settings.profiles import ProfileSettings

if TYPE_CHECKING:
    from vouch.embedders.local.reranker import Reranker

_WARMING = "warm"


class ServedState:
    """One state: its index, the record of its run, and its profiles. It never changes.

    Args:
        index: The index at this state.
        resources: What is closed with the state.
        reranker: Loads the cross-encoder that a profile names.

    Raises:
        IndexError_: Nothing has been published yet.
        SettingsError: Another version of Vouch wrote the profiles.
        EmbeddingError: The model, or that of a reranker, cannot be loaded.
    """

    def __init__(
        self, index: Index, resources: ExitStack, reranker: "Callable[[str], Reranker]"
    ) -> None:
        if index.run_id is None:
            raise IndexError_("nothing has been published yet; run `vouch ingest` first")
        self.index = index
        self.run_id: str = index.run_id
        self.record = read_run(index.searcher.tables, index.run_id)
        self.profiles: Mapping[str, ProfileSettings] = index.profiles
        self.rerankers = {
            profile.rerank: reranker(profile.rerank)
            for profile in self.profiles.values()
            if profile.rerank
        }
        index.load_model()
        # The first search reads what later ones have in memory.
        index.search(_WARMING, k=1)
        self._resources = resources
        self._lock = threading.Lock()
        self._uses = 0
        self._is_replaced = False

    def acquire(self) -> None:
        """Keep the state open until `release`."""
        with self._lock:
            self._uses += 1

    def release(self) -> None:
        """End a use. The last one closes a state that has been replaced."""
        with self._lock:
            self._uses -= 1
            is_over = self._is_replaced and not self._uses
        if is_over:
            self._resources.close()

    def replace(self) -> None:
        """Close the state once nobody uses it; nobody may begin to from now on."""
        self.acquire()
        self._is_replaced = True
        self.release()
