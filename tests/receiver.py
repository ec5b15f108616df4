"""A real receiver of what is posted, on a free port."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar


class Receiver(BaseHTTPRequestHandler):
    """Answers each post with the next of `codes`, the last one for good."""

    codes: ClassVar[list[int]]
    seen: ClassVar[list[tuple[str, str | None]]]

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        code = self.codes.pop(0) if len(self.codes) > 1 else self.codes[0]
        if code < 300:
            self.seen.append((body, self.headers["Authorization"]))
        self.send_response(code)
        if code in (301, 308):
            self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *_):
        pass


@contextmanager
def receiver(*codes: int) -> Iterator[tuple[str, list]]:
    handler = type("Handler", (Receiver,), {"codes": list(codes), "seen": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=[0.01])  # seconds of poll interval
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api/v1/lineage", handler.seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
