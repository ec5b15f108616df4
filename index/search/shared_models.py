"""One model in this process for each generation of an index: whoever searches it shares it.

A model is loaded by whoever needs it first, and freed when the last searcher that has used it is
gone. A service is shared likewise, with its rate limit and its pause after a failure.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias
from weakref import WeakValueDictionary

from vouch.embedders.embedder import Embedder
from vouch.embedders.model_card import ModelCard
from vouch.index.search.published_model import published_embedder, verify
from vouch.index.store.tables import Tables
from vouch.schemas.settings.embedding import EmbeddingSettings
from vouch.storage.location import Location

if TYPE_CHECKING:
    from vouch.embedders.local.reranker import Reranker

_Key: TypeAlias = tuple[str, ...]


class _Turn:
    """Who loads a model; whoever comes meanwhile waits, and gets the same."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


_lock = threading.Lock()
_models: WeakValueDictionary[_Key, Embedder] = WeakValueDictionary()
_turns: WeakValueDictionary[_Key, _Turn] = WeakValueDictionary()


_originals: dict[str, str] = {}


@contextmanager
def models_shared(copy: Location, original: Location) -> Iterator[None]:
    """Let whoever searches a private copy share the models of the original, until the block ends.

    What the models must give for their probe texts is recorded in both alike.
    """
    _originals[copy.url] = original.url
    try:
        yield
    finally:
        del _originals[copy.url]


def shared_embedder(
    tables: Tables, fingerprint: str, settings: EmbeddingSettings, given: ModelCard | None = None
) -> Embedder:
    """Return the embedder of a published generation, verified and loaded; of a service, verified
    by each query. Parameters and errors are those of `published_embedder` and `verify`.
    """
    place = tables.location.url
    # A relative folder of a model counts from the current folder.
    key = (
        _originals.get(place, place),
        fingerprint,
        settings.model_dump_json(),
        given.settings.model_dump_json() if given else "",
        str(Path.cwd()),
    )
    with _lock:
        turn = _turns.setdefault(key, _Turn())
    with turn.lock:
        embedder = _models.get(key)
        if embedder is None:
            embedder = published_embedder(tables, fingerprint, settings, given)
            verify(tables, fingerprint, embedder)
            if not embedder.card.is_service:
                embedder.probe()
                _ = embedder.unrelated_cosine  # here, where no other thread does it too
            _models[key] = embedder
        return embedder


_rerankers: "WeakValueDictionary[_Key, Reranker]" = WeakValueDictionary()


def shared_reranker(model: str) -> "Reranker":
    """Return the cross-encoder that a profile names, by its folder, which counts from the current
    one, or by the name of a package's. Nothing is downloaded. Raises `EmbeddingError`.
    """
    # Imported here, because this imports torch, which takes seconds.
    from vouch.embedders.local.reranker import Reranker

    key = ("reranker", model, str(Path.cwd()))
    with _lock:
        turn = _turns.setdefault(key, _Turn())
    with turn.lock:
        reranker = _rerankers.get(key)
        if reranker is None:
            reranker = Reranker.find(EmbeddingSettings(model=model), Path.cwd())
            _rerankers[key] = reranker
        return reranker
