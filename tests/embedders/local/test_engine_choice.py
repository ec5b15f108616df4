"""Which engine runs a model, what it says about itself, and vectors that are cut."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.embedders.models import TEXTS, cosines, edited_model, reference_vectors
from vouch.embedders.local.engine import PackedEngine, choose_engine
from vouch.embedders.local.general_engine import GeneralEngine
from vouch.embedders.local.local_model_card import LocalModelCard
from vouch.schemas.errors import EmbeddingError, SettingsError
from vouch.schemas.settings.embedding import EmbeddingSettings

CONFIG = "config_sentence_transformers.json"


def card_of(folder: Path, **settings: Any) -> LocalModelCard:
    given = {"model": str(folder), "precision": "float32", "device": "cpu"} | settings
    return LocalModelCard(EmbeddingSettings.model_validate(given), folder)


@pytest.mark.parametrize(
    ("changes", "settings", "about"),
    [
        ({}, {}, "the packed engine on one core in float32, as set"),
        (
            {},
            {"backend": "torch"},
            "sentence-transformers on cpu in float32, as set; as embedding.backend says",
        ),
        (
            {"hidden_act": "relu"},
            {"precision": "bfloat16"},
            "sentence-transformers on cpu in bfloat16, as set; the packed engine does not run it: "
            "its config.json has more than a plain encoder",
        ),
        ({}, {"dimensions": 8}, "the packed engine on one core in float32, as set; 8 of 32 dim"),
    ],
)
def test_an_engine_says_what_it_is_and_why(
    tiny_model: Path, tmp_path: Path, changes: dict, settings: dict, about: str
):
    folder = edited_model(tiny_model, tmp_path, "config.json", **changes)
    assert choose_engine(card_of(folder, **settings)).about.startswith(about)


def test_the_reason_for_a_precision_has_its_figures(tiny_model: Path, monkeypatch):
    monkeypatch.setattr("vouch.embedders.local.engine.bfloat16_speedup", lambda: 1.87)
    about = choose_engine(card_of(tiny_model, precision="auto"), threads=2).about
    assert about.startswith("the packed engine on 2 cores in bfloat16 (1.9 × as fast as float32")
    monkeypatch.setattr("vouch.embedders.local.engine.bfloat16_speedup", lambda: 1.1)
    about = choose_engine(card_of(tiny_model, precision="auto")).about
    assert about == "the packed engine on one core in float32, as bfloat16 is not faster here"


@pytest.mark.parametrize("backend", ["auto", "torch"])
def test_vectors_are_cut_and_have_length_1(tiny_model: Path, backend: str):
    whole = choose_engine(card_of(tiny_model, backend=backend)).encode(TEXTS)
    card = card_of(tiny_model, backend=backend, dimensions=8)
    cut = choose_engine(card).encode(TEXTS)
    assert cut.shape == (len(TEXTS), card.dimension) == (len(TEXTS), 8)
    assert np.allclose(np.linalg.norm(cut, axis=1), 1)
    expected = whole[:, :8] / np.linalg.norm(whole[:, :8], axis=1, keepdims=True)
    assert np.allclose(cut, expected, atol=1e-6)


def test_a_length_of_vectors_is_part_of_the_fingerprint_where_it_is_another(tiny_model: Path):
    plain = card_of(tiny_model)
    assert card_of(tiny_model, dimensions=32).fingerprint == plain.fingerprint
    cut = card_of(tiny_model, dimensions=8)
    assert cut.fingerprint != plain.fingerprint
    assert cut.portable_settings().dimensions == 8
    assert plain.portable_settings().dimensions is None
    with pytest.raises(SettingsError, match=r"embedding\.dimensions is 33, but .* gives 32"):
        _ = card_of(tiny_model, dimensions=33).dimension


@pytest.mark.parametrize("backend", ["auto", "torch"])
def test_the_length_that_a_folder_names_is_used(tiny_model: Path, tmp_path: Path, backend: str):
    folder = edited_model(tiny_model, tmp_path, CONFIG, truncate_dim=8)
    card = card_of(folder, backend=backend)
    vectors = choose_engine(card).encode(TEXTS)
    assert vectors.shape == (len(TEXTS), 8)
    assert cosines(vectors, reference_vectors(card)).min() > 0.9999
    assert card.fingerprint == card_of(folder, dimensions=8).fingerprint
    assert card_of(folder, dimensions=16).dimension == 16
    # 0.11.0 did not know of it.
    assert card.former is not None
    assert card.former.dimension == 32
    assert card.former.as_0_11


@pytest.mark.parametrize("value", [0, -1, True, "8", 2.5, [8], 33])
def test_a_length_that_cannot_be_is_refused(tiny_model: Path, tmp_path: Path, value: object):
    folder = edited_model(tiny_model, tmp_path, CONFIG, truncate_dim=value)
    with pytest.raises(EmbeddingError, match="truncate_dim"):
        _ = card_of(folder).dimension


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"device": "gpu"}, r"'gpu' is no device of torch; use auto"),
        ({"device": "meta"}, r"there is no 'meta' here"),
        ({"device": "cuda:99"}, r"there is no 'cuda:99' here"),
        ({"backend": "openvino", "device": "cuda"}, "runs on the CPU here"),
    ],
)
def test_a_device_that_is_not_there_is_refused(tiny_model: Path, settings: dict, message: str):
    with pytest.raises(EmbeddingError, match=message):
        choose_engine(card_of(tiny_model, **settings))


@pytest.mark.parametrize("backend", ["onnx", "openvino"])
def test_a_backend_without_its_packages_is_refused(tiny_model: Path, monkeypatch, backend: str):
    monkeypatch.setattr("vouch.embedders.local.devices.find_spec", lambda _: None)
    with pytest.raises(EmbeddingError, match=rf"install 'sentence-transformers\[{backend}\]'"):
        choose_engine(card_of(tiny_model, backend=backend))


def test_files_of_a_backend_are_part_of_the_model_where_it_runs_them(
    tiny_model: Path, tmp_path: Path
):
    folder = edited_model(tiny_model, tmp_path, "config.json")
    plain = card_of(folder).fingerprint
    # What a backend makes of the weights gives the same vectors, and needs no package to search.
    assert card_of(folder, backend="onnx").fingerprint == plain
    assert card_of(folder, backend="onnx").portable_settings().backend == "auto"
    (folder / "onnx").mkdir()
    (folder / "onnx" / "model.onnx").write_bytes(b"weights")
    assert card_of(folder).fingerprint == plain
    own = card_of(folder, backend="onnx")
    assert own.fingerprint != plain
    assert own.portable_settings().backend == "onnx"
    assert "onnx/model.onnx" in own.files


def test_cores_are_only_ever_added(tiny_model: Path, tmp_path: Path):
    """A search in a user's process leaves torch's threads as they are."""
    folder = edited_model(tiny_model, tmp_path, "config.json", hidden_act="relu")
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        assert isinstance(choose_engine(card_of(folder)), GeneralEngine)
        assert torch.get_num_threads() == 2
        choose_engine(card_of(folder), threads=3)
        assert torch.get_num_threads() == 3
        assert isinstance(choose_engine(card_of(tiny_model), threads=4), PackedEngine)
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


def long_model(folder: Path, kind: str) -> Path:
    """Write a tiny random model that reads 8,192 tokens, of an architecture with rotary positions,
    which the packed engine does not run.
    """
    from transformers import ModernBertConfig, ModernBertModel, NomicBertConfig, NomicBertModel

    small = {
        "vocab_size": 30_522,
        "hidden_size": 32,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 64,
        "max_position_embeddings": 8192,
        "pad_token_id": 0,
    }
    torch.manual_seed(5)
    if kind == "modernbert":
        special = {"bos_token_id": 101, "eos_token_id": 102, "cls_token_id": 101}
        model: Any = ModernBertModel(ModernBertConfig(**small, **special, sep_token_id=102))
    else:
        model = NomicBertModel(NomicBertConfig(**small))
    (folder / "model.safetensors").unlink()
    model.save_pretrained(folder)
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 8192}))
    return folder


@pytest.mark.parametrize("kind", ["modernbert", "nomic_bert"])
def test_models_of_long_texts(tiny_model: Path, tmp_path: Path, kind: str):
    folder = long_model(edited_model(tiny_model, tmp_path, "config.json"), kind)
    card = card_of(folder)
    assert card.tokenizer.limit == 8192
    engine = choose_engine(card)
    assert f"its model_type is {kind}" in engine.about
    vectors = engine.encode([*TEXTS, "tea " * 8000, "tea " * 4000 + "moon " * 4000])
    assert np.allclose(vectors[: len(TEXTS)], reference_vectors(card), atol=1e-5)
    # The end of a long text counts.
    assert 0.1 < float(vectors[-1] @ vectors[-2]) < 0.999
