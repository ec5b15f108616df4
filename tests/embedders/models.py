"""Models for tests of the embedders: the bundled one, and edited copies of the tiny one."""

import json
import shutil
from pathlib import Path

import numpy as np

from vouch.embedders.base import Vectors
from vouch.embedders.local.local_model_card import LocalModelCard
from vouch.embedders.models import find_model
from vouch.schemas.settings.embedding import EmbeddingSettings

TEXTS = [
    "Short.",
    "A somewhat longer sentence about tea. " * 8,
    "Parents get twenty weeks of paid leave.",
    "字" * 50,
    "",
    "word " * 400,
]


def card_of(folder: Path | None = None, precision: str = "float32") -> LocalModelCard:
    """Return the card of the model in `folder`, or of the bundled model."""
    settings = EmbeddingSettings(precision=precision, device="cpu")  # type: ignore[arg-type]
    return LocalModelCard(settings, folder) if folder else find_model(settings, Path())


def edited_model(source: Path, target: Path, name: str, **changes: object) -> Path:
    """Copy a model's folder and change keys of one of its JSON files."""
    folder = target / "model"
    shutil.copytree(source, folder)
    file = folder / name
    content = json.loads(file.read_text()) if file.is_file() else {}
    file.write_text(json.dumps(content | changes))
    return folder


def reference_vectors(card: LocalModelCard) -> Vectors:
    """Embed TEXTS as every user of sentence-transformers does."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(card.folder), device="cpu")
    return model.encode(TEXTS, normalize_embeddings=True)


def cosines(left: Vectors, right: Vectors) -> Vectors:
    return np.sum(left * right, axis=1)
