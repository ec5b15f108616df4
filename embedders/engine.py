"""What turns texts into vectors on this machine: the fastest way that the model, the device and the settings allow."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch

from vouch.embedders.architecture import Architecture
from vouch.embedders.bert import Bert, filled
from vouch.embedders.fingerprint import ModelCard
from vouch.embedders.model import PROBE, Vectors
from vouch.embedders.precision import CLOSE, faster_in_bfloat16
from vouch.schemas.errors import EmbeddingError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_PROBES = (
    PROBE,
    "Parental leave",
    "def total(rows: list[int]) -> int:\n    return sum(row for row in rows if row > 0)",
    "Either party may end this contract by notice in writing of three months to the end of a calendar quarter. "
    * 4,
)
_TOKENS = {
    "cpu": 1024,
    "cuda": 65_536,
}  # a batch that stays in a core's cache; one that fills a GPU


class Engine(Protocol):
    """Encodes in one precision."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, shape (n, dimension), in the order of `texts`."""


class PackedEngine:
    """Encoders of the BERT family on a CPU; batches go side by side over `threads`."""

    def __init__(
        self, card: ModelCard, shape: Architecture, dtype: torch.dtype, threads: int
    ) -> None:
        self._card = card
        self._batch_tokens = card.settings.batch_tokens or _TOKENS["cpu"]
        self._bert = Bert(card.folder, shape, dtype)
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None

    def encode(self, texts: Sequence[str]) -> Vectors:
        numbers = self._card.tokenizer.numbers(texts)
        vectors = np.empty((len(texts), self._card.dimension), dtype=np.float32)
        batches = list(_batches([len(one) for one in numbers], self._batch_tokens))
        work = [[numbers[place] for place in batch] for batch in batches]
        done = self._pool.map(self._bert, work) if self._pool else map(self._bert, work)
        for batch, found in zip(batches, done, strict=True):
            vectors[batch] = found.numpy()
        return _unit(vectors)


class GeneralEngine:
    """Any model of sentence-transformers, on any device of torch."""

    def __init__(self, card: ModelCard, device: str, dtype: torch.dtype) -> None:
        self._card = card
        self._batch_tokens = card.settings.batch_tokens or _TOKENS.get(
            device.split(":")[0], _TOKENS["cpu"]
        )
        self._model = _load(card, device, dtype)

    def encode(self, texts: Sequence[str]) -> Vectors:
        vectors = np.empty((len(texts), self._card.dimension), dtype=np.float32)
        lengths = [len(one) for one in self._card.tokenizer.numbers(texts)]
        for batch in _batches(lengths, self._batch_tokens):
            some = [texts[place] for place in batch]
            # By tensor, because numpy has no bfloat16.
            found = self._model.encode(
                some, batch_size=len(some), convert_to_tensor=True, show_progress_bar=False
            )
            vectors[batch] = found.float().cpu().numpy()
        return _unit(vectors)


def choose(card: ModelCard, threads: int = 1) -> Engine:
    """The engine for a model: on a GPU where there is one, in bfloat16 where that is faster here and as good.

    Raises `EmbeddingError` where the model cannot be loaded.
    """
    device = _device(card.settings.device)
    shape = Architecture.read(card.folder) if device == "cpu" and _packs() else None

    def make(dtype: torch.dtype) -> Engine:
        return (
            PackedEngine(card, shape, dtype, threads)
            if shape
            else GeneralEngine(card, device, dtype)
        )

    if card.settings.precision != "auto":
        return make({"float32": torch.float32, "bfloat16": torch.bfloat16}[card.settings.precision])
    return _as_good(make) if _is_quicker_in_bfloat16(device) else make(torch.float32)


def _is_quicker_in_bfloat16(device: str) -> bool:
    if device.startswith("cuda"):
        return bool(torch.cuda.is_bf16_supported())
    return device == "cpu" and _packs() and faster_in_bfloat16()


def _as_good(make: Callable[[torch.dtype], Engine]) -> Engine:
    """In bfloat16, unless this model's vectors suffer by it."""
    exact, quick = make(torch.float32), make(torch.bfloat16)
    cosines = np.sum(exact.encode(_PROBES) * quick.encode(_PROBES), axis=1)
    return quick if float(cosines.min()) >= CLOSE else exact


def _device(asked: str) -> str:
    if asked != "auto":
        return asked
    accelerator = torch.accelerator.current_accelerator(check_available=True)
    return accelerator.type if accelerator else "cpu"


def _packs() -> bool:
    """Whether torch has oneDNN here, whose kernels take packed weights."""
    return bool(torch.backends.mkldnn.is_available())  # type: ignore[no-untyped-call]


def _load(card: ModelCard, device: str, dtype: torch.dtype) -> "SentenceTransformer":
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        return SentenceTransformer(
            str(card.folder),
            device=device,
            local_files_only=True,
            trust_remote_code=False,
            model_kwargs={"torch_dtype": dtype, "use_safetensors": True},
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise EmbeddingError(f"the model in {card.folder} cannot be loaded: {error}") from error


def _batches(lengths: Sequence[int], batch_tokens: int) -> Iterator[list[int]]:
    """Positions of texts, longest first, in batches of at most `batch_tokens` with padding."""
    order = sorted(range(len(lengths)), key=lambda place: -lengths[place])
    start = 0
    while start < len(order):
        size = max(1, batch_tokens // filled(lengths[order[start]]))
        yield order[start : start + size]
        start += size


def _unit(vectors: Vectors) -> Vectors:
    # Normalised at the end, in full precision.
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit
