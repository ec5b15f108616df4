"""What the clients send, how often, and which errors come of the answers."""

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from vouch_client import (
    Answer,
    AsyncClient,
    Client,
    NotAllowed,
    NotFound,
    Refused,
    ServiceError,
    TooManyRequests,
    Unavailable,
    field,
)

from tests.client.scripted_server import Scripted, scripted_server

ROOT = Path(__file__).parents[2]
EMPTY = json.dumps({"run_id": "r1", "hits": [], "words_only": None, "profile": None})
LONG_AGO = "Wed, 21 Oct 2015 07:28:00 GMT"
Search = Callable[..., Answer]


@pytest.fixture
def server() -> Iterator[Scripted]:
    with scripted_server() as running:
        yield running


def sync_search(url: str, query: str, key: str | None = None, **options: Any) -> Answer:
    with Client(url, key) as client:
        return client.search(query, **options)


def async_search(url: str, query: str, key: str | None = None, **options: Any) -> Answer:
    async def search() -> Answer:
        async with AsyncClient(url, key) as client:
            return await client.search(query, **options)

    return asyncio.run(search())


both = pytest.mark.parametrize("search", [sync_search, async_search])


@both
def test_a_search_sends_its_options_and_leaves_the_rest_to_the_service(
    server: Scripted, search: Search
):
    server.answers = [(200, {}, EMPTY)] * 2
    search(server.url, "Wie lange?", "secret")
    search(
        server.url,
        "how long",
        k=3,
        mode="text",
        breadth="all",
        filters=[field("year") >= 2024, "language=en"],
        profile="acme",
        values={"groups": ("staff", "hr"), "day": date(2026, 1, 2)},
        explain=True,
    )
    assert server.paths == ["/v1/search"] * 2
    assert server.keys == ["Bearer secret", None]
    assert server.bodies == [
        {"query": "Wie lange?", "filters": []},
        {
            "query": "how long",
            "k": 3,
            "mode": "text",
            "breadth": "all",
            "filters": ['(year >= "2024")', "language=en"],
            "profile": "acme",
            "values": {"groups": ["staff", "hr"], "day": "2026-01-02"},
            "explain": True,
        },
    ]


def test_a_single_filter_needs_no_list(server: Scripted):
    server.answers = [(200, {}, EMPTY)] * 2
    sync_search(server.url, "q", filters="language=en")
    sync_search(server.url, "q", filters=field("language") == "en")
    assert [body["filters"] for body in server.bodies] == [["language=en"], ['(language = "en")']]


@both
@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("retry_after", ["0", "0.0", LONG_AGO])
def test_who_is_sent_away_comes_back_when_the_service_says(
    server: Scripted, search: Search, status: int, retry_after: str
):
    server.answers = [(status, {"Retry-After": retry_after}, "")] * 2 + [(200, {}, EMPTY)]
    assert search(server.url, "q").run_id == "r1"
    assert len(server.paths) == 3


@both
@pytest.mark.parametrize(
    ("status", "headers", "error"),
    [
        (429, {"Retry-After": "3600"}, TooManyRequests),  # longer than is waited for
        (503, {}, Unavailable),  # the service does not say when
        (503, {"Retry-After": "soon"}, Unavailable),
        (500, {"Retry-After": "0"}, ServiceError),
        (502, {"Retry-After": "0"}, Unavailable),
        (422, {"Retry-After": "0"}, Refused),
    ],
)
def test_nothing_else_is_sent_again(
    server: Scripted, search: Search, status: int, headers: dict[str, str], error: type
):
    server.answers = [(status, headers, json.dumps({"detail": "no", "code": "x"}))]
    with pytest.raises(ServiceError) as raised:
        search(server.url, "q")
    assert type(raised.value) is error
    assert (str(raised.value), raised.value.status) == ("no", status)
    assert len(server.paths) == 1


def test_after_the_last_attempt_the_words_of_the_service_are_raised(server: Scripted):
    server.answers = [(429, {"Retry-After": "0"}, json.dumps({"detail": "too many"}))] * 4
    with pytest.raises(TooManyRequests, match="too many") as raised:
        sync_search(server.url, "q")
    assert (len(server.paths), raised.value.retry_after_s) == (4, 0.0)


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, Refused), (401, NotAllowed), (403, NotAllowed), (404, NotFound), (413, Refused)],
)
def test_a_status_has_its_error(server: Scripted, status: int, error: type):
    server.answers = [(status, {}, "<h1>of a proxy</h1>")]
    with pytest.raises(ServiceError, match="of a proxy") as raised:
        sync_search(server.url, "q")
    assert type(raised.value) is error


def test_what_is_no_service_is_named(server: Scripted):
    server.answers = [(200, {}, "<html>")]
    with pytest.raises(ServiceError, match="is it the address of a `vouch serve`"):
        sync_search(server.url, "q")


@both
def test_where_nothing_listens_the_error_names_the_address(search: Search):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    with pytest.raises(Unavailable, match=url):
        search(url, "q")


def test_ids_cannot_leave_their_place_in_an_address(server: Scripted):
    server.answers = [(404, {}, "{}")]
    with Client(server.url) as client, pytest.raises(NotFound):
        client.trace("../runs?x=1#y")
    assert server.paths == ["/v1/chunks/..%2Fruns%3Fx%3D1%23y/trace"]


def part(run_id: str, text: str, start: int, next_start: int | None) -> tuple[int, dict, str]:
    body = {
        "run_id": run_id, "document_id": "d", "uri": "a.md", "source": "s", "text": text,
        "start": start, "next_start": next_start, "ingested_at": "2026-11-30T12:00:00Z",
    }  # fmt: skip
    return 200, {}, json.dumps(body)


def test_a_document_is_read_part_by_part_and_again_where_its_state_changes(server: Scripted):
    server.answers = [
        part("r1", "ab", 0, 2),
        part("r2", "CD", 2, None),
        part("r2", "AB", 0, 2),
        part("r2", "CD", 2, None),
    ]
    with Client(server.url) as client:
        document = client.document("d", profile="acme", values={"groups": ["a", "b"], "new": True})
    assert (document.text, document.run_id, document.more) == ("ABCD", "r2", {})
    assert document.ingested_at == datetime(2026, 11, 30, 12, tzinfo=UTC)
    given = "profile=acme&value=groups%3Da&value=groups%3Db&value=new%3Dtrue"
    assert server.paths == [
        f"/v1/documents/d?{given}",
        f"/v1/documents/d?start=2&{given}",
        f"/v1/documents/d?{given}",
        f"/v1/documents/d?start=2&{given}",
    ]


def test_a_service_that_is_not_ready_says_so(server: Scripted):
    server.answers = [(503, {}, json.dumps({"status": "ok", "ready": False}))]
    with Client(server.url) as client:
        assert not client.health().ready


def test_what_a_newer_service_says_besides_is_kept(server: Scripted):
    hit = {
        "citation": "a.md [0:3]", "text": "abc", "chunk_id": "c", "document_id": "d",
        "source": "s", "uri": "a.md", "char_start": 0, "char_end": 3, "score": 0.5,
        "chunk_ids": ["c"], "mood": "fine",
    }  # fmt: skip
    body = {"run_id": "r", "hits": [hit], "words_only": "why", "profile": "acme"}
    server.answers = [(200, {}, json.dumps(body))]
    answer = sync_search(server.url, "q")
    assert (answer.words_only, answer.profile, len(answer)) == ("why", "acme", 1)
    assert (answer[0].chunk_ids, answer[0].more) == (("c",), {"mood": "fine"})


def test_the_client_imports_neither_the_rooms_nor_what_they_need():
    code = (
        "import sys, vouch_client; "
        "print(sorted({name.split('.')[0] for name in sys.modules} & "
        "{'vouch', 'torch', 'lancedb', 'pyarrow', 'numpy', 'pydantic', 'prefect', 'fastapi'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT / "client", capture_output=True, text=True
    )
    assert (done.stdout, done.returncode) == ("[]\n", 0), done.stderr
