"""Events on their way out: a real server on a free port, and files."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from reports.outbox import Outbox, sender


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
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api/v1/lineage", handler.seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    made = Outbox(tmp_path / "outbox")
    for n in range(3):
        made.put(f"event-{n}", json.dumps({"n": n}))
    return made


def waiting(folder: Path) -> list[str]:
    return sorted(file.name for file in (folder / "outbox").iterdir() if file.name != ".lock")


def test_all_are_sent_in_their_order_and_forgotten(outbox: Outbox, tmp_path: Path):
    with receiver(200) as (url, seen):
        assert list(outbox.deliver(sender(url, "hush", tmp_path))) == []
        assert list(outbox.deliver(sender(url, "hush", tmp_path))) == []
    assert seen == [(f'{{"n": {n}}}', "Bearer hush") for n in range(3)]
    assert waiting(tmp_path) == []


@pytest.mark.parametrize("code", [301, 308, 408, 429, 500, 503])
def test_in_an_outage_the_rest_waits_and_goes_out_by_the_next(code: int, outbox: Outbox, tmp_path: Path):
    with receiver(201, code) as (url, seen):
        (told,) = outbox.deliver(sender(url, None, tmp_path))
    assert "2 events wait in" in told
    assert (len(seen), waiting(tmp_path)) == (1, ["event-1.json", "event-2.json"])
    (gone,) = outbox.deliver(sender(url, None, tmp_path))
    assert "2 events wait in" in gone
    with receiver(200) as (url, seen):
        assert list(outbox.deliver(sender(url, None, tmp_path))) == []
    assert [json.loads(body)["n"] for body, _ in seen] == [1, 2]


def test_what_will_never_be_taken_is_kept_aside_and_holds_nothing_up(outbox: Outbox, tmp_path: Path):
    with receiver(200, 422, 200) as (url, seen):
        (told,) = outbox.deliver(sender(url, None, tmp_path))
    assert "event-1.json was refused and is kept as event-1.refused: 422" in told
    assert [json.loads(body)["n"] for body, _ in seen] == [0, 2]
    assert waiting(tmp_path) == ["event-1.refused"]


def test_a_file_gets_a_line_each(outbox: Outbox, tmp_path: Path):
    assert list(outbox.deliver(sender("out/events.ndjson", None, tmp_path))) == []
    lines = (tmp_path / "out/events.ndjson").read_text("utf-8").splitlines()
    assert [json.loads(line)["n"] for line in lines] == [0, 1, 2]


def test_two_deliver_nothing_twice(outbox: Outbox, tmp_path: Path):
    seen: list[str] = []

    def send(event: str) -> None:
        seen.append(event)
        assert list(Outbox(tmp_path / "outbox").deliver(seen.append)) == []

    assert list(outbox.deliver(send)) == []
    assert len(seen) == 3
