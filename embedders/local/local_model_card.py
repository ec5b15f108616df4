"""The embedding model as files: dimension, tokenizer, hash and fingerprint, without loading it."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path

from vouch.embedders.base import PROBE, Engine, Vectors
from vouch.embedders.local.model_files import (
    backend_files,
    content_hashes,
    default_prompt,
    file_sha256,
    modules,
    pools_prompts,
    read_object,
    truncate_dim,
)
from vouch.embedders.local.model_folder import model_folder
from vouch.embedders.local.prompts import Prompts
from vouch.embedders.local.tokens import ModelTokenizer
from vouch.embedders.model_card import ModelCard
from vouch.embedders.probes import PROBE_COSINE, ProbeSet
from vouch.schemas.documents.ids import fingerprint, sha256_bytes
from vouch.schemas.errors import EmbeddingError, SettingsError
from vouch.schemas.settings.embedding import EmbeddingSettings

_MAX_DIMENSION = 65_536  # the store keeps a vector as one fixed list; no encoder comes near


@dataclass(frozen=True)
class LocalModelCard(ModelCard):
    """A model whose files are in a folder of this machine."""

    settings: EmbeddingSettings
    folder: Path
    as_0_11: bool = False
    """Whether vectors are made as 0.11.0 made them: the default prompt of the folder comes before
    each text, also before a prefix and the probe text, and pooling counts all of it.
    """

    @classmethod
    def find(cls, settings: EmbeddingSettings, base: Path) -> "LocalModelCard":
        """Find the model on disk; a relative folder is resolved against `base`.

        Raises `EmbeddingError` where there is no such model.
        """
        return cls(settings, model_folder(settings, base))

    @cached_property
    def tokenizer(self) -> ModelTokenizer:
        return ModelTokenizer(self.folder, self.document_prefix)

    @cached_property
    def query_prefix(self) -> str:
        return self._prompts.query

    @cached_property
    def document_prefix(self) -> str:
        return self._prompts.document

    @cached_property
    def _prompts(self) -> Prompts:
        """The prefixes of the settings, and of the model's own where they give none."""
        query, document = self.settings.query_prefix, self.settings.document_prefix
        if query is not None and document is not None:
            return Prompts(query, document)
        own = Prompts.read(self.folder)
        return Prompts(
            own.query if query is None else query,
            own.document if document is None else document,
        )

    @cached_property
    def former(self) -> "LocalModelCard | None":
        if self.as_0_11:
            return None
        given = {
            name: getattr(self.settings, name) or "" for name in ("query_prefix", "document_prefix")
        }
        is_same = (
            given == {"query_prefix": self.query_prefix, "document_prefix": self.document_prefix}
            and not default_prompt(self.folder)
            and not self.pools_without_prefix
            and (self.settings.dimensions is not None or self._own_dimension is None)
        )
        settings = self.settings.model_copy(update=given)
        return None if is_same else replace(self, settings=settings, as_0_11=True)

    @cached_property
    def default_prompt(self) -> str:
        """What the engine puts before every text that it is given."""
        return default_prompt(self.folder) if self.as_0_11 else ""

    @cached_property
    def pools_without_prefix(self) -> bool:
        """Whether the mean over a text's tokens leaves out those of its prefix, as the folder of
        some models demands.
        """
        has_prefix = bool(self.query_prefix or self.document_prefix)
        return has_prefix and not self.as_0_11 and not pools_prompts(self.folder)

    @property
    def token_limit(self) -> int:
        return self.tokenizer.limit

    @cached_property
    def dimension(self) -> int:
        """Length of the vectors: that of the settings, else the one that the folder names as
        sentence-transformers' truncate_dim, else all that the model gives.
        """
        given, own = self.settings.dimensions, self._own_dimension
        if given is not None and given > self.full_dimension:
            raise SettingsError(
                f"embedding.dimensions is {given}, but {self.name} gives {self.full_dimension}; "
                "set as many or fewer, or leave it out"
            )
        if given is None and own is not None and own > self.full_dimension:
            raise EmbeddingError(
                f"{self.folder} names a truncate_dim of {own}, but its model gives "
                f"{self.full_dimension}; fetch the model again, or set embedding.dimensions"
            )
        return given or own or self.full_dimension

    @cached_property
    def _own_dimension(self) -> int | None:
        return None if self.as_0_11 else truncate_dim(self.folder)

    @cached_property
    def full_dimension(self) -> int:
        """Components that the model gives: of the last dense module, else of the transformer's
        states.
        """
        file, key = self.folder / "config.json", "hidden_size"
        for name, path in modules(self.folder):
            if name == "Dense":
                file, key = self.folder / path / "config.json", "out_features"
        value = read_object(file).get(key)
        if not isinstance(value, int) or not 0 < value <= _MAX_DIMENSION:
            raise EmbeddingError(
                f"{file} does not contain the model's dimension ({key}); use a "
                "sentence-transformers model"
            )
        return value

    @cached_property
    def _weights(self) -> dict[str, str]:
        """The hash of each weight file, by its path in the folder and in the order of the names.

        Only safetensors files count, because only they are loaded: other formats can run code.
        With a backend that has files of its own in the folder, these count too.
        """
        try:
            files = sorted(self.folder.rglob("*.safetensors"))
            files += backend_files(self.folder, self.settings.backend)
        except OSError as error:
            raise EmbeddingError(
                f"{self.folder} cannot be read ({error.strerror}); correct its permissions"
            ) from error
        if not files:
            raise EmbeddingError(
                f"{self.folder} holds no .safetensors file; Vouch loads no other weight format"
            )
        return {file.relative_to(self.folder).as_posix(): file_sha256(file) for file in files}

    @cached_property
    def weights_sha256(self) -> str:
        """Hash over all weight files, in the order of their names."""
        return sha256_bytes(b"".join(map(bytes.fromhex, self._weights.values())))

    @cached_property
    def files(self) -> dict[str, str]:
        """A hash of each file that decides vectors, by its path in the folder: weights, tokenizer,
        architecture, pooling and the other modules.
        """
        return content_hashes(self.folder, self.default_prompt) | self._weights

    @cached_property
    def fingerprint(self) -> str:
        """The id of a generation of vectors: two fingerprints never mix in one search."""
        return fingerprint(self._identity | {"files": self.files})

    @cached_property
    def former_fingerprint(self) -> str:
        """The id that Vouch gave this model until 0.7.0, without the files besides weights and
        tokenizer: generations of these versions are known by it.
        """
        return fingerprint(self._identity)

    @property
    def _identity(self) -> dict[str, object]:
        pooling = {"pooled": "without prefix"} if self.pools_without_prefix else {}
        return pooling | {
            "model": Path(self.settings.model).name,
            "revision": self.settings.revision,
            "weights": self.weights_sha256,
            "tokenizer": self.tokenizer.fingerprint,
            "dimension": self.dimension,
            "normalised": True,
            "document_prefix": self.document_prefix,
            "query_prefix": self.query_prefix,
            "precision": self.settings.precision_class,
        }

    @property
    def probe_texts(self) -> tuple[str, ...]:
        return (PROBE,)

    def probe_set(self, vectors: Vectors, since: datetime) -> ProbeSet:
        # Files and settings are the same, by the fingerprint: what is left is what runs them.
        return ProbeSet(
            texts=(PROBE,),
            vectors=vectors,
            least_cosine=PROBE_COSINE,
            blame=(
                f"{self.name} gives other vectors than when the generation began, on "
                f"{since:%Y-%m-%d}, although its files and settings are unchanged"
            ),
            remedy="Look for a changed torch, transformers, device or driver",
        )

    def portable_settings(self) -> EmbeddingSettings:
        """Return the settings with an absolute model folder, so that they are valid anywhere, and
        with the prefixes that are used, so that they say which.
        """
        used: dict[str, object] = {
            "query_prefix": self.query_prefix,
            "document_prefix": self.document_prefix,
        }
        if self.settings.dimensions or self._own_dimension:
            used["dimensions"] = self.dimension
        if not backend_files(self.folder, self.settings.backend):
            # What else it would load is made of the same weights.
            used["backend"] = "auto"
        if self.settings.device != "cpu":
            # Whoever reads the index may have no such device.
            used["device"] = "auto"
        if self.folder.name == Path(self.settings.model).name and self.folder.is_dir():
            used["model"] = str(self.folder.resolve())
        return self.settings.model_copy(update=used)

    def load(self, threads: int = 1) -> Engine:
        # Imported here, because this imports torch, which takes seconds.
        from vouch.embedders.local.engine import choose_engine

        return choose_engine(self, threads)
