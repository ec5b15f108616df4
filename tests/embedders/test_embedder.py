"""The embedder with the bundled model: unit vectors whatever the batching, similarity, the probe."""

from pathlib import Path

import numpy as np
import pytest

from tests.embedders.models import TEXTS, cosines
from vouch.embedders.embedder import Embedder
from vouch.embedders.local.local_model_card import LocalModelCard
from vouch.embedders.local.precision import MIN_COSINE
from vouch.embedders.models import find_model
from vouch.schemas.settings.embedding import EmbeddingSettings


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder(find_model(EmbeddingSettings(), Path()))


def token_counts(card: LocalModelCard, texts: list[str]) -> list[int]:
    return [
        len(card.tokenizer.tokens(text).spans) + card.tokenizer.special_tokens for text in texts
    ]


def test_batching_does_not_change_vectors(embedder: Embedder):
    progress: list[int] = []
    counts = token_counts(embedder.card, TEXTS)
    together = embedder.embed_documents(TEXTS, counts, progress.append).vectors
    alone = np.stack([embedder.embed_documents([text], [1]).vectors[0] for text in TEXTS])
    assert together.shape == (len(TEXTS), embedder.card.dimension)
    assert sum(progress) == len(TEXTS)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    assert cosines(together, alone).min() > MIN_COSINE


def test_no_texts_give_no_vectors(embedder: Embedder):
    assert embedder.embed_documents([], []).vectors.shape == (0, embedder.card.dimension)


def test_related_texts_are_nearer_than_others(embedder: Embedder):
    query = embedder.embed_query("How long is parental leave?")
    related, unrelated = embedder.embed_documents([TEXTS[2], TEXTS[0]], [10, 4]).vectors
    assert query @ related > query @ unrelated + 0.2
