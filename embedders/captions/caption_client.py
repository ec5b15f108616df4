"""Sends pictures to a service with OpenAI's interface for chats, one by one, repeating none."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass

from vouch.embedders.service.failures import Failure, RequestFailed, failure_of
from vouch.embedders.service.json_client import JsonClient
from vouch.schemas.settings.captions import CaptionSettings

_MOST_BYTES = 1 << 20  # of an answer
_REFUSED = "content_filter"  # why an answer ended


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model says of a picture, and the tokens that the service counted, if any."""

    text: str
    tokens: int | None


class CaptionClient:
    """The connections to a service; used from several threads."""

    def __init__(self, settings: CaptionSettings) -> None:
        self._settings = settings
        self._http = JsonClient(settings.service, "/chat/completions")
        self.name, self.close = self._http.name, self._http.close

    def ask(self, texts: Sequence[str], timeout_s: float) -> Answer:
        """Return the description of a picture by one request; `texts` is its data URL.

        Raises `RequestFailed`.
        """
        (picture,) = texts
        try:
            answer, content = self._http.post(self._body(picture), timeout_s, _MOST_BYTES)
            if failure := failure_of(answer, content, self._settings.service):
                raise failure
            return _read(content)
        except RequestFailed as failure:
            raise self._http.masked(failure) from None

    def _body(self, picture: str) -> dict[str, object]:
        return {
            "model": self._settings.model,
            "temperature": 0,
            "max_tokens": self._settings.max_answer_tokens,
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": self._settings.prompt},
                        {"type": "image_url", "image_url": {"url": picture}},
                    ],
                }
            ],
        }


def data_url(picture: bytes) -> str:
    """Return a JPEG as the address of itself."""
    return f"data:image/jpeg;base64,{base64.b64encode(picture).decode()}"


def _read(content: bytes) -> Answer:
    """Return the description in an answer, which is not trusted. Raises `RequestFailed`."""
    try:
        body = json.loads(content)
        choice = body["choices"][0]
        message = choice["message"]
        text, refusal = message.get("content"), message.get("refusal")
        ended = choice.get("finish_reason")
        usage = body.get("usage") or {}
        tokens = usage.get("total_tokens")
    except (ValueError, RecursionError):
        raise RequestFailed(Failure.ERROR, "its answer is not whole JSON") from None
    except (KeyError, IndexError, TypeError, AttributeError):
        raise RequestFailed(
            Failure.FINAL,
            "its answer has no message (choices)",
            "correct captions.service.url, which ends before /chat/completions",
        ) from None
    if refusal or ended == _REFUSED or not isinstance(text, str) or not text.strip():
        raise RequestFailed(Failure.TEXTS, "it describes no such picture")
    return Answer(text, tokens if type(tokens) is int and tokens >= 0 else None)
