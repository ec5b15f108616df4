import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from vouch.embedders.service.failures import Failure, failure_of
from vouch.schemas.settings.embedding import ServiceSettings

SERVICE = ServiceSettings(url="https://example.org/v1")


def failure(status: int, body: object, headers: dict[str, str] | None = None):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return failure_of(httpx.Response(status, headers=headers), content, SERVICE)


def openai_error(message: str, code: object = None, kind: str = "") -> dict[str, object]:
    return {"error": {"message": message, "code": code, "type": kind}}


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, openai_error("too long"), Failure.TEXTS),
        (413, b"Payload too large", Failure.TEXTS),
        (422, {"detail": [{"msg": "too many"}]}, Failure.TEXTS),
        (401, openai_error("no key"), Failure.FINAL),
        (402, openai_error("pay"), Failure.FINAL),
        (403, openai_error("no"), Failure.FINAL),
        (404, openai_error("no model"), Failure.FINAL),
        (301, b"", Failure.FINAL),
        (501, b"", Failure.FINAL),
        (408, b"", Failure.SLOW),
        (504, b"<html>timeout</html>", Failure.SLOW),
        (409, b"", Failure.ERROR),
        (500, openai_error("oops"), Failure.ERROR),
        (502, b"<html>", Failure.ERROR),
        (429, openai_error("Rate limit reached"), Failure.BUSY),
        (429, openai_error("Limit: 3 / min. Add a payment method at …/account/billing."), Failure.BUSY),
        (429, openai_error("Your credit balance is too low"), Failure.FINAL),
        (503, b"", Failure.BUSY),
        (529, openai_error("overloaded"), Failure.BUSY),
        (429, openai_error("You exceeded your quota", "insufficient_quota"), Failure.FINAL),
        (200, openai_error("rate limit exceeded"), Failure.BUSY),
        (200, openai_error("slow down", code=429), Failure.BUSY),
        (200, openai_error("oops", code="503"), Failure.BUSY),
        (200, openai_error("oops", kind="internal_server_error"), Failure.ERROR),
        (200, openai_error("bad text"), Failure.TEXTS),
        (200, {"error": "unauthorized"}, Failure.TEXTS),
    ],
)  # fmt: skip
def test_kinds(status: int, body: object, kind: Failure):
    failed = failure(status, body)
    assert failed is not None
    assert failed.kind is kind
    assert failed.was_refused is (400 <= status < 500)


@pytest.mark.parametrize("body", [{"data": []}, {"data": [], "error": None}, [], "text", 5])
def test_an_answer_with_vectors_is_no_failure(body: object):
    assert failure(200, body) is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "20"}, 20),
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "9" * 12}, 86_400),
        ({"Retry-After": "9" * 100}, None),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0),
        ({"retry-after-ms": "1500", "Retry-After": "20"}, 1.5),
        ({"x-ratelimit-reset-requests": "6m0s"}, 360),
        ({"x-ratelimit-reset-tokens": "20ms", "x-ratelimit-reset-requests": "1s"}, 1),
        ({"x-ratelimit-reset-tokens": "1h2m3.5s"}, 3723.5),
        (
            {
                "x-ratelimit-reset-requests": "6m0s",
                "x-ratelimit-remaining-requests": "5",
                "x-ratelimit-reset-tokens": "2s",
                "x-ratelimit-remaining-tokens": "0",
            },
            2,
        ),
    ],
)
def test_how_long_a_service_asks_to_wait(headers: dict[str, str], seconds: float | None):
    failed = failure(429, openai_error("slow down"), headers)
    assert failed is not None
    assert failed.wait_s == seconds


def test_a_date_to_wait_for():
    date = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    failed = failure(429, b"", {"Retry-After": date})
    assert failed is not None
    assert failed.wait_s is not None
    assert 0 < failed.wait_s <= 3600


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (400, openai_error("  The text\nis\tbad "), "400 Bad Request: The text is bad"),
        (400, {"detail": "no"}, "400 Bad Request: no"),
        (422, {"detail": [{"msg": "bad"}]}, '422 Unprocessable Entity: [{"msg": "bad"}]'),
        (500, {"error": "plain"}, "500 Internal Server Error: plain"),
        (502, b"<html><script>evil()</script><b>Bad gateway</b></html>", "502 Bad Gateway: Bad gateway"),
        (500, b"", "500 Internal Server Error"),
        (500, b"\x1b[31mred\x00\xff", "500 Internal Server Error: [31mred �"),
        (400, openai_error("\u202egnp.exe"), "400 Bad Request: gnp.exe"),
    ],
)  # fmt: skip
def test_words_are_plain(status: int, body: object, words: str):
    failed = failure(status, body)
    assert failed is not None
    assert failed.words == words


def test_words_are_bounded():
    failed = failure(400, openai_error("x" * 100_000))
    assert failed is not None
    assert len(failed.words) < 400


@pytest.mark.parametrize(
    ("status", "message", "hint"),
    [
        (401, "no", "embedding.service.api_key"),
        (404, "no such route", "embedding.service.url"),
        (400, "the model does not exist", "embedding.model"),
        (400, "dimensions is not supported by this model", "send_dimensions: false"),
        (307, "", "embedding.service.url"),
        (429, "insufficient_quota", "the account"),
    ],
)
def test_which_setting_to_correct(status: int, message: str, hint: str):
    failed = failure(status, openai_error(message))
    assert failed is not None
    assert hint in failed.hint
