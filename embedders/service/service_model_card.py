"""The model of an embedding service: what the settings say of it, because nobody can see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from vouch.embedders.base import Engine
from vouch.embedders.local.model_folder import model_folder
from vouch.embedders.local.tokens import ModelTokenizer
from vouch.embedders.model_card import ModelCard
from vouch.schemas.documents.ids import fingerprint
from vouch.schemas.settings.embedding import EmbeddingSettings, ServiceSettings


@dataclass(frozen=True)
class ServiceModelCard(ModelCard):
    """A model that a service runs. `base` is the folder of the settings."""

    settings: EmbeddingSettings
    base: Path
    is_service = True

    @property
    def service(self) -> ServiceSettings:
        assert self.settings.service
        return self.settings.service

    @cached_property
    def tokenizer(self) -> ModelTokenizer:
        named = {"model": self.service.tokenizer} if self.service.tokenizer else {}
        folder = model_folder(EmbeddingSettings.model_validate(named), self.base)
        return ModelTokenizer(folder, self.settings.document_prefix)

    @property
    def dimension(self) -> int:
        assert self.settings.dimensions
        return self.settings.dimensions

    @property
    def token_limit(self) -> int:
        return self.service.max_input_tokens

    @property
    def weights_sha256(self) -> str:
        return ""

    @property
    def files(self) -> Mapping[str, str]:
        return {}

    @cached_property
    def fingerprint(self) -> str:
        # Not the address: a service may move. Whether its model is still the same, the probe
        # texts say.
        return fingerprint(
            {
                "service": True,
                "model": self.settings.model,
                "revision": self.settings.revision,
                "dimension": self.dimension,
                "normalised": True,
                "document_prefix": self.settings.document_prefix,
                "query_prefix": self.settings.query_prefix,
            }
        )

    def portable_settings(self) -> EmbeddingSettings:
        tokenizer = self.service.tokenizer
        folder = self.base / Path(tokenizer).expanduser() if tokenizer else None
        if folder is None or not folder.is_dir():
            return self.settings
        service = self.service.model_copy(update={"tokenizer": str(folder.resolve())})
        return self.settings.model_copy(update={"service": service})

    def load(self, threads: int = 1) -> Engine:
        from vouch.embedders.service.service_engine import ServiceEngine

        return ServiceEngine(self)
