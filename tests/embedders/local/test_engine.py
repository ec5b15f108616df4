"""Engines: the packed forward pass returns the vectors of sentence-transformers."""

import shutil
import socket
from pathlib import Path

import numpy as np
import pytest

from tests.embedders.models import TEXTS, card_of, cosines, edited_model, reference_vectors
from vouch.embedders.base import Vectors
from vouch.embedders.local.engine import PackedEngine, choose_engine
from vouch.embedders.local.general_engine import GeneralEngine
from vouch.embedders.local.precision import MIN_COSINE
from vouch.schemas.errors import EmbeddingError


@pytest.fixture(scope="module")
def bundled_reference() -> Vectors:
    return reference_vectors(card_of())


@pytest.fixture(scope="module")
def tiny_reference(tiny_model: Path) -> Vectors:
    return reference_vectors(card_of(tiny_model))


def assert_packed_and_equal(folder: Path) -> None:
    engine = choose_engine(card_of(folder))
    assert isinstance(engine, PackedEngine)
    assert np.allclose(engine.encode(TEXTS), reference_vectors(card_of(folder)), atol=1e-5)


def test_float32_gives_the_vectors_of_sentence_transformers(bundled_reference: Vectors):
    engine = choose_engine(card_of())
    assert isinstance(engine, PackedEngine)
    assert np.allclose(engine.encode(TEXTS), bundled_reference, atol=1e-5)


@pytest.mark.parametrize("precision", ["auto", "bfloat16"])
def test_bfloat16_is_close_for_every_text(precision: str, bundled_reference: Vectors):
    vectors = choose_engine(card_of(precision=precision), threads=2).encode(TEXTS)
    assert cosines(vectors, bundled_reference).min() > MIN_COSINE


def test_tokens_are_counted_as_the_model_counts_them():
    from transformers import AutoTokenizer

    card = card_of()
    reference = AutoTokenizer.from_pretrained(card.folder)
    texts = TEXTS[:4]
    counts = [
        len(card.tokenizer.tokens(text).spans) + card.tokenizer.special_tokens for text in texts
    ]
    assert counts == [len(reference(text)["input_ids"]) for text in texts]
    assert card.tokenizer.limit == 256


def test_first_token_pooling(tiny_model: Path, tmp_path: Path):
    modes = {"pooling_mode_mean_tokens": False, "pooling_mode_cls_token": True}
    assert_packed_and_equal(edited_model(tiny_model, tmp_path, "1_Pooling/config.json", **modes))


def test_mean_pooling(tiny_model: Path):
    assert_packed_and_equal(tiny_model)


def test_roberta_models_count_positions_from_behind_the_padding_token(
    tiny_model: Path, tmp_path: Path
):
    import torch
    from transformers import XLMRobertaConfig, XLMRobertaModel

    folder = tmp_path / "model"
    shutil.copytree(tiny_model, folder)
    torch.manual_seed(3)
    config = XLMRobertaConfig(
        vocab_size=30522,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        pad_token_id=0,
    )
    XLMRobertaModel(config).save_pretrained(folder)
    assert_packed_and_equal(folder)


def test_other_models_run_by_sentence_transformers_and_reach_no_hub(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Without the offline variables too, as in a user's own process."""
    from huggingface_hub import constants

    def refuse(*_: object) -> None:
        raise AssertionError("a connection was attempted")

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    folder = edited_model(tiny_model, tmp_path, "config.json", hidden_act="relu")
    engine = choose_engine(card_of(folder))
    assert isinstance(engine, GeneralEngine)
    assert np.allclose(engine.encode(TEXTS), reference_vectors(card_of(folder)), atol=1e-5)


def test_scores_beyond_the_range_of_the_fast_attention_are_computed_exactly(
    tiny_model: Path, tmp_path: Path
):
    """With queries and keys a hundred times larger the exponentials overflow."""
    from safetensors.torch import load_file, save_file

    folder = tmp_path / "model"
    shutil.copytree(tiny_model, folder)
    weights = load_file(folder / "model.safetensors")
    for part in ("query", "key"):
        weights[f"encoder.layer.0.attention.self.{part}.weight"] *= 100
    save_file(weights, folder / "model.safetensors")
    engine = choose_engine(card_of(folder, "bfloat16"))
    assert isinstance(engine, PackedEngine)
    vectors = engine.encode(TEXTS)
    assert np.isfinite(vectors).all()
    assert cosines(vectors, reference_vectors(card_of(folder))).min() > 0.99


def test_a_model_that_loses_accuracy_in_bfloat16_stays_in_float32(
    tiny_model: Path, tiny_reference: Vectors, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("vouch.embedders.local.engine.MIN_COSINE", 1.1)
    vectors = choose_engine(card_of(tiny_model, "auto")).encode(TEXTS)
    assert np.allclose(vectors, tiny_reference, atol=1e-5)


@pytest.mark.parametrize("activation", ["gelu", "relu"])
def test_damaged_weights_are_refused(tiny_model: Path, tmp_path: Path, activation: str):
    folder = edited_model(tiny_model, tmp_path, "config.json", hidden_act=activation)
    (folder / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(EmbeddingError, match=r"weights in .*model\.safetensors cannot be loaded"):
        choose_engine(card_of(folder))


def test_weights_of_another_model_are_refused(tiny_model: Path, tmp_path: Path):
    from safetensors.torch import load_file, save_file

    folder = tmp_path / "model"
    shutil.copytree(tiny_model, folder)
    weights = load_file(folder / "model.safetensors")
    save_file(
        {f"decoder.{name}": tensor for name, tensor in weights.items()},
        folder / "model.safetensors",
    )
    with pytest.raises(EmbeddingError, match=r"do not match its config\.json"):
        choose_engine(card_of(folder))
