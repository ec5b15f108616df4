"""A web server that lists documents and answers slowly, wrongly or without an end."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

GOOD = b"The gate opens at nine."


class _Handler(BaseHTTPRequestHandler):
    """Answers by the last part of the path."""

    server: "HostileServer"

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.end_headers()

    def do_GET(self) -> None:
        name = self.path.rsplit("/", 1)[-1].partition(".")[0]
        answer = getattr(self, f"answer_{name}", self.answer_listing)
        try:
            answer()
        except OSError:
            self.close_connection = True  # the client has had enough

    def log_message(self, format: str, *args: object) -> None:
        """Write nothing."""

    def _send(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in ({"Content_Length": str(len(body))} | headers).items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def answer_listing(self) -> None:
        folder = self.path.strip("/").rpartition("/")[2]
        names = self.server.pages.get(folder, self.server.names)
        if names is None:
            raise ConnectionResetError
        links = "".join(f'<a href="{name}">x</a>' for name in names)
        self._send(f"<html>{links}</html>".encode(), Content_Type="text/html")

    def answer_good(self) -> None:
        self._send(GOOD)

    def answer_silent(self) -> None:
        self.server.ended.wait()

    def answer_dribble(self) -> None:
        self.send_response(200)
        self.end_headers()
        while not self.server.ended.wait(0.05):
            self.wfile.write(b"x")

    def answer_endless(self) -> None:
        self.send_response(200)
        self.end_headers()
        while not self.server.ended.is_set():
            self.wfile.write(b"x" * 100_000)

    def answer_truncated(self) -> None:
        self._send(GOOD, Content_Length="1000")

    def answer_broken(self) -> None:
        self._send(b"<html>Internal error</html>", 500)

    def answer_missing(self) -> None:
        self._send(b"", 404)

    def answer_circle(self) -> None:
        self._send(b"", 302, Location="circle.txt")

    def answer_file(self) -> None:
        self._send(b"", 302, Location="file:///etc/passwd")

    def answer_inner(self) -> None:
        self._send(b"", 302, Location="http://169.254.169.254/latest/meta-data")

    def answer_bomb(self) -> None:
        self._send(gzip.compress(b"\0" * 50_000_000), Content_Encoding="gzip")

    def answer_garbage(self) -> None:
        self.wfile.write(b"\x00\xff" * 500)


class HostileServer(ThreadingHTTPServer):
    """Lists the documents `names` below `url`, in every folder that `pages` does not name.

    A folder that is None in `pages` closes the connection without an answer.
    """

    daemon_threads = True

    def __init__(self, names: list[str]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.names = names
        self.pages: dict[str, list[str] | None] = {}
        self.ended = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}/docs"


@contextmanager
def hostile_server(*names: str) -> Iterator[HostileServer]:
    """Run the server until the block ends."""
    server = HostileServer(list(names))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server
    finally:
        server.ended.set()
        server.shutdown()
        thread.join()
        server.server_close()
