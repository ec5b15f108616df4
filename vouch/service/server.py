"""The HTTP server: uvicorn, which listens, and ends in good order when a signal asks it to."""

import ipaddress
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn

from vouch.schemas.errors import SettingsError
from vouch.service.app import create_app
from vouch.service.service import SearchService

_GRACE_S = 2
"""For requests in progress at the end; `vouch.interruption` ends the process a second later."""
_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows lacks the last one


class _Server(uvicorn.Server):
    """A server whose end by a signal is a normal one: uvicorn would raise the signal again."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        numbers = [getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)]
        before = {number: signal.signal(number, self.handle_exit) for number in numbers}
        try:
            yield
        finally:
            # After a signal the process ends. `vouch.interruption` repeats one that nobody seems to
            # handle, and would take it for that if its own handler were back so soon.
            if not self.should_exit:
                for number, handler in before.items():
                    signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.should_exit = True


def serve(service: SearchService, listening: socket.socket, ready: Callable[[str], None]) -> None:
    """Answer requests on a socket until a signal ends it. `ready` gets the service's URL once it
    does.
    """
    host, port = listening.getsockname()[:2]
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    config = uvicorn.Config(
        create_app(service),
        log_config=None,
        access_log=False,
        server_header=False,
        # Whom a proxy names is of no use here, and anybody could write it.
        proxy_headers=False,
        ws="none",
        timeout_graceful_shutdown=_GRACE_S,
    )
    _Server(config, lambda: ready(url)).run([listening])


def listen(host: str, port: int, *, has_keys: bool) -> socket.socket:
    """Return a socket to listen on.

    Raises `SettingsError` where it cannot, or where other machines could reach a service that asks
    for no key.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise SettingsError(f"serve.host {host!r} is no address: {error.strerror}") from error
    if not has_keys and not ipaddress.ip_address(str(address[0]).partition("%")[0]).is_loopback:
        raise SettingsError(
            f"{host} can be reached from other machines, and the service asks for no key: add "
            "serve.keys to the settings, or listen on 127.0.0.1"
        )
    listening = socket.socket(family, kind)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError as error:
        listening.close()
        raise SettingsError(
            f"cannot listen on {host} port {port}: {error.strerror}; choose another by --port, or "
            "serve.port in the settings"
        ) from error
    return listening
