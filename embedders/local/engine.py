"""Chooses a model's engine: the fastest that model, device and settings allow, and says why."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias, Union

import numpy as np
import torch

from vouch.embedders.base import PROBE, Engine
from vouch.embedders.local.architecture import Architecture, UnsupportedModel
from vouch.embedders.local.devices import chosen_device
from vouch.embedders.local.local_model_card import LocalModelCard
from vouch.embedders.local.model_files import check_weights, read_object
from vouch.embedders.local.packed_engine import PackedEngine
from vouch.embedders.local.precision import MIN_COSINE, MIN_SPEEDUP, bfloat16_speedup
from vouch.schemas.errors import EmbeddingError

if TYPE_CHECKING:
    from vouch.embedders.local.general_engine import GeneralEngine

LocalEngine: TypeAlias = Union[PackedEngine, "GeneralEngine"]
_Load: TypeAlias = Callable[[torch.dtype], LocalEngine]

# Texts of different length and kind, on which bfloat16 is compared with float32.
_TRIAL_TEXTS = (
    PROBE,
    "Parental leave",
    "def total(rows: list[int]) -> int:\n    return sum(row for row in rows if row > 0)",
    "Either party may end this contract by notice in writing of three months to the end of a "
    "calendar quarter. " * 4,
)
_MOST_TRIED = 512  # tokens, where config.json has positions for more; a text of 8,192 takes seconds
_MOST_TRIED_WITHOUT_POSITIONS = 8192
_MAX_MESSAGE = 500  # characters


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
            f"the model in {card.folder} cannot be loaded: {first_line(error)}; fetch it again or "
            "set another embedding.model"
        ) from error
    return engine


def _chosen(card: LocalModelCard, threads: int) -> LocalEngine:
    device = chosen_device(card)
    check_weights(card.folder)  # and that nothing would be imported or unpickled
    card.tokenizer.check()
    packed = _packed(card, device)

    def load(dtype: torch.dtype) -> LocalEngine:
        if isinstance(packed, Architecture):
            return PackedEngine(card, packed, dtype, threads)
        # sentence-transformers takes seconds, and sets environment variables of its own.
        from vouch.embedders.local.general_engine import GeneralEngine

        return GeneralEngine(card, device, dtype, threads)

    engine, precision = _in_precision(card, device, load)
    reasons = [precision] if isinstance(packed, Architecture) else [precision, packed]
    if card.dimension < card.full_dimension:
        reasons.append(f"{card.dimension} of {card.full_dimension} dimensions")
    engine.about += f" in {'; '.join(reasons)}"
    return engine


def _packed(card: LocalModelCard, device: str) -> Architecture | str:
    """Return the architecture for the packed engine, or why it cannot run the model."""
    if card.settings.backend != "auto":
        return "as embedding.backend says"
    if device != "cpu":
        return "the packed engine is for CPUs"
    if not _has_onednn():
        return "torch has no oneDNN here, which the packed engine needs"
    try:
        return Architecture.read(card.folder)
    except UnsupportedModel as unsupported:
        return f"the packed engine does not run it: {unsupported}"


def _in_precision(card: LocalModelCard, device: str, load: _Load) -> tuple[LocalEngine, str]:
    """Load in the precision of the settings, or the best one; return that and the reason too."""
    if card.settings.precision == "float32":
        return load(torch.float32), "float32, as set"
    if card.settings.precision == "bfloat16":
        return load(torch.bfloat16), "bfloat16, as set"
    if card.settings.backend in ("onnx", "openvino"):
        gain = ""
    elif device.startswith("cuda"):
        if not torch.cuda.is_bf16_supported():
            return load(torch.float32), "float32, as this GPU has no bfloat16"
        gain = ""
    elif device != "cpu" or not _has_onednn():
        return load(torch.float32), "float32, as bfloat16 is not tried on this device"
    else:
        speedup = bfloat16_speedup()
        if speedup < MIN_SPEEDUP:
            return load(torch.float32), "float32, as bfloat16 is not faster here"
        gain = f"{speedup:.1f} × as fast as float32 here, "
    exact, fast = load(torch.float32), load(torch.bfloat16)
    cosines = np.sum(exact.encode(_TRIAL_TEXTS) * fast.encode(_TRIAL_TEXTS), axis=1)
    least = float(cosines.min())
    if least < MIN_COSINE:
        return exact, f"float32, as its cosine with bfloat16 is {least:.4f}"
    return fast, f"bfloat16 ({gain}cosine {least:.4f})"


def _check(engine: Engine, card: LocalModelCard) -> None:
    """Raise `EmbeddingError` unless the model embeds a text, and one as long as it reads."""
    limit = card.tokenizer.limit
    positions = read_object(card.folder / "config.json").get("max_position_embeddings")
    has_positions = isinstance(positions, int) and positions >= limit
    most = _MOST_TRIED if has_positions else _MOST_TRIED_WITHOUT_POSITIONS
    # As many words as tokens, and one token at least a word: truncated to the longest input.
    vectors = engine.encode([PROBE, "a " * min(limit, most)])
    if not np.isfinite(vectors).all():
        raise EmbeddingError(
            f"the model in {card.folder} gives no usable vectors (not finite, or zero); fetch it "
            "again or set another embedding.model"
        )


def first_line(error: BaseException) -> str:
    """Return the beginning of an error's message."""
    lines = str(error).strip().splitlines()
    return lines[0][:_MAX_MESSAGE] if lines else "an error without a message"


def _has_onednn() -> bool:
    """Return whether torch has oneDNN here, whose kernels take packed weights."""
    return bool(torch.backends.mkldnn.is_available())  # type: ignore[no-untyped-call]
