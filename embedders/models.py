"""Finds the embedding model that the settings name: a folder, a model of a package or a service."""

from pathlib import Path

from vouch.embedders.local.local_model_card import LocalModelCard
from vouch.embedders.model_card import ModelCard
from vouch.embedders.service.service_model_card import ServiceModelCard
from vouch.schemas.settings.embedding import EmbeddingSettings


def find_model(settings: EmbeddingSettings, base: Path) -> ModelCard:
    """Find the model; a relative folder is resolved against `base`. No service is asked.

    Raises `EmbeddingError` where there is no such model.
    """
    if settings.service:
        return ServiceModelCard(settings, base)
    return LocalModelCard.find(settings, base)
