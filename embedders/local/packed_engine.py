"""The packed engine: our own forward pass of encoders of the BERT family, on a CPU."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch

from vouch.embedders.base import Vectors
from vouch.embedders.local.architecture import Architecture
from vouch.embedders.local.batches import batches, finished
from vouch.embedders.local.bert import Bert
from vouch.embedders.local.local_model_card import LocalModelCard
from vouch.schemas.errors import EmbeddingError

_BATCH_TOKENS = 1024  # stays in a core's cache


class PackedEngine:
    """Encoders of the BERT family on a CPU; batches run in parallel on `threads` threads."""

    def __init__(
        self, card: LocalModelCard, architecture: Architecture, dtype: torch.dtype, threads: int
    ) -> None:
        self._card = card
        self._batch_tokens = card.settings.batch_tokens or _BATCH_TOKENS
        card.tokenizer.check(architecture.shapes["vocab_size"])
        positions = architecture.shapes["max_position_embeddings"] - architecture.first_position
        if card.tokenizer.limit > positions:
            raise EmbeddingError(
                f"the model in {card.folder} claims to read {card.tokenizer.limit} tokens, but "
                f"has {positions} positions; set max_seq_length in its sentence_bert_config.json"
            )
        self._bert = Bert(card.folder, architecture, dtype)
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None
        cores = f"{threads} cores" if threads > 1 else "one core"
        self.about = f"the packed engine on {cores}"

    def encode(self, texts: Sequence[str]) -> Vectors:
        token_ids = self._card.tokenizer.token_ids(
            [self._card.default_prompt + text for text in texts]
        )
        vectors = np.empty((len(texts), self._card.full_dimension), dtype=np.float32)
        places = list(batches([len(ids) for ids in token_ids], self._batch_tokens))
        inputs = [[token_ids[place] for place in batch] for batch in places]
        outputs = self._pool.map(self._bert, inputs) if self._pool else map(self._bert, inputs)
        for batch, output in zip(places, outputs, strict=True):
            vectors[batch] = output.numpy()
        return finished(vectors, self._card.dimension)
