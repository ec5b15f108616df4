"""A store that ignores the conditions of writes is recognized."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from tests.object_store import ObjectStore
from vouch.storage.conditions import keeps_conditions
from vouch.storage.places import location_of


class _Careless(BaseHTTPRequestHandler):
    """Speaks enough of S3's protocol to store objects, and heeds no condition."""

    objects: ClassVar[dict[str, bytes]] = {}

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self, status: int, content: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("ETag", f'"{hash(content)}"')
        self.send_header("Last-Modified", "Mon, 30 Nov 2026 00:00:00 GMT")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_PUT(self) -> None:
        self.objects[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(200)

    def do_GET(self) -> None:
        content = self.objects.get(self.path)
        self._answer(404) if content is None else self._answer(200, content)

    def do_DELETE(self) -> None:
        self.objects.pop(self.path, None)
        self._answer(204)

    do_POST = do_DELETE


@pytest.fixture
def careless() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Careless)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_conditions_are_kept(store: ObjectStore):
    place = store.location()
    assert keeps_conditions(place)
    assert list(place.files()) == []


def test_conditions_are_ignored(store: ObjectStore, careless: str):
    assert not keeps_conditions(location_of("s3://bucket/index", store.options_by(careless)))


def test_who_may_not_write_cannot_ask(store: ObjectStore):
    wrong = store.options | {"secret_access_key": "another"}
    assert keeps_conditions(location_of(store.bucket(), wrong))
