"""Batches: by tokens, and halved for good where a device's memory runs out.

There is no such device here: what raises is a forward pass that stands for one.
"""

import logging
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.embedders.models import TEXTS, card_of, edited_model, reference_vectors
from vouch.embedders.local.batches import MemoryBatches, batches
from vouch.embedders.local.engine import choose_engine
from vouch.embedders.local.general_engine import GeneralEngine
from vouch.schemas.errors import EmbeddingError

LENGTHS = [5, 300, 17, 17, 8, 120, 64, 1]


class Device:
    """Gives each text its length, and has memory for so many tokens."""

    def __init__(self, tokens: int, error: type[RuntimeError] = torch.OutOfMemoryError) -> None:
        self.tokens, self.error = tokens, error
        self.sizes: list[int] = []

    def forward(self, batch: list[int]) -> np.ndarray:
        self.sizes.append(len(batch))
        if len(batch) * max(LENGTHS[place] for place in batch) > self.tokens:
            raise self.error("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return np.array([[LENGTHS[place]] for place in batch], dtype=np.float32)


def test_batches_have_texts_of_similar_length_and_every_text_once():
    cut = list(batches(LENGTHS, 128))
    assert sorted(place for batch in cut for place in batch) == list(range(len(LENGTHS)))
    assert cut[0] == [1]  # longer than a batch: alone
    assert all(
        len(batch) == 1 or len(batch) * max(LENGTHS[i] for i in batch) <= 128 for batch in cut
    )


@pytest.mark.parametrize("error", [torch.OutOfMemoryError, RuntimeError])
def test_a_batch_that_does_not_fit_is_halved_and_batches_stay_small(error: type[RuntimeError]):
    device, sized = Device(320, error), MemoryBatches(4096)
    assert sized.run(LENGTHS, device.forward, 1)[:, 0].tolist() == LENGTHS
    assert device.sizes[:4] == [8, 4, 2, 1]
    small, failures = sized.tokens, len(device.sizes)
    assert sized.run(LENGTHS, device.forward, 1)[:, 0].tolist() == LENGTHS
    assert sized.tokens == small
    assert len(device.sizes) - failures < failures  # nothing is tried that has failed


def test_a_text_for_which_memory_does_not_suffice_is_an_error_that_says_so():
    with pytest.raises(EmbeddingError, match=r"one text of 300 tokens .*set embedding\.device to"):
        MemoryBatches(4096).run(LENGTHS, Device(200).forward, 1)


def test_other_errors_are_raised_as_they_are():
    def forward(_: list[int]) -> np.ndarray:
        raise RuntimeError("CUDA error: device-side assert triggered")

    with pytest.raises(RuntimeError, match="device-side assert"):
        MemoryBatches(64).run(LENGTHS, forward, 1)


def test_an_engine_whose_memory_runs_out_gives_the_same_vectors(
    tiny_model: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(logging.getLogger("vouch"), "propagate", True)
    folder = edited_model(tiny_model, tmp_path, "config.json", hidden_act="relu")
    engine = choose_engine(card_of(folder))
    assert isinstance(engine, GeneralEngine)

    def full(module: torch.nn.Module, arguments: tuple) -> None:
        is_whole = type(module).__name__ == "SentenceTransformer"
        if is_whole and len(arguments[0]["input_ids"]) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory.")

    hook = torch.nn.modules.module.register_module_forward_pre_hook(full)
    try:
        vectors = engine.encode(TEXTS)
    finally:
        hook.remove()
    assert np.allclose(vectors, reference_vectors(card_of(folder)), atol=1e-5)
    assert "memory ran out" in caplog.text
