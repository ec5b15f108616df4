"""Sends requests to an embedding service, one by one, without repeating any."""

import socket
import ssl
import time
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from vouch.embedders.base import Vectors
from vouch.embedders.service.answers import most_bytes, read_answer
from vouch.embedders.service.failures import Failure, RequestFailed, failure_of, plain
from vouch.schemas.errors import EmbeddingError
from vouch.schemas.process.environment import mask, mask_secrets

if TYPE_CHECKING:
    import httpx

    from vouch.embedders.service.service_model_card import ServiceModelCard

_CONNECT_S = 10.0
_MIN_MASKED = 4  # characters of a header's value

# Not the library's words: they quote the header, which may be the key.
_UNSENDABLE = RequestFailed(
    Failure.FINAL,
    "no request can be sent: its address or a header has characters that HTTP does not allow",
    "correct embedding.service.url, api_key and headers",
)


@dataclass(frozen=True, slots=True)
class Answer:
    """Unit vectors in the order of the texts, the tokens that the service counted, if any, and the
    seconds that it took.
    """

    vectors: Vectors
    tokens: int | None
    seconds: float


class ServiceClient:
    """The connections to a service; used from several threads.

    Proxies and certificates of the environment (HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE) count, as
    for every other program of the machine. Redirects are not followed.
    """

    def __init__(self, card: "ServiceModelCard") -> None:
        import httpx  # it takes a tenth of a second, and most commands need none of it

        self._card, service = card, card.service
        url = urlsplit(service.url)
        self._url = url._replace(path=f"{url.path.rstrip('/')}/embeddings").geturl()
        host = f"{url.hostname}:{url.port}" if url.port else url.hostname
        self.name = f"the embedding service at {plain(f'{url.scheme}://{host}{url.path}')}"
        headers = service.filled_headers()
        self._secrets = {
            part
            for value in headers.values()
            for part in (value, value.removeprefix("Bearer "))
            if len(part) >= _MIN_MASKED
        }
        self._is_base64 = True
        try:
            self._client = httpx.Client(
                headers=headers,
                follow_redirects=False,
                limits=httpx.Limits(max_connections=None, max_keepalive_connections=64),
            )
        except ValueError:
            raise EmbeddingError(f"{self.name}: {_UNSENDABLE.words}; {_UNSENDABLE.hint}") from None
        # Engines are not closed: one is used as long as somebody has it.
        weakref.finalize(self, self._client.close)

    def ask(self, texts: Sequence[str], timeout_s: float) -> Answer:
        """Return the vectors of texts by one request. Raises `RequestFailed`."""
        body = self._body(texts)
        try:
            return self._ask(texts, body, timeout_s)
        except RequestFailed as failure:
            if "encoding_format" in failure.words and body.pop("encoding_format", None):
                self._is_base64 = False
                failure.kind = Failure.ERROR  # the next attempt asks for numbers
            failure.words = mask_secrets(mask(failure.words, self._secrets))
            raise

    def _ask(self, texts: Sequence[str], body: dict[str, object], timeout_s: float) -> Answer:
        import httpx

        started = time.monotonic()
        timeout = httpx.Timeout(timeout_s, connect=min(timeout_s, _CONNECT_S))
        try:
            with self._client.stream("POST", self._url, json=body, timeout=timeout) as answer:
                content = self._content(answer, len(texts), started + timeout_s)
        except httpx.ConnectTimeout:
            raise RequestFailed(Failure.ERROR, "it cannot be reached in time") from None
        except httpx.TimeoutException:
            raise self._slow(timeout_s) from None
        except (httpx.LocalProtocolError, httpx.UnsupportedProtocol, httpx.InvalidURL):
            raise replace(_UNSENDABLE) from None
        except httpx.DecodingError:
            raise RequestFailed(Failure.ERROR, "its answer cannot be unpacked") from None
        except httpx.TransportError as error:
            raise _lost(error) from None
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

    def _content(self, answer: "httpx.Response", inputs: int, ends: float) -> bytes:
        """Read an answer, as far as it may be one: in time, and not larger than its vectors."""
        most, parts, size = most_bytes(inputs, self._card.dimension), [], 0
        for part in answer.iter_bytes():
            parts.append(part)
            size += len(part)
            if size > most:
                raise RequestFailed(
                    Failure.FINAL, f"its answer is larger than {most:,} bytes, which vectors need"
                )
            if time.monotonic() > ends:
                raise self._slow(answer.request.extensions["timeout"]["read"])
        return b"".join(parts)

    @staticmethod
    def _slow(timeout_s: float) -> RequestFailed:
        return RequestFailed(Failure.SLOW, f"it does not answer within {timeout_s:g} s")


def _lost(error: "httpx.TransportError") -> RequestFailed:
    """Return what a connection that could not be made, or was cut, says."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError):
            return RequestFailed(
                Failure.FINAL,
                f"the connection cannot be encrypted ({plain(str(cause))})",
                "correct embedding.service.url, or name the file of your certificate authority in "
                "SSL_CERT_FILE",
            )
        if isinstance(cause, socket.gaierror) and cause.errno == socket.EAI_NONAME:
            return RequestFailed(
                Failure.FINAL, "its name is not known", "correct embedding.service.url"
            )
        cause = cause.__cause__ or cause.__context__
    return RequestFailed(Failure.ERROR, f"the connection is lost ({plain(str(error))})")
