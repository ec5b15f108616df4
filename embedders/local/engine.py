"""Engines: the fastest way to encode texts that the model, the device and the settings allow."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import torch

from vouch.embedders.base import PROBE, Engine, Vectors
from vouch.embedders.local.architecture import Architecture
from vouch.embedders.local.bert import Bert, padded_length
from vouch.embedders.local.local_model_card import LocalModelCard
from vouch.embedders.local.model_files import check_weights
from vouch.embedders.local.precision import MIN_COSINE, is_bfloat16_faster
from vouch.schemas.errors import EmbeddingError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

# Texts of different length and kind, on which bfloat16 is compared with float32.
_TRIAL_TEXTS = (
    PROBE,
    "Parental leave",
    "def total(rows: list[int]) -> int:\n    return sum(row for row in rows if row > 0)",
    "Either party may end this contract by notice in writing of three months to the end of a "
    "calendar quarter. " * 4,
)
# Tokens of a batch: one that stays in a core's cache, and one that fills a GPU.
_BATCH_TOKENS = {"cpu": 1024, "cuda": 65_536}
_MOST_TRIED = 512  # tokens; a text of 8,192 takes seconds
_MAX_MESSAGE = 500  # characters


class PackedEngine:
    """Encoders of the BERT family on a CPU; batches run in parallel on `threads` threads."""

    def __init__(
        self, card: LocalModelCard, architecture: Architecture, dtype: torch.dtype, threads: int
    ) -> None:
        self._card = card
        self._batch_tokens = card.settings.batch_tokens or _BATCH_TOKENS["cpu"]
        card.tokenizer.check(architecture.shapes["vocab_size"])
        positions = architecture.shapes["max_position_embeddings"] - architecture.first_position
        if card.tokenizer.limit > positions:
            raise EmbeddingError(
                f"the model in {card.folder} claims to read {card.tokenizer.limit} tokens, but "
                f"has {positions} positions; set max_seq_length in its sentence_bert_config.json"
            )
        self._bert = Bert(card.folder, architecture, dtype)
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None

    def encode(self, texts: Sequence[str]) -> Vectors:
        token_ids = self._card.tokenizer.token_ids(_prompted(self._card, texts))
        vectors = np.empty((len(texts), self._card.dimension), dtype=np.float32)
        batches = list(_batches([len(ids) for ids in token_ids], self._batch_tokens))
        inputs = [[token_ids[index] for index in batch] for batch in batches]
        outputs = self._pool.map(self._bert, inputs) if self._pool else map(self._bert, inputs)
        for batch, output in zip(batches, outputs, strict=True):
            vectors[batch] = output.numpy()
        return _normalised(vectors)


class GeneralEngine:
    """Any model of sentence-transformers, on any device of torch."""

    def __init__(self, card: LocalModelCard, device: str, dtype: torch.dtype) -> None:
        self._card = card
        device_tokens = _BATCH_TOKENS.get(device.split(":")[0], _BATCH_TOKENS["cpu"])
        self._batch_tokens = card.settings.batch_tokens or device_tokens
        self._model = _load(card, device, dtype)

    def encode(self, texts: Sequence[str]) -> Vectors:
        vectors = np.empty((len(texts), self._card.dimension), dtype=np.float32)
        inputs = _prompted(self._card, texts)
        lengths = [len(ids) for ids in self._card.tokenizer.token_ids(inputs)]
        for prompt, indices in self._by_prompt(inputs).items():
            for places in _batches([lengths[index] for index in indices], self._batch_tokens):
                batch = [indices[place] for place in places]
                vectors[batch] = self._forward([inputs[i] for i in batch], prompt)
        return _normalised(vectors)

    def _by_prompt(self, inputs: Sequence[str]) -> dict[str, list[int]]:
        """Return the places of the inputs by the prefix that pooling has to leave out; usually all
        of them by none.
        """
        card = self._card
        known = {card.query_prefix, card.document_prefix} if card.pools_without_prefix else set()
        longest_first = sorted(known, key=len, reverse=True)
        places: dict[str, list[int]] = {}
        for place, text in enumerate(inputs):
            prompt = next((prefix for prefix in longest_first if text.startswith(prefix)), "")
            places.setdefault(prompt, []).append(place)
        return places

    def _forward(self, inputs: Sequence[str], prompt: str) -> Vectors:
        output = self._model.encode(
            [text.removeprefix(prompt) for text in inputs],
            prompt=prompt,  # also an empty one: the default prompt is not to be put before it
            batch_size=len(inputs),
            convert_to_tensor=True,  # because numpy has no bfloat16
            show_progress_bar=False,
        )
        vectors: Vectors = output.float().cpu().numpy()
        return vectors


def choose_engine(card: LocalModelCard, threads: int = 1) -> Engine:
    """Load the model: on a GPU where there is one, in bfloat16 where that is faster and accurate.

    Raises `EmbeddingError` where the model cannot be loaded, or cannot embed a text.
    """
    try:
        engine = _chosen(card, threads)
        _check(engine, card)
    except (KeyboardInterrupt, EmbeddingError):
        raise
    # Whatever a folder makes its readers raise: they are three libraries, one of which panics.
    except BaseException as error:
        raise EmbeddingError(
            f"the model in {card.folder} cannot be loaded: {_first_line(error)}; fetch it again or "
            "set another embedding.model"
        ) from error
    return engine


def _chosen(card: LocalModelCard, threads: int) -> Engine:
    device = _device(card.settings.device)
    check_weights(card.folder)  # and that nothing would be imported or unpickled
    card.tokenizer.check()
    architecture = Architecture.read(card.folder) if device == "cpu" and _has_onednn() else None

    def load(dtype: torch.dtype) -> Engine:
        if architecture:
            return PackedEngine(card, architecture, dtype, threads)
        return GeneralEngine(card, device, dtype)

    if card.settings.precision == "float32":
        return load(torch.float32)
    if card.settings.precision == "bfloat16":
        return load(torch.bfloat16)
    if not _is_bfloat16_faster_on(device):
        return load(torch.float32)
    return _bfloat16_if_accurate(load)


def _check(engine: Engine, card: LocalModelCard) -> None:
    """Raise `EmbeddingError` unless the model embeds a text, and one as long as it reads."""
    # As many words as tokens, and one token at least a word: truncated to the longest input.
    vectors = engine.encode([PROBE, "a " * min(card.tokenizer.limit, _MOST_TRIED)])
    if not np.isfinite(vectors).all():
        raise EmbeddingError(
            f"the model in {card.folder} gives no usable vectors (not finite, or zero); fetch it "
            "again or set another embedding.model"
        )


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:_MAX_MESSAGE] if lines else "an error without a message"


def _is_bfloat16_faster_on(device: str) -> bool:
    if device.startswith("cuda"):
        return bool(torch.cuda.is_bf16_supported())
    return device == "cpu" and _has_onednn() and is_bfloat16_faster()


def _bfloat16_if_accurate(load: Callable[[torch.dtype], Engine]) -> Engine:
    """Load in bfloat16, unless this model's vectors then differ too much from float32."""
    exact, fast = load(torch.float32), load(torch.bfloat16)
    cosines = np.sum(exact.encode(_TRIAL_TEXTS) * fast.encode(_TRIAL_TEXTS), axis=1)
    return fast if float(cosines.min()) >= MIN_COSINE else exact


def _device(setting: str) -> str:
    if setting != "auto":
        return setting
    accelerator = torch.accelerator.current_accelerator(check_available=True)
    return accelerator.type if accelerator else "cpu"


def _has_onednn() -> bool:
    """Return whether torch has oneDNN here, whose kernels take packed weights."""
    return bool(torch.backends.mkldnn.is_available())  # type: ignore[no-untyped-call]


def _load(card: LocalModelCard, device: str, dtype: torch.dtype) -> "SentenceTransformer":
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    # Explicit arguments, not environment variables: a search in a user's process must reach
    # no hub, and must not change that process's environment either.
    return SentenceTransformer(
        str(card.folder),
        device=device,
        local_files_only=True,
        trust_remote_code=False,
        model_kwargs={"torch_dtype": dtype, "use_safetensors": True},
    )


def _prompted(card: LocalModelCard, texts: Sequence[str]) -> list[str]:
    return [card.default_prompt + text for text in texts]


def _batches(lengths: Sequence[int], batch_tokens: int) -> Iterator[list[int]]:
    """Yield indices of texts, longest first, in batches of at most `batch_tokens` with padding."""
    order = sorted(range(len(lengths)), key=lambda index: -lengths[index])
    start = 0
    while start < len(order):
        size = max(1, batch_tokens // padded_length(lengths[order[start]]))
        yield order[start : start + size]
        start += size


def _normalised(vectors: Vectors) -> Vectors:
    # Here and not in the model, because here they are float32 whatever the model's precision.
    # A zero vector becomes NaN, which the contract of vectors rejects.
    with np.errstate(divide="ignore", invalid="ignore"):
        unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit
