"""The embedding model's tokenizer without the model: loads in milliseconds, needs no torch."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tokenizers import Tokenizer as HubTokenizer

from vouch.schemas.errors import EmbeddingError
from vouch.schemas.ids import fingerprint, sha256_bytes
from vouch.schemas.records import Span


@dataclass(frozen=True)
class ModelTokenizer:
    """A `vouch.schemas.records.Tokenizer` over the `tokenizer.json` in the model's folder.

    `prefix` is put before every text that is embedded, so its tokens count.
    """

    folder: Path
    prefix: str = ""

    def __reduce__(self) -> tuple[type["ModelTokenizer"], tuple[Path, str]]:
        # Without the cached properties: parser workers load tokenizer.json faster than they
        # unpickle it.
        return ModelTokenizer, (self.folder, self.prefix)

    @cached_property
    def _file(self) -> Path:
        file = self.folder / "tokenizer.json"
        if not file.is_file():
            raise EmbeddingError(
                f"{self.folder} holds no tokenizer.json; use a model with a fast tokenizer"
            )
        return file

    @cached_property
    def _tokenizer(self) -> HubTokenizer:
        tokenizer = HubTokenizer.from_file(str(self._file))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    @cached_property
    def _truncating_tokenizer(self) -> HubTokenizer:
        tokenizer = HubTokenizer.from_file(str(self._file))
        tokenizer.enable_truncation(self.limit)
        tokenizer.no_padding()
        return tokenizer

    def token_ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of each text's tokens as the model reads them.

        Special tokens are included, the prefix is not added; longer texts are truncated to
        `limit`.
        """
        encodings = self._truncating_tokenizer.encode_batch_fast(list(texts))
        return [encoding.ids for encoding in encodings]

    @cached_property
    def fingerprint(self) -> str:
        return fingerprint(
            {"tokenizer": sha256_bytes(self._file.read_bytes()), "prefix": self.prefix}
        )

    @cached_property
    def special_tokens(self) -> int:
        return len(self._tokenizer.encode(self.prefix).ids)

    @cached_property
    def limit(self) -> int:
        """Most tokens that the model reads of one text, special ones included."""
        for name, key in (
            ("sentence_bert_config.json", "max_seq_length"),
            ("config.json", "max_position_embeddings"),
        ):
            file = self.folder / name
            value = json.loads(file.read_text("utf-8")).get(key) if file.is_file() else None
            if isinstance(value, int):
                return value
        raise EmbeddingError(
            f"{self.folder} does not state how many tokens the model reads; add max_seq_length to "
            "its sentence_bert_config.json"
        )

    def offsets(self, text: str) -> Sequence[Span]:
        spans: list[Span] = self._tokenizer.encode(text, add_special_tokens=False).offsets
        return spans
