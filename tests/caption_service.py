"""A service that describes pictures by a rule: their size and whether they are dark. With faults.

    with caption_service() as service:
        service.faults = [refuse(429), refuse(500)]      # of the next requests
        project(documents, service.yaml(max_pictures=3))

It is no model: it shows what Vouch sends, and what becomes of the answers.
"""

import base64
import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias

from PIL import Image

from vouch.schemas.settings.captions import CaptionSettings

Fault: TypeAlias = tuple[int, dict[str, str], str]
"""Status, headers and content of an answer."""
TOKENS = 900  # that it counts for each answer


def refuse(status: int, message: str = "not now", **headers: str) -> Fault:
    """Return an answer that is an error."""
    content = json.dumps({"error": {"message": message}})
    return status, {name.replace("_", "-"): value for name, value in headers.items()}, content


def answer_of(text: str | None, **choice: object) -> Fault:
    """Return an answer with this description."""
    message = {"role": "assistant", "content": text}
    return 200, {}, json.dumps({"choices": [{"message": message, **choice}]})


class CaptionService:
    """A running service.

    Attributes:
        url: Its address, as settings name it.
        faults: Answers to the next requests, before it describes pictures again.
        always: An answer to all requests, None to describe the pictures.
        requests: The bodies of all requests so far.
        headers: Those of the last request.
        begins: How its descriptions begin.
    """

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/v1"
        self.faults: list[Fault] = []
        self.always: Fault | None = None
        self.requests: list[dict[str, Any]] = []
        self.headers: dict[str, str] = {}
        self.begins = "A drawing"

    def settings(self, **more: object) -> CaptionSettings:
        """Return settings that name it."""
        service = {"url": self.url, "deadline_s": 20, "timeout_s": 10, "api_key": "k-123456"}
        return CaptionSettings.model_validate({"service": service, "model": "eyes-1", **more})

    def yaml(self, **more: object) -> str:
        """Return the same as a line of vouch.yaml."""
        settings = self.settings(**more).model_dump(mode="json", exclude_defaults=True)
        return f"captions: {json.dumps(settings)}\n"

    def pictures(self) -> list[Image.Image]:
        """Return the pictures that were sent."""
        return [_picture(body) for body in self.requests]

    def answer(self, body: dict[str, Any]) -> Fault:
        """Return the answer to a request."""
        self.requests.append(body)
        if self.always is not None:
            return self.always
        if self.faults:
            return self.faults.pop(0)
        picture = _picture(body)
        dark = "dark" if picture.convert("L").resize((1, 1)).getpixel((0, 0)) < 128 else "light"
        text = f"{self.begins} of {picture.width} by {picture.height}, {dark}."
        status, headers, content = answer_of(text, finish_reason="stop")
        return (
            status,
            headers,
            json.dumps(json.loads(content) | {"usage": {"total_tokens": TOKENS}}),
        )


def _picture(body: dict[str, Any]) -> Image.Image:
    (message,) = body["messages"]
    (url,) = [part["image_url"]["url"] for part in message["content"] if "image_url" in part]
    return Image.open(io.BytesIO(base64.b64decode(url.removeprefix("data:image/jpeg;base64,"))))


@contextmanager
def caption_service() -> Iterator[CaptionService]:
    """Run a service for as long as the context."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            service.headers = dict(self.headers)
            status, headers, content = (
                service.answer(body)
                if self.path == "/v1/chat/completions"
                else refuse(404, "no such path")
            )
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content.encode())))
            self.end_headers()
            self.wfile.write(content.encode())

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service = CaptionService(server.server_port)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
