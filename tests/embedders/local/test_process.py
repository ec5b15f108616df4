"""The embedding process: the same vectors, progress, and a clear error when the process dies."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
import pytest

from tests.embedders.models import card_of, edited_model
from vouch.embedders.embedder import Embedder
from vouch.embedders.local.local_model_card import LocalModelCard
from vouch.embedders.local.process import EmbeddingProcess, embedding_process
from vouch.schemas.errors import EmbeddingError
from vouch.schemas.settings.embedding import EmbeddingSettings

TEXTS = [f"Sentence {number} about tea" for number in range(1100)]  # more than one job


@pytest.fixture(scope="module")
def card(tiny_model: Path) -> LocalModelCard:
    return card_of(tiny_model)


@pytest.fixture(scope="module")
def process(card: LocalModelCard) -> Iterator[EmbeddingProcess]:
    """One process for all tests here, because starting it imports torch."""
    process = EmbeddingProcess(card)
    yield process
    process.stop_if_idle()


def embedding_pids() -> set[int]:
    """Return the child processes that were spawned, without Python's own resource tracker."""
    return {
        child.pid
        for child in psutil.Process().children()
        if "spawn_main" in " ".join(child.cmdline())
    }


def test_vectors_are_those_of_this_process(card: LocalModelCard, process: EmbeddingProcess):
    progress: list[int] = []
    counts = [len(text) for text in TEXTS]
    vectors = (
        Embedder(card, lambda: process).embed_documents(TEXTS, counts, progress.append).vectors
    )
    assert np.allclose(vectors, Embedder(card).embed_documents(TEXTS, counts).vectors, atol=1e-5)
    assert sum(progress) == len(TEXTS)
    assert len(progress) > 1


def test_the_process_that_loaded_the_model_is_the_one_that_embeds(process: EmbeddingProcess):
    """A worker that failed to return its result would be replaced, and load the model again."""
    process.encode(["up"])
    before = embedding_pids()
    process.encode(["up"])
    assert embedding_pids() == before


def test_it_says_what_runs_the_model_there(card: LocalModelCard, process: EmbeddingProcess):
    assert Embedder(card, lambda: process).about.startswith("the packed engine on")


def test_it_stops_only_when_no_other_run_waits_for_it(process: EmbeddingProcess):
    pending = [process.submit(["up"] * 50) for _ in range(5)]
    process.stop_if_idle()
    assert [len(process.result(future)) for future in pending] == [50] * 5
    process.stop_if_idle()
    assert len(process.encode(["up"])) == 1


def test_a_process_that_dies_is_reported_and_started_again(card: LocalModelCard):
    # Tests of other modules may have left embedding processes of their own in this process.
    before = set(embedding_pids())
    process = EmbeddingProcess(card)
    process.encode(["up"])
    (pid,) = set(embedding_pids()) - before
    future = process.submit(["tea " * 200] * 20_000)
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(EmbeddingError, match="the embedding process died"):
        process.result(future)
    assert process.encode(["and up again"]).shape == (1, card.dimension)
    process.stop_if_idle()


def test_runs_that_start_at_once_share_one_process(tiny_model: Path):
    card = LocalModelCard(
        EmbeddingSettings(model=str(tiny_model), query_prefix="another"), tiny_model
    )
    with ThreadPoolExecutor(10) as threads:
        processes = list(threads.map(lambda _: embedding_process(card), range(10)))
    assert {id(process) for process in processes} == {id(processes[0])}
    processes[0].stop_if_idle()


def test_an_error_of_the_process_is_raised_here(tiny_model: Path, tmp_path: Path):
    folder = edited_model(tiny_model, tmp_path, "config.json")
    (folder / "model.safetensors").write_bytes(b"no weights")
    broken = EmbeddingProcess(card_of(folder))
    with pytest.raises(EmbeddingError, match="cannot be loaded"):
        broken.encode(["x"])
    broken.stop_if_idle()
