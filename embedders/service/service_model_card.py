"""The model of an embedding service: what the settings say of it, because nobody can see it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import takewhile
from pathlib import Path
from urllib.parse import urlsplit

from vouch.embedders.base import PROBE, Engine, Vectors
from vouch.embedders.local.model_folder import model_folder
from vouch.embedders.local.tokens import ModelTokenizer
from vouch.embedders.model_card import ModelCard
from vouch.embedders.probes import PROBES, ProbeSet, required_cosine
from vouch.schemas.documents.ids import fingerprint
from vouch.schemas.process.environment import REFERENCE
from vouch.schemas.settings.embedding import EmbeddingSettings, ServiceSettings

_MARGIN = 1.5  # tokens that a service may count for one of the tokenizer's


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
        return ModelTokenizer(folder, self.document_prefix)

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
                "document_prefix": self.document_prefix,
                "query_prefix": self.query_prefix,
            }
        )

    @cached_property
    def probe_texts(self) -> tuple[str, ...]:
        # The service may count other tokens than this tokenizer, and refuse what is too long.
        limit = self.token_limit / _MARGIN

        def fits(text: str) -> bool:
            return len(self.tokenizer.tokens(text).spans) <= limit

        return (PROBE, *takewhile(fits, PROBES[1:]))

    def probe_set(self, vectors: Vectors, since: datetime) -> ProbeSet:
        return ProbeSet(
            texts=PROBES[: len(vectors)],
            vectors=vectors,
            least_cosine=required_cosine(self.service.min_probe_cosine, vectors),
            blame=(
                f"the service at {urlsplit(self.service.url).hostname} gives other vectors for "
                f"{self.name} than when the generation began, on {since:%Y-%m-%d}: its model has "
                "changed under the same name, or how it runs it"
            ),
            remedy=(
                "Have the service put back, and run again; or accept the new model: set "
                "embedding.revision to a word of your own, such as a date, see the cost by `vouch "
                "plan`, and publish by `vouch reindex --switch`"
            ),
        )

    def portable_settings(self) -> EmbeddingSettings:
        """Return the settings as they are stored with the index: the key and the headers only by
        reference, those that the settings contain themselves to a variable named after them.
        """
        tokenizer, key = self.service.tokenizer, self.service.api_key
        folder = self.base / Path(tokenizer).expanduser() if tokenizer else None
        stored = {
            "tokenizer": str(folder.resolve()) if folder and folder.is_dir() else tokenizer,
            "api_key": _reference(key, "api_key") if key else None,
            "headers": {
                name: _reference(value, name) for name, value in self.service.headers.items()
            },
        }
        service = self.service.model_copy(update=stored)
        return self.settings.model_copy(update={"service": service})

    def load(self, threads: int = 1) -> Engine:
        from vouch.embedders.service.service_engine import ServiceEngine

        return ServiceEngine(self)


def _reference(value: str, name: str) -> str:
    """Return a value that refers to the environment; one that does not, as a reference to a
    variable of its name. Who searches may have no secret store.
    """
    if REFERENCE.search(value) and "${secret:" not in value:
        return value
    return f"${{VOUCH_EMBEDDING_{re.sub('[^A-Z0-9]', '_', name.upper())}}}"
