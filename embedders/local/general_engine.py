"""The general engine: any model of sentence-transformers, on any device of torch, or by ONNX
Runtime or OpenVINO.
"""

from collections.abc import Sequence

import numpy as np
import torch

from vouch.embedders.base import Vectors
from vouch.embedders.local.batches import MemoryBatches, finished
from vouch.embedders.local.devices import backend_of, batch_tokens, loading_arguments, use_cores
from vouch.embedders.local.local_model_card import LocalModelCard


class GeneralEngine:
    """Any model of sentence-transformers; on a CPU, `threads` threads work on a batch."""

    def __init__(
        self, card: LocalModelCard, device: str, dtype: torch.dtype, threads: int = 1
    ) -> None:
        # Imported here, because this takes seconds and changes the environment of the process.
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        self._card = card
        backend = backend_of(card)
        use_cores(device, threads)
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        self._model = SentenceTransformer(
            str(card.folder),
            device=device,
            # Not the length of vectors that the folder names: they are cut afterwards.
            truncate_dim=card.full_dimension,
            **loading_arguments(backend, dtype),
        )
        size = card.settings.batch_tokens or batch_tokens(device, card.full_dimension, dtype)
        self._batches = MemoryBatches(size)
        where = device if backend == "torch" else f"{device} by {backend}"
        self.about = f"sentence-transformers on {where}"

    def encode(self, texts: Sequence[str]) -> Vectors:
        card = self._card
        inputs = [card.default_prompt + text for text in texts]
        lengths = [len(ids) for ids in card.tokenizer.token_ids(inputs)]
        vectors = np.empty((len(texts), card.full_dimension), dtype=np.float32)
        for prompt, places in self._by_prompt(inputs).items():

            def forward(batch: list[int], prompt: str = prompt, of: list[int] = places) -> Vectors:
                return self._forward([inputs[of[place]] for place in batch], prompt)

            own = [lengths[place] for place in places]
            vectors[places] = self._batches.run(own, forward, card.full_dimension)
        return finished(vectors, card.dimension)

    def _by_prompt(self, inputs: Sequence[str]) -> dict[str, list[int]]:
        """Return the places of the inputs by the prefix that pooling has to leave out; usually all
        of them by none.
        """
        card = self._card
        prefixes = {card.query_prefix, card.document_prefix} if card.pools_without_prefix else ()
        longest_first = sorted(prefixes, key=len, reverse=True)
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
