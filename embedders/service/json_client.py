"""Sends requests with JSON to a service with OpenAI's interface, one by one, repeating none."""

import socket
import ssl
import time
import weakref
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from vouch.embedders.service.failures import Failure, RequestFailed, plain
from vouch.schemas.errors import EmbeddingError
from vouch.schemas.process.environment import mask, mask_secrets
from vouch.schemas.settings.http_service import HttpService

if TYPE_CHECKING:
    import httpx

_CONNECT_S = 10.0
_MIN_MASKED = 4  # characters of a header's value


class JsonClient:
    """The connections to a service; used from several threads.

    Proxies and certificates of the environment (HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE) count, as
    for every other program of the machine. Redirects are not followed.
    """

    def __init__(self, service: HttpService, path: str) -> None:
        """`path` is that of all requests, below the service's URL."""
        import httpx  # it takes a tenth of a second, and most commands need none of it

        url = urlsplit(service.url)
        self._url = url._replace(path=f"{url.path.rstrip('/')}{path}").geturl()
        self._setting = f"{service.section}.service"
        host = f"{url.hostname}:{url.port}" if url.port else url.hostname
        shown = plain(f"{url.scheme}://{host}{url.path}")
        self.name = f"the {service.purpose} service at {shown}"
        headers = service.filled_headers()
        self._secrets = {
            part
            for value in headers.values()
            for part in (value, value.removeprefix("Bearer "))
            if len(part) >= _MIN_MASKED
        }
        try:
            self._client = httpx.Client(
                headers=headers,
                follow_redirects=False,
                limits=httpx.Limits(max_connections=None, max_keepalive_connections=64),
            )
        except ValueError:
            unsendable = self._unsendable()
            raise EmbeddingError(f"{self.name}: {unsendable.words}; {unsendable.hint}") from None
        # Engines are not closed by whoever has one: it is used until nobody has it.
        self.close = weakref.finalize(self, self._client.close)

    def post(
        self, body: dict[str, object], timeout_s: float, most_bytes: int
    ) -> "tuple[httpx.Response, bytes]":
        """Return the answer to a request, whatever its status, and its content.

        Raises `RequestFailed` for one that does not come whole and in time, or is larger.
        """
        import httpx

        ends = time.monotonic() + timeout_s
        timeout = httpx.Timeout(timeout_s, connect=min(timeout_s, _CONNECT_S))
        try:
            with self._client.stream("POST", self._url, json=body, timeout=timeout) as answer:
                parts, size = [], 0
                for part in answer.iter_bytes():
                    parts.append(part)
                    size += len(part)
                    if size > most_bytes:
                        words = f"its answer is larger than {most_bytes:,} bytes, which it needs"
                        raise RequestFailed(Failure.FINAL, words)
                    if time.monotonic() > ends:
                        raise _slow(timeout_s)
        except httpx.ConnectTimeout:
            raise RequestFailed(Failure.ERROR, "it cannot be reached in time") from None
        except httpx.TimeoutException:
            raise _slow(timeout_s) from None
        except (httpx.LocalProtocolError, httpx.UnsupportedProtocol, httpx.InvalidURL):
            raise self._unsendable() from None
        except httpx.DecodingError:
            raise RequestFailed(Failure.ERROR, "its answer cannot be unpacked") from None
        except httpx.TransportError as error:
            raise _lost(error, f"{self._setting}.url") from None
        return answer, b"".join(parts)

    def masked(self, failure: RequestFailed) -> RequestFailed:
        """Return a failure whose words have no secret."""
        return replace(failure, words=mask_secrets(mask(failure.words, self._secrets)))

    def _unsendable(self) -> RequestFailed:
        # Not the library's words: they quote the header, which may be the key.
        return RequestFailed(
            Failure.FINAL,
            "no request can be sent: its address or a header has characters that HTTP does not "
            "allow",
            f"correct {self._setting}.url, api_key and headers",
        )


def _slow(timeout_s: float) -> RequestFailed:
    return RequestFailed(Failure.SLOW, f"it does not answer within {timeout_s:g} s")


def _lost(error: "httpx.TransportError", setting: str) -> RequestFailed:
    """Return what a connection that could not be made, or was cut, says."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError):
            return RequestFailed(
                Failure.FINAL,
                f"the connection cannot be encrypted ({plain(str(cause))})",
                f"correct {setting}, or name the file of your certificate authority in "
                "SSL_CERT_FILE",
            )
        if isinstance(cause, socket.gaierror) and cause.errno == socket.EAI_NONAME:
            return RequestFailed(Failure.FINAL, "its name is not known", f"correct {setting}")
        cause = cause.__cause__ or cause.__context__
    return RequestFailed(Failure.ERROR, f"the connection is lost ({plain(str(error))})")
