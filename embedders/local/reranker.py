"""Rerankers: cross-encoders, which read a query and a text together and rate how well one answers
the other. Slower than vectors by far, so only the best passages of a search are rated.
"""

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from vouch.embedders.base import Vectors
from vouch.embedders.local.batches import MemoryBatches
from vouch.embedders.local.devices import (
    backend_of,
    batch_tokens,
    chosen_device,
    loading_arguments,
    use_cores,
)
from vouch.embedders.local.engine import first_line
from vouch.embedders.local.local_model_card import LocalModelCard
from vouch.embedders.local.model_files import check_weights, read_object
from vouch.schemas.errors import EmbeddingError
from vouch.schemas.settings.embedding import EmbeddingSettings

_TRIED = ("tea", "Tea is brewed in water.")


class Reranker:
    """A loaded cross-encoder; by the same rules as embedding models: weights in safetensors only,
    no code of its folder, and nothing is downloaded unless the settings allow it.
    """

    def __init__(self, card: LocalModelCard, threads: int = 1) -> None:
        """Load the model. Raises `EmbeddingError` where it is none, or cannot be used."""
        self._card, self.name = card, card.name
        # The library's tokenizer cannot be used by two threads at once.
        self._using = threading.Lock()
        try:
            self._load(threads)
            scores = self.scores(_TRIED[0], [_TRIED[1]])
        except (KeyboardInterrupt, EmbeddingError):
            raise
        except BaseException as error:  # whatever a folder makes three libraries raise
            raise EmbeddingError(
                f"the reranker in {card.folder} cannot be loaded: {first_line(error)}; fetch it "
                "again or name another one"
            ) from error
        if not np.isfinite(scores).all():
            raise EmbeddingError(
                f"the reranker in {card.folder} gives no usable scores (not finite); fetch it "
                "again or name another one"
            )

    @classmethod
    def find(cls, settings: EmbeddingSettings, base: Path, threads: int = 1) -> "Reranker":
        """Find the model that `settings.model` names, and load it; a relative folder is resolved
        against `base`. Raises `EmbeddingError`.
        """
        try:
            card = LocalModelCard.find(settings, base)
        except EmbeddingError as error:
            raise EmbeddingError(
                f"there is no reranker {settings.model[:200]!r}: name the folder of a "
                "cross-encoder, or its name on the hub with embedding.allow_download"
            ) from error
        return cls(card, threads)

    def _load(self, threads: int) -> None:
        # Imported here, because this takes seconds and changes the environment of the process.
        from sentence_transformers import CrossEncoder
        from transformers.utils import logging

        card = self._card
        device, backend = chosen_device(card), backend_of(card)
        check_weights(card.folder)  # and that nothing would be imported or unpickled
        card.tokenizer.check()
        _check_head(card.folder)
        half = device.startswith("cuda") and torch.cuda.is_bf16_supported()
        dtype = torch.bfloat16 if half and card.settings.precision != "float32" else torch.float32
        use_cores(device, threads)
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        self._model = CrossEncoder(
            str(card.folder),
            device=device,
            max_length=card.tokenizer.limit,
            # Scores as the model gives them: the function that its folder names is not imported.
            activation_fn=torch.nn.Identity(),
            **loading_arguments(backend, dtype),
        )
        width = read_object(card.folder / "config.json").get("hidden_size")
        tokens = batch_tokens(device, width if isinstance(width, int) else 1024, dtype)
        self._batches = MemoryBatches(card.settings.batch_tokens or tokens)

    def scores(self, query: str, texts: Sequence[str]) -> Vectors:
        """Return how well each text answers the query, shape (n,): from no limit below to none
        above, 0 where it is undecided. What is longer than the model reads is cut off.

        May be called from several threads, which take turns.
        """
        tokenizer = self._card.tokenizer
        own, *lengths = (len(ids) for ids in tokenizer.token_ids([query, *texts]))
        joined = [min(own + length, tokenizer.limit) for length in lengths]

        def forward(batch: list[int]) -> Vectors:
            output = self._model.predict(
                [(query, texts[place]) for place in batch],
                batch_size=len(batch),
                convert_to_tensor=True,  # because numpy has no bfloat16
                show_progress_bar=False,
            )
            scores: Vectors = output.float().cpu().numpy().reshape(len(batch), 1)
            return scores

        with self._using:
            scores: Vectors = self._batches.run(joined, forward, 1)[:, 0]
        return scores


def _check_head(folder: Path) -> None:
    """Raise `EmbeddingError` for a model that does not give one score for a pair."""
    config = read_object(folder / "config.json")
    labels = config.get("id2label")
    architectures = config.get("architectures")
    kinds = architectures if isinstance(architectures, list) else []
    if not any(str(kind).endswith("ForSequenceClassification") for kind in kinds):
        raise EmbeddingError(
            f"the model in {folder} is no cross-encoder, which rates a query and a text together "
            "(architectures in its config.json); name one such as a model for reranking"
        )
    if not isinstance(labels, dict) or len(labels) != 1:
        count = len(labels) if isinstance(labels, dict) else 2
        raise EmbeddingError(
            f"the cross-encoder in {folder} gives {count} scores for a pair, where reranking needs "
            "one; name a model for reranking"
        )
