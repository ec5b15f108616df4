"""The packed forward pass gives what sentence-transformers gives, for every family that it claims; others run there."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tiny_model import make_tiny_model
from vouch.embedders.architecture import Architecture
from vouch.embedders.engine import GeneralEngine, PackedEngine, choose
from vouch.embedders.fingerprint import ModelCard
from vouch.embedders.model import Vectors
from vouch.embedders.precision import CLOSE
from vouch.schemas.settings import EmbeddingSettings

TEXTS = [
    "Short.",
    "A somewhat longer sentence about tea. " * 8,
    "Parents get leave.",
    "字" * 50,
    "",
    "word " * 400,
]


def card(folder: Path | None = None, precision: str = "float32") -> ModelCard:
    settings = EmbeddingSettings(precision=precision, device="cpu")  # type: ignore[arg-type]
    return ModelCard(settings, folder) if folder else ModelCard.find(settings, Path())


def as_published(card: ModelCard, texts: list[str] = TEXTS) -> Vectors:
    """As every user calls it."""
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(card.folder), device="cpu").encode(
        texts, normalize_embeddings=True
    )


def cosines(one: Vectors, other: Vectors) -> Vectors:
    return np.sum(one * other, axis=1)


def edit(folder: Path, name: str, **changes: object) -> Path:
    file = folder / name
    held = json.loads(file.read_text()) if file.is_file() else {}
    file.write_text(json.dumps(held | changes))
    return folder


def test_the_packed_pass_gives_the_published_vectors():
    engine = choose(card())
    assert isinstance(engine, PackedEngine)
    assert np.allclose(engine.encode(TEXTS), as_published(card()), atol=1e-5)


@pytest.mark.parametrize("precision", ["auto", "bfloat16"])
def test_bfloat16_is_close_for_every_text(precision: str):
    assert (
        cosines(
            choose(card(precision=precision), threads=2).encode(TEXTS), as_published(card())
        ).min()
        > CLOSE
    )


@pytest.mark.parametrize("pooling", ["mean_tokens", "cls_token"])
def test_both_poolings(tmp_path: Path, pooling: str):
    folder = make_tiny_model(tmp_path)
    both = {"pooling_mode_mean_tokens": False, "pooling_mode_cls_token": False}
    edit(folder, "1_Pooling/config.json", **both | {f"pooling_mode_{pooling}": True})
    engine = choose(card(folder))
    assert isinstance(engine, PackedEngine)
    assert np.allclose(engine.encode(TEXTS), as_published(card(folder)), atol=1e-5)


def test_the_roberta_family_counts_positions_behind_its_padding(tmp_path: Path):
    import torch
    from transformers import XLMRobertaConfig, XLMRobertaModel

    folder = make_tiny_model(tmp_path)
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
    engine = choose(card(folder))
    assert isinstance(engine, PackedEngine)
    assert np.allclose(engine.encode(TEXTS), as_published(card(folder)), atol=1e-5)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("config.json", {"model_type": "mpnet"}),
        ("config.json", {"hidden_act": "relu"}),
        ("config.json", {"position_embedding_type": "relative_key"}),
        (
            "1_Pooling/config.json",
            {"pooling_mode_mean_tokens": False, "pooling_mode_max_tokens": True},
        ),
        ("1_Pooling/config.json", {"pooling_mode_cls_token": True}),
        ("sentence_bert_config.json", {"do_lower_case": True}),
        ("config_sentence_transformers.json", {"default_prompt_name": "passage"}),
    ],
)
def test_what_is_not_of_the_family_is_left_to_sentence_transformers(
    tmp_path: Path, name: str, changes: dict[str, object]
):
    assert Architecture.read(edit(make_tiny_model(tmp_path), name, **changes)) is None


def test_any_other_model_runs_by_sentence_transformers(tmp_path: Path):
    folder = edit(make_tiny_model(tmp_path), "config.json", hidden_act="relu")
    engine = choose(card(folder))
    assert isinstance(engine, GeneralEngine)
    assert np.allclose(engine.encode(TEXTS), as_published(card(folder)), atol=1e-5)


@settings(max_examples=30)
@given(
    lengths=st.lists(st.integers(1, 40), min_size=1, max_size=5),
    spread=st.floats(0.1, 1.5),
    seed=st.integers(0, 1000),
)
def test_both_ways_of_attention_agree(lengths: list[int], spread: float, seed: int):
    import torch

    from vouch.embedders.attention import by_products, exact

    torch.manual_seed(seed)
    qkv = spread * torch.randn(3, len(lengths), 2, max(lengths), 8)
    own = torch.arange(max(lengths))[None] < torch.tensor(lengths)[:, None]
    assert torch.allclose(by_products(qkv, own), exact(qkv, own), atol=1e-3)


def test_scores_beyond_the_fast_ways_range_are_computed_the_exact_way(tmp_path: Path):
    """Keys a hundred times larger: the exponentials overflow, and the vectors are right all the same."""
    from safetensors.torch import load_file, save_file

    folder = make_tiny_model(tmp_path)
    weights = load_file(folder / "model.safetensors")
    for part in ("query", "key"):
        weights[f"encoder.layer.0.attention.self.{part}.weight"] *= 100
    save_file(weights, folder / "model.safetensors")
    model = choose(card(folder, "bfloat16"))
    assert isinstance(model, PackedEngine)
    vectors = model.encode(TEXTS)
    assert np.isfinite(vectors).all()
    assert cosines(vectors, as_published(card(folder))).min() > 0.99


def test_a_model_that_suffers_by_bfloat16_stays_exact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("vouch.embedders.engine.CLOSE", 1.1)
    folder = make_tiny_model(tmp_path)
    assert np.allclose(
        choose(card(folder, "auto")).encode(TEXTS), as_published(card(folder)), atol=1e-5
    )
