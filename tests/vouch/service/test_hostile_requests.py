"""Requests that nobody well-meaning sends: each gets a status, and the next one an answer."""

import json
import socket

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.vouch.service.running import Service

HEAD = b"POST /v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
GOOD = b'{"query": "leave"}'


def sent(service: Service, data: bytes, *, is_whole: bool = False) -> bytes:
    """Send bytes as they are, and return the beginning of what comes back.

    Unless it is a whole request no more is promised, so that the server does not wait for the rest.
    """
    host, port = service.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        try:
            connection.sendall(data)
            if not is_whole:
                connection.shutdown(socket.SHUT_WR)
            return connection.recv(100_000)
        except ConnectionError:
            return b""


def body(content: bytes, *more: bytes) -> bytes:
    length = b"Content-Length: %d\r\n" % len(content)
    return HEAD + length + b"".join(each + b"\r\n" for each in more) + b"\r\n" + content


REQUESTS = {
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00",
    "no host": b"GET /v1/search?query=x HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /health HTTP/1.1\r\nHost: localhost\r\nHost: example.org\r\n\r\n",
    "foreign host": b"GET /health HTTP/1.1\r\nHost: example.org\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 3\r\nContent-Length: 30\r\n\r\n" + GOOD,
    "length and chunks": body(GOOD, b"Transfer-Encoding: chunked"),
    "negative length": HEAD + b"Content-Length: -1\r\n\r\n" + GOOD,
    "length of digits without end": HEAD + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n",
    "endless header": b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 300_000 + b"\r\n\r\n",
    "many headers": b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
    "a line break in a header": HEAD + b"X: a\r\n b\x00c\r\n\r\n",
    "path out of the root": b"GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "encoded path": b"GET /%2e%2e/%00/%ff HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "whole URL": b"GET http://example.org/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "no JSON": body(b"{"),
    "JSON of another type": body(b"[1]"),
    "NaN": body(b'{"query": NaN}'),
    "deep JSON": body(b'{"query": ' + b"[" * 20_000 + b"]" * 20_000 + b"}"),
    "a number of many digits": body(b'{"query": "x", "k": ' + b"9" * 5000 + b"}"),
    "UTF-16": body(json.dumps({"query": "leave"}).encode("utf-16")),
    "no UTF-8": body(b'{"query": "\xff\xfe"}'),
    "half of a character": body(b'{"query": "\\ud800"}'),
    "NUL": body(b'{"query": "a\\u0000b"}'),
    "another type": body(GOOD).replace(b"application/json", b"text/plain"),
    "two types": body(GOOD, b"Content-Type: text/plain"),
    "compressed": body(GOOD, b"Content-Encoding: gzip"),
    "charset": body(GOOD).replace(b"application/json", b"application/json; charset=utf-7"),
    "same key twice": body(b'{"query": "a", "query": "b"}'),
    "constructor": body(b'{"query": "x", "__class__": {"__init__": 1}}'),
    "override of the method": body(GOOD, b"X-HTTP-Method-Override: DELETE"),
    "another site": body(GOOD, b"Origin: https://example.org", b"Sec-Fetch-Site: cross-site"),
    "forged proxy": body(GOOD, b"X-Forwarded-For: 127.0.0.1", b"Forwarded: for=127.0.0.1"),
    "upgrade": b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Key: eA==\r\nSec-WebSocket-Version: 13\r\n\r\n",
    "another method": b"TRACE / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a method of letters that are none": b"G\xc3\x84T / HTTP/1.1\r\nHost: localhost\r\n\r\n",
}


@pytest.mark.parametrize("name", REQUESTS)
def test_a_hostile_request_gets_no_traceback_and_the_next_one_an_answer(
    anybody: Service, name: str
) -> None:
    answer = sent(anybody, REQUESTS[name])
    status = answer.partition(b"\r\n")[0]
    assert b" 500 " not in status, answer
    for hidden in (b"Traceback", b"/site-packages/", b".py", str(anybody.log.parent).encode()):
        assert hidden not in answer
    assert anybody.search("leave").status_code == 200
    assert "Traceback" not in anybody.logged()


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("foreign host", 403),
        ("another site", 403),
        ("no JSON", 422),
        ("deep JSON", 400),
        ("half of a character", 422),
        ("length of digits without end", 400),
        ("forged proxy", 200),
    ],
)
def test_what_is_refused_and_what_is_not(anybody: Service, name: str, status: int) -> None:
    answer = sent(anybody, REQUESTS[name], is_whole=True)
    assert answer.split()[1] == str(status).encode()


TEXTS = st.text(st.characters() | st.sampled_from("\ud800\udfff\x00"), max_size=60)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=TEXTS, filter=TEXTS, profile=TEXTS, value=TEXTS)
def test_any_text_gets_an_answer_or_a_sentence(
    anybody: Service, query: str, filter: str, profile: str, value: str
) -> None:
    given_body = {"query": query, "filters": [filter], "profile": profile, "values": {value: value}}
    with anybody.client() as client:
        for given_ in (
            given_body,
            {"query": query},
            {"query": "x", "filters": [f"title={filter}"]},
        ):
            content = json.dumps(given_).encode()
            answer = client.post(
                "/v1/search", content=content, headers={"Content-Type": "application/json"}
            )
            assert answer.status_code in (200, 422), answer.text
            assert "Traceback" not in answer.text
        path = client.get(f"/v1/documents/{json.dumps(value)[1:-1]}")
        assert path.status_code in (404, 422)
