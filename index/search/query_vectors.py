"""Vectors of queries: a service that does not answer is left alone for a while."""

import threading
from copy import copy
from time import monotonic
from weakref import WeakKeyDictionary

from vouch.embedders.base import Vectors
from vouch.embedders.embedder import Embedder
from vouch.schemas.errors import EmbeddingError, TextRefused

REST_S = 30.0
"""For how long a service is not asked again that did not answer a query: meanwhile no search waits
for its time limit.
"""


class _Rest:
    """Until when a service is left alone, and why."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.until = float("-inf")
        self.error = EmbeddingError()


# Whoever shares a service shares its rest.
_rests: "WeakKeyDictionary[Embedder, _Rest]" = WeakKeyDictionary()


class QueryVectors:
    """The vectors of queries by one model; used from several threads."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._rest = _rests.setdefault(embedder, _Rest())

    def of(self, query: str) -> Vectors:
        """Return the unit vector of a query, shape (dimension,).

        Raises `EmbeddingError` where a service does not answer within `search_timeout_s`, refuses
        the query, or did not answer another query just now.
        """
        if not self._embedder.card.is_service:
            return self._embedder.embed_query(query)
        with self._rest.lock:
            if monotonic() < self._rest.until:
                raise copy(self._rest.error)
        try:
            return self._embedder.embed_query(query)
        except TextRefused:  # of this query; the service does answer
            raise
        except EmbeddingError as error:
            with self._rest.lock:
                self._rest.until, self._rest.error = monotonic() + REST_S, error
            raise
