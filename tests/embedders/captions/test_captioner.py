"""Descriptions by a service: asked for once each, repeated where that helps, not without end."""

import io
from collections.abc import Iterator

import pytest
from PIL import Image

from tests.caption_service import TOKENS, CaptionService, answer_of, caption_service, refuse
from vouch.embedders.captions.captioner import Captioner, caption_fingerprint, name_of
from vouch.embedders.service import requester
from vouch.schemas.errors import EmbeddingError


class Meter:
    """Notes what is counted."""

    def __init__(self) -> None:
        self.events: list[object] = []

    def sent(self, places: object) -> None:
        self.events.append("sent")

    def answered(self, places: object, tokens: int | None, vectors: object) -> None:
        self.events.append(tokens)

    def refused(self, places: object) -> None:
        self.events.append("refused")


class Cache(dict):
    """Descriptions by name."""

    put = dict.setdefault


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[CaptionService]:
    monkeypatch.setattr(requester, "BACKOFF_S", 0.001)
    with caption_service() as running:
        yield running


def jpeg(colour: str = "black") -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (64, 32), colour).save(stream, "JPEG")
    return stream.getvalue()


def described(
    service: CaptionService, key: str = "one", **more: object
) -> tuple[str, Meter, Cache]:
    meter, cache = Meter(), Cache()
    text = Captioner(service.settings(**more), cache).describe(key, jpeg(), meter)
    return text, meter, cache


def test_a_picture_is_sent_with_the_prompt_and_nothing_else(service: CaptionService):
    text, meter, _ = described(service, prompt="What is it?")
    assert text == "A drawing of 64 by 32, dark."
    assert meter.events == ["sent", TOKENS]
    (body,) = service.requests
    (message,) = body["messages"]
    assert [part["type"] for part in message["content"]] == ["text", "image_url"]
    assert message["content"][0]["text"] == "What is it?"
    assert (body["model"], body["max_tokens"]) == ("eyes-1", 300)
    assert service.headers["Authorization"] == "Bearer k-123456"


def test_what_was_described_is_not_sent_again(service: CaptionService):
    cache, settings = Cache(), service.settings()
    for _ in range(2):
        assert Captioner(settings, cache).describe("one", jpeg(), Meter())
    assert len(service.requests) == 1
    # Another model or prompt is asked again, another address is not.
    assert name_of("one", settings) != name_of("one", service.settings(model="eyes-2"))
    assert name_of("one", settings) != name_of("one", service.settings(prompt="Else?"))
    moved = settings.model_copy(
        update={"service": settings.service.model_copy(update={"url": "http://b.example/v1"})}
    )
    assert caption_fingerprint(moved) == caption_fingerprint(settings)


@pytest.mark.parametrize("fault", [refuse(429, retry_after="0"), refuse(500), refuse(503)])
def test_a_failure_that_passes_is_repeated(service: CaptionService, fault):
    service.faults = [fault, fault]
    text, meter, _ = described(service)
    assert text.startswith("A drawing")
    assert meter.events.count("sent") == 3


@pytest.mark.parametrize(
    "fault",
    [
        refuse(400, "unsafe picture"),
        answer_of(None, finish_reason="content_filter"),
        answer_of("", finish_reason="stop"),
    ],
)
def test_a_picture_that_is_refused_has_no_description(service: CaptionService, fault):
    service.faults = [fault]
    text, _, cache = described(service)
    assert (text, cache) == ("", {})
    assert len(service.requests) == 1


def test_a_service_that_refuses_every_picture_is_named(service: CaptionService):
    service.always = refuse(400, "no pictures here")
    captioner = Captioner(service.settings(), Cache())
    for number in range(4):
        assert captioner.describe(str(number), jpeg(), Meter()) == ""
    with pytest.raises(EmbeddingError, match="refuses every picture.*no pictures here"):
        captioner.describe("5", jpeg(), Meter())


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (refuse(401, "bad key k-123456"), "correct captions.service.api_key"),
        (refuse(404, "no such model"), "correct captions.model or captions.service.url"),
        ((200, {}, "{}"), "has no message"),
        ((200, {}, '{"choices": [{"message": []}]}'), "has no message"),
    ],
)
def test_a_failure_that_stays_stops_in_the_service_s_words(service: CaptionService, fault, words):
    service.always = fault
    with pytest.raises(EmbeddingError, match=words) as caught:
        described(service)
    assert "k-123456" not in str(caught.value)
    assert len(service.requests) == 1


def test_a_service_that_never_works_stops_at_the_deadline(service: CaptionService):
    service.always = refuse(500, "broken")
    url = {"url": service.url, "deadline_s": 0.3}
    captioner = Captioner(service.settings(service=url), Cache())
    with pytest.raises(
        EmbeddingError, match=r"has not worked for 0.3 s \(captions.service.deadline"
    ):
        captioner.describe("one", jpeg(), Meter())


def test_a_closed_captioner_asks_nobody(service: CaptionService):
    captioner = Captioner(service.settings(), Cache())
    captioner.close()
    with pytest.raises(EmbeddingError, match="the run has ended"):
        captioner.describe("one", jpeg(), Meter())
