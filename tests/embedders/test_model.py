"""The real model: unit vectors, whatever the batching; a fingerprint that needs no model; a probe that is remembered."""

from pathlib import Path

import numpy as np
import pytest

from vouch.embedders.fingerprint import ModelCard
from vouch.embedders.model import Embedder
from vouch.embedders.precision import CLOSE
from vouch.schemas.errors import EmbeddingError, SettingsError
from vouch.schemas.settings import ChunkingSettings, EmbeddingSettings

TEXTS = [
    "Short.",
    "A somewhat longer sentence about tea. " * 8,
    "Parents get twenty weeks of paid leave.",
    "字" * 50,
]


@pytest.fixture(scope="module")
def card() -> ModelCard:
    return ModelCard.find(EmbeddingSettings(), Path())


@pytest.fixture(scope="module")
def embedder(card: ModelCard) -> Embedder:
    return Embedder(card)


def counts(card: ModelCard, texts: list[str]) -> list[int]:
    return [len(card.tokenizer.offsets(text)) + card.tokenizer.special_tokens for text in texts]


def test_batching_does_not_change_vectors(card: ModelCard, embedder: Embedder):
    done: list[int] = []
    together = embedder.embed_documents(TEXTS, counts(card, TEXTS), done.append)
    alone = np.stack([embedder.embed_documents([text], [1])[0] for text in TEXTS])
    assert together.shape == (4, card.dimension)
    assert sum(done) == 4
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    assert np.sum(together * alone, axis=1).min() > CLOSE


def test_nothing_to_embed_is_no_trouble(card: ModelCard, embedder: Embedder):
    assert embedder.embed_documents([], []).shape == (0, card.dimension)


def test_meaning_is_near(embedder: Embedder):
    query = embedder.embed_query("How long is parental leave?")
    near, far = embedder.embed_documents([TEXTS[2], TEXTS[0]], [10, 4])
    assert query @ near > query @ far + 0.2


def test_the_tokens_counted_are_those_of_the_model(card: ModelCard):
    from transformers import AutoTokenizer

    theirs = AutoTokenizer.from_pretrained(card.folder)
    assert counts(card, TEXTS) == [len(theirs(text)["input_ids"]) for text in TEXTS]
    assert card.tokenizer.limit == 256


def test_a_probe_that_moved_is_refused(embedder: Embedder):
    probe = embedder.probe()
    embedder.verify(probe, probe)
    with pytest.raises(EmbeddingError, match="gives other vectors than the published ones"):
        embedder.verify(probe, np.roll(probe, 1))


@pytest.mark.parametrize(
    "change",
    [{"precision": "float32"}, {"document_prefix": "passage: "}, {"query_prefix": "query: "}],
)
def test_what_changes_vectors_changes_the_fingerprint(card: ModelCard, change: dict):
    assert ModelCard.find(EmbeddingSettings(**change), Path()).fingerprint != card.fingerprint


def test_what_does_not_change_vectors_does_not(card: ModelCard):
    for same in ({"batch_tokens": 100}, {"device": "cpu"}, {"precision": "bfloat16"}):
        assert ModelCard.find(EmbeddingSettings(**same), Path()).fingerprint == card.fingerprint


def test_a_model_that_is_not_there_is_not_fetched():
    with pytest.raises(EmbeddingError, match="neither a folder nor in the local cache"):
        ModelCard.find(EmbeddingSettings(model="nobody/no-such-model"), Path())


def test_a_limit_below_the_chunks_is_refused(card: ModelCard):
    with pytest.raises(SettingsError, match="reads 256 tokens and would cut off"):
        card.require_room(ChunkingSettings(max_tokens=200, heading_tokens=96))


def test_other_weights_are_not_loaded(tmp_path: Path):
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    with pytest.raises(EmbeddingError, match="holds no .safetensors file"):
        _ = ModelCard(EmbeddingSettings(model=str(tmp_path)), tmp_path).weights_sha256
