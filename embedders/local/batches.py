"""Batches of texts by their tokens, smaller ones once memory has run out, and finished vectors."""

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import numpy as np
import torch

from vouch.embedders.base import Vectors
from vouch.embedders.local.bert import padded_length
from vouch.schemas.errors import EmbeddingError

Forward: TypeAlias = Callable[[list[int]], Vectors]
"""Returns the results for the texts at these places, in their order."""

_log = logging.getLogger("vouch")
_MAX_MESSAGE = 200  # characters


def batches(lengths: Sequence[int], batch_tokens: int) -> Iterator[list[int]]:
    """Yield places of texts, longest first, in batches of at most `batch_tokens` with padding."""
    order = longest_first(lengths)
    while order:
        size = _texts_of(batch_tokens, lengths[order[0]])
        yield order[:size]
        order = order[size:]


def longest_first(lengths: Sequence[int]) -> list[int]:
    """Return the places of texts in the order of their lengths."""
    return sorted(range(len(lengths)), key=lambda place: -lengths[place])


def _texts_of(batch_tokens: int, longest: int) -> int:
    return max(1, batch_tokens // padded_length(longest))


class MemoryBatches:
    """Batches on a device whose memory may run out: then they are halved, for good.

    They do not grow again: what has filled the memory once may do so at any time, and each error
    costs the batch that it comes from.
    """

    def __init__(self, tokens: int) -> None:
        self.tokens = tokens

    def run(self, lengths: Sequence[int], forward: Forward, width: int) -> Vectors:
        """Return the results of all texts, shape (n, width), in order; `lengths` in tokens.

        Raises `EmbeddingError` where memory does not even suffice for one text. Other errors of
        `forward` are raised as they are.
        """
        results = np.empty((len(lengths), width), dtype=np.float32)
        order = longest_first(lengths)
        while order:
            batch = order[: _texts_of(self.tokens, lengths[order[0]])]
            if problem := self._attempt(batch, forward, results):
                self._halve(len(batch), lengths[batch[0]], problem)
            else:
                order = order[len(batch) :]
        return results

    @staticmethod
    def _attempt(batch: list[int], forward: Forward, results: Vectors) -> str:
        """Fill in the results of a batch; return how the device said that its memory ran out."""
        try:
            results[batch] = forward(batch)
        except RuntimeError as error:
            if not _is_out_of_memory(error):
                raise
            # Not the error itself: it keeps the tensors of its batch alive.
            return str(error).splitlines()[0][:_MAX_MESSAGE] if str(error) else "out of memory"
        return ""

    def _halve(self, texts: int, longest: int, problem: str) -> None:
        if torch.accelerator.is_available():
            torch.accelerator.empty_cache()
        if texts == 1:
            raise EmbeddingError(
                f"the device's memory does not suffice for one text of {longest} tokens "
                f"({problem}); free its memory, set embedding.device to cpu, or a smaller "
                "chunking.max_tokens"
            )
        before, self.tokens = self.tokens, texts // 2 * padded_length(longest)
        _log.warning(
            "the device's memory ran out with %d texts of up to %d tokens; batches have %d tokens "
            "from here on, instead of %d",
            texts,
            longest,
            self.tokens,
            before,
        )


def _is_out_of_memory(error: RuntimeError) -> bool:
    # On Apple's GPUs torch raises no class of its own.
    return isinstance(error, torch.OutOfMemoryError) or "out of memory" in str(error)


def finished(vectors: Vectors, dimension: int) -> Vectors:
    """Return the first `dimension` components of each vector, with length 1."""
    # Here and not in the model, because here they are float32 whatever the model's precision.
    # A zero vector becomes NaN, which the contract of vectors rejects.
    cut = vectors[:, :dimension]
    with np.errstate(divide="ignore", invalid="ignore"):
        unit: Vectors = cut / np.linalg.norm(cut, axis=1, keepdims=True)
    return unit
