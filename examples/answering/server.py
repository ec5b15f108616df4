"""Answers questions over HTTP: `python server.py [SERVICE] [PORT] [GROUP…]`.

`/?q=QUESTION` is a page, `/ask?q=QUESTION` the same as JSON. SERVICE is the address of the `vouch
serve`, by default http://127.0.0.1:8420; its key, if it needs one, is in the variable VOUCH_KEY. In
a real application the groups are those of whoever has logged in.
"""

import json
import os
import sys
from collections.abc import Sequence
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from answering import answer
from pages import page
from vouch_client import Client, ServiceError


class Handler(BaseHTTPRequestHandler):
    """Answers one request; the client is shared by all threads."""

    def __init__(self, client: Client, groups: Sequence[str], *arguments: object) -> None:
        self._client, self._groups = client, groups
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """Answer the question of the address."""
        parts = urlsplit(self.path)
        question = parse_qs(parts.query).get("q", [""])[0]
        as_json = parts.path == "/ask"
        try:
            given = answer(self._client, question, self._groups) if question else None
        except ServiceError as error:
            body = json.dumps({"error": str(error)}) if as_json else page(None, str(error))
            self._send(502, body, as_json)
            return
        body = json.dumps(given.as_dict() if given else {}) if as_json else page(given)
        self._send(200, body, as_json)

    def _send(self, status: int, body: str, as_json: bool) -> None:
        content = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if as_json else "text/html")
        self.send_header("Content-Security-Policy", "default-src 'none'; form-action 'self'")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: object) -> None:
        """Log nothing: questions are nobody's business."""


def main(service: str = "http://127.0.0.1:8420", port: str = "8080", *groups: str) -> None:
    """Serve until Ctrl-C."""
    with Client(service, os.environ.get("VOUCH_KEY")) as client:
        handler = partial(Handler, client, groups or ("public",))
        with ThreadingHTTPServer(("127.0.0.1", int(port)), handler) as server:
            print(f"ready: http://127.0.0.1:{server.server_port}", flush=True)
            try:
                server.serve_forever()
            except KeyboardInterrupt:
                return


if __name__ == "__main__":
    main(*sys.argv[1:])
