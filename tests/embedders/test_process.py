"""The model in a process of its own: the same vectors, progress, and a clear error when the process dies."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
import pytest

from vouch.embedders.fingerprint import ModelCard
from vouch.embedders.model import Embedder
from vouch.embedders.process import EmbeddingProcess, embedding_process
from vouch.schemas.errors import EmbeddingError
from vouch.schemas.settings import EmbeddingSettings

TEXTS = [f"Sentence {number} about tea. " * (1 + number % 7) for number in range(1200)]


@pytest.fixture
def card(tiny_model: Path) -> ModelCard:
    return ModelCard(EmbeddingSettings(model=str(tiny_model), precision="float32"), tiny_model)


def test_the_same_vectors_as_in_this_process(card: ModelCard):
    done: list[int] = []
    counts = [len(text) for text in TEXTS]
    there = Embedder(card, lambda: embedding_process(card)).embed_documents(
        TEXTS, counts, done.append
    )
    assert np.allclose(there, Embedder(card).embed_documents(TEXTS, counts), atol=1e-5)
    assert sum(done) == len(TEXTS)
    assert len(done) > 1


def test_one_process_serves_every_run_of_a_model_also_where_they_begin_at_once(tiny_model: Path):
    card = ModelCard(
        EmbeddingSettings(model=str(tiny_model), precision="float32", query_prefix="another"),
        tiny_model,
    )
    with ThreadPoolExecutor(10) as threads:
        made = list(threads.map(lambda _: embedding_process(card), range(10)))
    assert {id(one) for one in made} == {id(made[0])}
    made[0].rest()


def test_it_rests_only_when_no_other_run_waits_for_it(card: ModelCard):
    process = EmbeddingProcess(card)
    asked = [process.submit(["up"] * 50) for _ in range(5)]
    process.rest()
    assert [len(process.result(one)) for one in asked] == [50] * 5
    process.rest()
    assert len(process.encode(["up"])) == 1
    process.rest()


def test_the_process_that_loads_the_model_is_the_one_that_embeds(card: ModelCard):
    before = {child.pid for child in psutil.Process().children()}
    process = EmbeddingProcess(card)
    until = time.monotonic() + 120
    while not (started := _embedding(before)):
        assert time.monotonic() < until
        time.sleep(0.01)
    process.encode(["up"])
    assert _embedding(before) == started
    process.rest()


def _embedding(before: set[int]) -> set[int]:
    """Processes that were started since, without the one that Python itself starts beside them."""
    now = {
        child.pid
        for child in psutil.Process().children()
        if "resource_tracker" not in " ".join(child.cmdline())
    }
    return now - before


def test_a_process_that_dies_says_what_to_do(card: ModelCard):
    before = {child.pid for child in psutil.Process().children()}
    process = EmbeddingProcess(card)
    process.encode(["up"])
    (pid,) = _embedding(before)
    future = process.submit(["tea " * 200] * 20_000)
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(EmbeddingError, match="the process that embeds died"):
        process.result(future)
    assert process.encode(["and up again"]).shape == (1, card.dimension)


def test_a_model_that_cannot_be_loaded_is_told(tmp_path: Path):
    (tmp_path / "config.json").write_text('{"model_type": "mpnet", "hidden_size": 8}')
    (tmp_path / "model.safetensors").write_bytes(b"no weights")
    broken = ModelCard(EmbeddingSettings(model=str(tmp_path)), tmp_path)
    with pytest.raises(EmbeddingError, match="cannot be loaded"):
        EmbeddingProcess(broken).encode(["x"])
