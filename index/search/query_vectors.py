"""Vectors of queries: a service that does not answer is left alone for a while."""

import threading
from copy import copy
from time import monotonic

from vouch.embedders.base import Vectors
from vouch.embedders.embedder import Embedder
from vouch.schemas.errors import EmbeddingError, TextRefused

REST_S = 30.0
"""For how long a service is not asked again that did not answer a query: meanwhile no search waits
for its time limit.
"""


class QueryVectors:
    """The vectors of queries by one model; used from several threads."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._lock = threading.Lock()
        self._rests_until = float("-inf")
        self._error = EmbeddingError()

    def of(self, query: str) -> Vectors:
        """Return the unit vector of a query, shape (dimension,).

        Raises `EmbeddingError` where a service does not answer within `search_timeout_s`, refuses
        the query, or did not answer another query just now.
        """
        if not self._embedder.card.is_service:
            return self._embedder.embed_query(query)
        with self._lock:
            if monotonic() < self._rests_until:
                raise copy(self._error)
        try:
            return self._embedder.embed_query(query)
        except TextRefused:  # of this query; the service does answer
            raise
        except EmbeddingError as error:
            with self._lock:
                self._rests_until, self._error = monotonic() + REST_S, error
            raise
