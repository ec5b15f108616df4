"""The embedding model's tokenizer without the model: loads in milliseconds, needs no torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeGuard

from tokenizers import Tokenizer as HubTokenizer

from vouch.embedders.local.model_files import TOKENIZER, file_sha256, read_object, sentence_config
from vouch.schemas.documents.ids import fingerprint
from vouch.schemas.documents.records import Tokens
from vouch.schemas.errors import EmbeddingError

_NO_LIMIT = 10**9
_NO_CHARACTER = "\uffff"  # which no vocabulary has


@dataclass(frozen=True)
class ModelTokenizer:
    """A `vouch.schemas.documents.records.Tokenizer` over the model's `tokenizer.json`.

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
        file = self.folder / TOKENIZER
        if not file.is_file():
            raise EmbeddingError(
                f"{self.folder} holds no {TOKENIZER}; use a model with a fast tokenizer"
            )
        return file

    def _load(self) -> HubTokenizer:
        """Return a new tokenizer that neither truncates nor pads. Raises `EmbeddingError`."""
        try:
            tokenizer = HubTokenizer.from_file(str(self._file))
            tokenizer.no_truncation()
            tokenizer.no_padding()
            # What one text brings to light, such as an added token without an id, is the file's.
            tokenizer.encode(self.prefix)
        except (KeyboardInterrupt, EmbeddingError):
            raise
        except BaseException as error:  # a panic of Rust is no Exception
            raise EmbeddingError(
                f"the tokenizer in {self._file} cannot be loaded: {error}; fetch the model again"
            ) from error
        return tokenizer

    @cached_property
    def _tokenizer(self) -> HubTokenizer:
        return self._load()

    @cached_property
    def _truncating_tokenizer(self) -> HubTokenizer:
        tokenizer = self._load()
        tokenizer.enable_truncation(self.limit)
        return tokenizer

    def check(self, rows: int | None = None) -> None:
        """Raise `EmbeddingError` where the tokenizer cannot be loaded, or has tokens that a model
        with so many `rows` of embeddings does not know.
        """
        size = self._tokenizer.get_vocab_size()
        if rows is not None and size > rows:
            raise EmbeddingError(
                f"{self._file} has {size:,} tokens, but the model knows {rows:,}; fetch the model "
                "again"
            )

    def token_ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of each text's tokens as the model reads them.

        Special tokens are included, the prefix is not added; longer texts are truncated to
        `limit`.
        """
        encodings = self._truncating_tokenizer.encode_batch_fast(list(texts))
        return [encoding.ids for encoding in encodings]

    @cached_property
    def fingerprint(self) -> str:
        return fingerprint({"tokenizer": file_sha256(self._file), "prefix": self.prefix})

    @cached_property
    def special_tokens(self) -> int:
        return len(self._tokenizer.encode(self.prefix).ids)

    @cached_property
    def limit(self) -> int:
        """Most tokens that the model reads of one text, special ones included.

        As sentence-transformers counts: its own limit, else the smaller one of the tokenizer's and
        the model's.
        """
        limits = [sentence_config(self.folder).get("max_seq_length")]
        if not _is_limit(limits[0]):
            limits = [
                read_object(self.folder / name).get(key)
                for name, key in (
                    ("config.json", "max_position_embeddings"),
                    ("tokenizer_config.json", "model_max_length"),
                )
            ]
        stated = [limit for limit in limits if _is_limit(limit)]
        if not stated:
            raise EmbeddingError(
                f"{self.folder} does not state how many tokens the model reads; add max_seq_length "
                "to its sentence_bert_config.json"
            )
        return min(stated)

    def tokens(self, text: str) -> Tokens:
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        unknown = self._unknown_token
        if unknown is None or unknown not in (ids := encoding.ids):
            return Tokens(encoding.offsets)
        pairs = zip(encoding.offsets, ids, strict=True)
        return Tokens(encoding.offsets, [span for span, token in pairs if token == unknown])

    @cached_property
    def _unknown_token(self) -> int | None:
        """The id of the token for what the vocabulary lacks; None where it lacks nothing."""
        model = self._tokenizer.model
        if hasattr(model, "unk_token"):
            return self._tokenizer.token_to_id(model.unk_token) if model.unk_token else None
        try:
            # Models of sentencepiece do not say which it is.
            tokens = model.tokenize(_NO_CHARACTER)
        except Exception:  # noqa: BLE001 - all that it raises where there is none
            return None
        return tokens[0].id if len(tokens) == 1 else None


def _is_limit(value: object) -> TypeGuard[int]:
    # Tokenizers without a limit state 10^30.
    return isinstance(value, int) and 0 < value < _NO_LIMIT
