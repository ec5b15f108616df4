"""The published index, opened for reading."""

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from vouch.embedders.model_card import ModelCard
from vouch.index.publishing.versions import published_state
from vouch.index.search.hit import Hits
from vouch.index.search.searcher import Searcher, cleaned
from vouch.index.store.tables import Tables
from vouch.schemas.filters import Filter
from vouch.schemas.search_options import Mode, SearchOptions
from vouch.schemas.settings.choices import Breadth
from vouch.storage.location import Location

if TYPE_CHECKING:
    from vouch.embedders.local.reranker import Reranker


class Index:
    """The published index in a folder, opened for reading.

    It stays at the state of the newest run that had published when it was opened, complete and
    unchanged, whatever is written meanwhile. Open it again to see a newer state. That state stays
    readable for `index.keep_readers_h` hours after another has replaced it.

    The embedding model is loaded by the first search that needs it.

    Args:
        folder: Where the index is: `index.path` of the settings.
        card: The model of the settings. Where it is the same service's model, its address and its
            key take the place of those that are recorded with the index.

    Raises:
        IndexError_: There is no index.

    Example:
        ```python
        index = vouch.open("data/index")
        for hit in index.search("How long is the notice period?", k=3, filters=["language=en"]):
            print(hit.citation, hit.text)
        ```
    """

    def __init__(self, folder: str | Path | Location, card: ModelCard | None = None) -> None:
        self._tables = published_state(Tables.open(folder))
        self._card = card

    @cached_property
    def searcher(self) -> Searcher:
        """What searches this state. Raises `IndexError_` where nothing has been published yet."""
        return Searcher.of_published(self._tables, self._card)

    @property
    def generation(self) -> str:
        """The fingerprint of the model whose vectors are searched."""
        return self.searcher.generation

    def load_model(self) -> None:
        """Load the model that `vector` and `hybrid` search need. Raises as `search` does."""
        self.searcher.load_model()

    def search(
        self,
        query: str,
        k: int = 5,
        mode: Mode = "hybrid",
        filters: Iterable[str | Filter] = (),
        breadth: Breadth = "balanced",
        rerank: "Reranker | None" = None,
    ) -> Hits:
        """Return the passages that answer a query, best first.

        Adjacent chunks are joined to one passage, and passages that are far less relevant than
        the best one are left out, so there may be fewer than `k`.

        Args:
            query: A question or some words, in any language that the model knows.
            k: The largest number of passages.
            mode: `vector` searches by meaning, `text` by words, `hybrid` by both.
            filters: Conditions that must all hold, each NAME OPERATOR VALUE: `language=en`,
                `page_start>=3`, `title~contract`, `metadata.author=Ada`.
            breadth: How much less relevant than the best a passage may be: `precise`, `balanced`
                or `broad`. `all` returns the `k` best chunks one by one.
            rerank: A cross-encoder that reads the 30 best passages (or `k`, where that is more)
                with the query, and whose scores order them. The breadth counts as `broad` then,
                unless it is `all`.

        Returns:
            A list of at most `k` hits, each with its text, its place in the source and its score.
            Where an embedding service has given no vector for the query, a hybrid search goes by
            words alone, and `words_only` of the list says why. The service is left alone for half a
            minute then, so that the next searches do not wait for it.

        Raises:
            SettingsError: The query is empty, or a filter cannot be read, or names a column that
                does not exist.
            IndexError_: Nothing has been published yet, or there is another model in the place of
                the one that made the index.
            EmbeddingError: That model is gone, or the `vector` of a query cannot be had from its
                service.

        Example:
            ```python
            (hit,) = index.search("notice period", k=1, filters=["source=contracts"])
            hit.citation  # 'lease.pdf, p. 3, 4 Termination [5120:5480]'
            ```
        """
        options, query = SearchOptions(k, mode, tuple(filters), breadth), cleaned(query)
        return self.searcher.search(query, options, rerank)
