"""The embedding model as files: dimension, tokenizer, hash and fingerprint, without loading it."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from vouch.embedders.model_folder import model_folder
from vouch.embedders.tokens import ModelTokenizer
from vouch.schemas.errors import EmbeddingError, SettingsError
from vouch.schemas.ids import fingerprint
from vouch.schemas.settings import ChunkingSettings, EmbeddingSettings


@dataclass(frozen=True)
class ModelCard:
    """The model that the settings name, and its folder on disk."""

    settings: EmbeddingSettings
    folder: Path

    @classmethod
    def find(cls, settings: EmbeddingSettings, base: Path) -> "ModelCard":
        """Find the model on disk; a relative folder is resolved against `base`.

        Raises `EmbeddingError` where there is no such model.
        """
        return cls(settings, model_folder(settings, base))

    def check_token_limit(self, chunking: ChunkingSettings) -> None:
        """Raise `SettingsError` where the model would truncate what is embedded."""
        limit = self.tokenizer.limit
        if chunking.max_embedded_tokens > limit:
            raise SettingsError(
                "chunking.max_tokens and chunking.heading_tokens add up to "
                f"{chunking.max_embedded_tokens}, but {self.settings.model} reads {limit} tokens "
                f"and would silently truncate the rest; set them to {limit} or less together"
            )

    @cached_property
    def tokenizer(self) -> ModelTokenizer:
        return ModelTokenizer(self.folder, self.settings.document_prefix)

    @cached_property
    def dimension(self) -> int:
        value = json.loads((self.folder / "config.json").read_text("utf-8")).get("hidden_size")
        if not isinstance(value, int):
            raise EmbeddingError(
                f"{self.folder}/config.json does not contain the model's dimension (hidden_size); "
                "use a sentence-transformers model"
            )
        return value

    @cached_property
    def weights_sha256(self) -> str:
        """Hash over all weight files, in the order of their names.

        Only safetensors files count, because only they are loaded: other formats can run code.
        """
        files = sorted(self.folder.rglob("*.safetensors"))
        if not files:
            raise EmbeddingError(
                f"{self.folder} holds no .safetensors file; Vouch loads no other weight format"
            )
        digest = hashlib.sha256()
        for file in files:
            with file.open("rb") as stream:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
        return digest.hexdigest()

    @cached_property
    def fingerprint(self) -> str:
        """The id of a generation of vectors: two fingerprints never mix in one search."""
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

    def portable_settings(self) -> EmbeddingSettings:
        """Return the settings with an absolute model folder, so that they are valid anywhere."""
        is_folder = self.folder.name == Path(self.settings.model).name and self.folder.is_dir()
        if not is_folder:
            return self.settings
        return self.settings.model_copy(update={"model": str(self.folder.resolve())})
