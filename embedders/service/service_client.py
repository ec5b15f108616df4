"""Sends requests to an embedding service, one by one, without repeating any."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vouch.embedders.base import Vectors
from vouch.embedders.service.answers import most_bytes, read_answer
from vouch.embedders.service.failures import Failure, RequestFailed, failure_of
from vouch.embedders.service.json_client import JsonClient

if TYPE_CHECKING:
    from vouch.embedders.service.service_model_card import ServiceModelCard


@dataclass(frozen=True, slots=True)
class Answer:
    """Unit vectors in the order of the texts, the tokens that the service counted, if any, and the
    seconds that it took.
    """

    vectors: Vectors
    tokens: int | None
    seconds: float


class ServiceClient:
    """The connections to a service; used from several threads."""

    def __init__(self, card: "ServiceModelCard") -> None:
        self._card, self._http = card, JsonClient(card.service, "/embeddings")
        self.name = self._http.name
        self._is_base64 = True

    def ask(self, texts: Sequence[str], timeout_s: float) -> Answer:
        """Return the vectors of texts by one request. Raises `RequestFailed`."""
        body = self._body(texts)
        try:
            return self._ask(texts, body, timeout_s)
        except RequestFailed as failure:
            if "encoding_format" in failure.words and body.pop("encoding_format", None):
                self._is_base64 = False
                failure.kind = Failure.ERROR  # the next attempt asks for numbers
            raise self._http.masked(failure) from None

    def _ask(self, texts: Sequence[str], body: dict[str, object], timeout_s: float) -> Answer:
        started = time.monotonic()
        most = most_bytes(len(texts), self._card.dimension)
        answer, content = self._http.post(body, timeout_s, most)
        if failure := failure_of(answer, content, self._card.service):
            raise failure
        vectors, tokens = read_answer(content, texts, self._card.dimension)
        return Answer(vectors, tokens, time.monotonic() - started)

    def _body(self, texts: Sequence[str]) -> dict[str, object]:
        body: dict[str, object] = {"model": self._card.name, "input": list(texts)}
        if self._is_base64:
            body["encoding_format"] = "base64"
        if self._card.service.send_dimensions:
            body["dimensions"] = self._card.dimension
        return body
