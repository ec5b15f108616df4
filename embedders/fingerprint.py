"""What the vectors depend on besides the text, without loading the model."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from vouch.embedders.location import model_folder
from vouch.embedders.tokens import ModelTokenizer
from vouch.schemas.errors import EmbeddingError, SettingsError
from vouch.schemas.ids import fingerprint
from vouch.schemas.settings import ChunkingSettings, EmbeddingSettings


@dataclass(frozen=True)
class ModelCard:
    """The model that the settings name, found on disk."""

    settings: EmbeddingSettings
    folder: Path

    @classmethod
    def find(cls, settings: EmbeddingSettings, base: Path) -> "ModelCard":
        """A relative folder counts from `base`. Raises `EmbeddingError` where there is no such model."""
        return cls(settings, model_folder(settings, base))

    def require_room(self, chunking: ChunkingSettings) -> None:
        """Raise `SettingsError` where the model would cut off what is embedded."""
        limit = self.tokenizer.limit
        if chunking.most_embedded > limit:
            raise SettingsError(
                f"chunking.max_tokens and heading_tokens make {chunking.most_embedded}, but {self.settings.model} reads "
                f"{limit} tokens and would cut off the rest silently; set them to {limit} or less together"
            )

    @cached_property
    def tokenizer(self) -> ModelTokenizer:
        return ModelTokenizer(self.folder, self.settings.document_prefix)

    @cached_property
    def dimension(self) -> int:
        value = json.loads((self.folder / "config.json").read_text("utf-8")).get("hidden_size")
        if not isinstance(value, int):
            raise EmbeddingError(
                f"{self.folder}/config.json does not say the model's dimension (hidden_size)"
            )
        return value

    @cached_property
    def weights_sha256(self) -> str:
        """Over all weight files, in the order of their names. Only safetensors are loaded: other formats run code."""
        files = sorted(self.folder.rglob("*.safetensors"))
        if not files:
            raise EmbeddingError(
                f"{self.folder} holds no .safetensors file; Vouch loads no other kind of weights"
            )
        digest = hashlib.sha256()
        for file in files:
            with file.open("rb") as stream:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
        return digest.hexdigest()

    @cached_property
    def fingerprint(self) -> str:
        """Names the generation of vectors: two fingerprints never mix in one search."""
        return fingerprint(
            {
                "model": Path(self.settings.model).name,
                "revision": self.settings.revision,
                "weights": self.weights_sha256,
                "tokenizer": self.tokenizer.fingerprint,
                "dimension": self.dimension,
                "normalised": True,
                "document_prefix": self.settings.document_prefix,
                "query_prefix": self.settings.query_prefix,
                "precision": self.settings.precision_class,
            }
        )

    def anywhere(self) -> EmbeddingSettings:
        """The settings with a relative folder made absolute, to find the same model again from anywhere."""
        is_folder = (
            Path(self.folder).name == Path(self.settings.model).name and self.folder.is_dir()
        )
        return (
            self.settings.model_copy(update={"model": str(self.folder.resolve())})
            if is_folder
            else self.settings
        )
