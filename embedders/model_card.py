"""What a run and a search must know of an embedding model before it embeds anything."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property

from vouch.embedders.base import Engine, Vectors
from vouch.embedders.local.tokens import ModelTokenizer
from vouch.embedders.probes import ProbeSet
from vouch.schemas.errors import SettingsError
from vouch.schemas.settings.chunking import ChunkingSettings
from vouch.schemas.settings.embedding import EmbeddingSettings


class ModelCard(ABC):
    """A model that the settings name: where it is, how it cuts text to tokens, what it is.

    Cheap: nothing is loaded and no service is asked. `vouch.embedders.models.find_model` makes it.
    """

    settings: EmbeddingSettings

    is_service = False
    """Whether a service embeds, and texts leave this machine."""

    @property
    @abstractmethod
    def tokenizer(self) -> ModelTokenizer:
        """Counts the tokens of chunks, of which it makes sizes."""

    @property
    @abstractmethod
    def dimension(self) -> int:
        """Length of the vectors."""

    @property
    @abstractmethod
    def token_limit(self) -> int:
        """Most tokens that the model reads of one text, special ones included."""

    @property
    @abstractmethod
    def weights_sha256(self) -> str:
        """Hash over all weights; empty for a service, which does not show them."""

    @property
    @abstractmethod
    def files(self) -> Mapping[str, str]:
        """A hash of each file that decides vectors, by its path; none for a service."""

    @property
    @abstractmethod
    def fingerprint(self) -> str:
        """The id of a generation of vectors: two fingerprints never mix in one search."""

    @property
    def query_prefix(self) -> str:
        """Put before each query."""
        return self.settings.query_prefix or ""

    @property
    def document_prefix(self) -> str:
        """Put before each text of a document."""
        return self.settings.document_prefix or ""

    @property
    def former(self) -> "ModelCard | None":
        """The model as 0.11.0 read it, without the prompts of its folder; None where these change
        nothing.
        """
        return None

    def known_as(self, fingerprint: str) -> "ModelCard":
        """Return the model as it was read for vectors of this fingerprint."""
        former = self.former
        return former if former and former.fingerprint == fingerprint else self

    @property
    def former_fingerprint(self) -> str:
        """The id that earlier versions gave this model, where it is another one."""
        return self.fingerprint

    @property
    @abstractmethod
    def probe_texts(self) -> tuple[str, ...]:
        """The texts whose vectors a new generation keeps, `PROBE` the first."""

    @abstractmethod
    def probe_set(self, vectors: Vectors, since: datetime) -> ProbeSet:
        """Return what the model must give for its probe texts: `vectors`, shape (texts, dimension),
        that a generation has kept since then.
        """

    @abstractmethod
    def portable_settings(self) -> EmbeddingSettings:
        """Return the settings as they are valid in any folder and stored with the index."""

    @abstractmethod
    def load(self, threads: int = 1) -> Engine:
        """Load the model, or open the connection to its service. Raises `EmbeddingError`.

        `threads` is how many batches a model on this machine's CPU may work on at a time.
        """

    @cached_property
    def name(self) -> str:
        """The model as the settings name it, for messages."""
        return self.settings.model

    def check_token_limit(self, chunking: ChunkingSettings) -> None:
        """Raise `SettingsError` where the model would truncate what is embedded.

        Raises `EmbeddingError` where the tokenizer cannot be loaded: each document would fail by
        itself.
        """
        if chunking.max_embedded_tokens > self.token_limit:
            raise SettingsError(
                "chunking.max_tokens and chunking.heading_tokens add up to "
                f"{chunking.max_embedded_tokens}, but {self.name} reads {self.token_limit} tokens "
                f"and would silently truncate the rest; set them to {self.token_limit} or less "
                "together"
            )
        self.tokenizer.check()
        # The prefix and the special tokens are part of each chunk.
        if self.tokenizer.special_tokens >= chunking.max_tokens:
            raise SettingsError(
                f"the document prefix alone has {self.tokenizer.special_tokens} tokens, special "
                f"ones included, which leaves no room in chunking.max_tokens "
                f"({chunking.max_tokens}); shorten embedding.document_prefix, or raise it"
            )
