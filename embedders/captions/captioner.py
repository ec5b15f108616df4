"""Describes pictures, each once: what a service has said of one is kept in a cache."""

import threading
from typing import Protocol

import numpy as np

from vouch.embedders.base import RequestMeter
from vouch.embedders.captions.caption_client import Answer, CaptionClient, data_url
from vouch.embedders.service.failures import Failure, RequestFailed
from vouch.embedders.service.patience import Deadline, Halt
from vouch.embedders.service.requester import Request, Requester
from vouch.schemas.documents.ids import fingerprint
from vouch.schemas.errors import EmbeddingError
from vouch.schemas.settings.captions import CaptionSettings

ESTIMATED_TOKENS = 1_500
"""Of a request, until the service says how many it has counted: prompt, picture and answer."""
_NO_VECTORS = np.empty((0, 0), np.float32)
# Of pictures, before the service has described any: then it is not the pictures.
_REFUSALS = 5


class CaptionCache(Protocol):
    """Keeps descriptions by a name that says picture, model and prompt."""

    def get(self, name: str) -> str | None:
        """Return a description, None where there is none."""

    def put(self, name: str, text: str) -> None:
        """Keep a description; the first one of a name stays."""


def caption_fingerprint(settings: CaptionSettings) -> str:
    """Return a hash of all that descriptions depend on: model and prompt, not the address."""
    return fingerprint(
        {
            "model": settings.model,
            "prompt": settings.prompt,
            "max_answer_tokens": settings.max_answer_tokens,
        }
    )


class Captioner:
    """Describes pictures by a service; used from several threads."""

    def __init__(self, settings: CaptionSettings, cache: CaptionCache) -> None:
        self._settings, self._cache = settings, cache
        self._client = CaptionClient(settings)
        self._requester: Requester[Answer] = Requester(settings.service, self._client)
        self._lock = threading.Lock()
        self._refusals = 0  # in a row, as long as nothing was described
        self._halt = Halt()

    def close(self) -> None:
        """End all requests: whoever waits for one gets an `EmbeddingError`."""
        self._halt.abandon()
        self._client.close()

    def describe(self, key: str, picture: bytes, meter: RequestMeter) -> str:
        """Return the description of a JPEG, "" where the service refuses it.

        `key` says which picture it is. Raises `EmbeddingError` where the service cannot be used,
        and `BudgetExceeded` before more is spent than is allowed.
        """
        name = name_of(key, self._settings)
        if (text := self._cache.get(name)) is not None:
            return text
        service = self._settings.service
        deadline = Deadline(service.deadline_s, "captions.service.deadline_s")
        request = Request([data_url(picture)], [0], ESTIMATED_TOKENS, meter, self._halt)
        try:
            answer = self._requester.ask(request, deadline)
        except RequestFailed as failure:
            if failure.kind is not Failure.TEXTS:
                raise self._requester.stopped(failure, deadline) from None
            self._note_refusal(failure)
            return ""
        meter.answered([0], answer.tokens, _NO_VECTORS)
        with self._lock:
            self._refusals = -1
        self._cache.put(name, answer.text)
        # Another process may have been first.
        return self._cache.get(name) or answer.text

    def _note_refusal(self, failure: RequestFailed) -> None:
        """Raise `EmbeddingError` where the service refuses every picture."""
        with self._lock:
            self._refusals += self._refusals >= 0
            if self._refusals >= _REFUSALS:
                raise EmbeddingError(
                    f"{self._requester.name} refuses every picture: {failure.words}; correct "
                    "captions.model, or remove captions from vouch.yaml"
                )


def name_of(key: str, settings: CaptionSettings) -> str:
    """Return the name under which a picture's description is kept."""
    return fingerprint({"picture": key, "captions": caption_fingerprint(settings)})
