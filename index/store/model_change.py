"""What a model is, and in what it differs from the one of the published vectors, in words."""

from dataclasses import dataclass, fields
from pathlib import Path
from urllib.parse import urlsplit

from vouch.embedders.model_card import ModelCard
from vouch.index.store.generations import Generation
from vouch.schemas.settings.embedding import EmbeddingSettings

_HASH_DIGITS = 8


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What people know a model by; `weights` is the beginning of their hash.

    Of a service nobody sees weights or precision: it has its host instead.
    """

    model: str
    service: str
    revision: str
    weights: str
    dimension: int
    document_prefix: str
    query_prefix: str
    precision: str

    @classmethod
    def of_card(cls, card: ModelCard) -> "ModelFacts":
        """Return those of a model on disk."""
        return cls._of(card.portable_settings(), card.weights_sha256, card.dimension)

    @classmethod
    def of_generation(cls, generation: Generation) -> "ModelFacts":
        """Return those of the model that made published vectors."""
        settings = EmbeddingSettings.model_validate_json(generation.settings)
        return cls._of(settings, generation.weights_sha256, generation.dimension)

    @classmethod
    def _of(cls, settings: EmbeddingSettings, weights: str, dimension: int) -> "ModelFacts":
        service = settings.service
        return cls(
            model=settings.model if service else Path(settings.model).name,
            service=(urlsplit(service.url).hostname or "") if service else "",
            revision=settings.revision or "",
            weights=weights[:_HASH_DIGITS],
            dimension=dimension,
            document_prefix=settings.document_prefix or "",
            query_prefix=settings.query_prefix or "",
            precision="" if service else settings.precision_class,
        )

    def __str__(self) -> str:
        made_by = f"service {self.service}" if self.service else f"weights {self.weights}"
        optional = {
            "revision": self.revision,
            "document prefix": self.document_prefix,
            "query prefix": self.query_prefix,
        }
        named = [f"{name} {value!r}" for name, value in optional.items() if value]
        parts = [made_by, f"{self.dimension} dimensions", self.precision, *named]
        return f"{self.model} ({', '.join(filter(None, parts))})"

    def differences(self, other: "ModelFacts") -> dict[str, str]:
        """Return what another model has in place of what this one has: old and new by name."""
        pairs = {
            field.name: (getattr(self, field.name), getattr(other, field.name))
            for field in fields(self)
        }
        return {
            name: f"{name.replace('_', ' ')} {_shown(before)} → {_shown(after)}"
            for name, (before, after) in pairs.items()
            if before != after
        }


def _shown(value: str | int) -> str:
    return "none" if value == "" else str(value)


def other_files(generation: Generation, card: ModelCard) -> list[str]:
    """Return the files besides weights that decide vectors and differ, by path in the folder."""
    then, here = generation.hashes, card.files
    changed = [name for name in then.keys() | here.keys() if then.get(name) != here.get(name)]
    return sorted(name for name in changed if then and not name.endswith(".safetensors"))
