"""The forward pass of BERT-like encoders on a CPU, with weights packed once for oneDNN's kernels.

`sentence_transformers` returns the same vectors (tests compare the two) at a fifth to a third of
the speed: its float32 products run in a library that does not use every processor fully, its
weights are packed again in each call, and GELU is a separate pass.
"""

from pathlib import Path
from typing import TypeAlias

import torch
import torch.nn.functional as functional
from safetensors.torch import load_file

from vouch.embedders.local.architecture import Architecture
from vouch.embedders.local.attention import fused_attention, two_product_attention
from vouch.embedders.local.model_files import weight_files
from vouch.schemas.errors import EmbeddingError

Weights: TypeAlias = dict[str, torch.Tensor]

_PREFIXES = ("bert.", "roberta.", "model.")
# Tokens of a batch that weights are packed for; other sizes work too, a little slower.
_PACKED_ROWS = 1024
# Lengths are padded to a multiple of this, because oneDNN compiles kernels for each new shape and
# keeps them, about 3 MB a shape.
_LENGTH_STEP = 8


class Linear:
    """A dense layer; weights of shape (out, in)."""

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor, dtype: torch.dtype) -> None:
        self._weight = torch.ops.mkldnn._reorder_linear_weight(weight.to(dtype), _PACKED_ROWS)
        self._bias = bias.to(dtype)

    def __call__(self, rows: torch.Tensor, activation: str = "none") -> torch.Tensor:
        """Map rows of shape (n, in) to (n, out).

        The activation is applied within the product, while its result is in the cache.
        """
        output: torch.Tensor = torch.ops.mkldnn._linear_pointwise(
            rows, self._weight, self._bias, activation, [], "none"
        )
        return output


class Norm:
    """Layer normalisation."""

    def __init__(self, weights: Weights, name: str, dtype: torch.dtype, epsilon: float) -> None:
        self._weight = weights[f"{name}.weight"].to(dtype)
        self._bias = weights[f"{name}.bias"].to(dtype)
        self._epsilon = epsilon

    def __call__(self, rows: torch.Tensor) -> torch.Tensor:
        return functional.layer_norm(
            rows, self._weight.shape, self._weight, self._bias, self._epsilon
        )


class Layer:
    """Attention and feed-forward, with the scale of the queries folded into their weights."""

    def __init__(self, weights: Weights, architecture: Architecture, dtype: torch.dtype) -> None:
        self._heads = architecture.heads
        head_size = weights["attention.self.query.weight"].shape[0] // architecture.heads
        scales = {"query": head_size**-0.5, "key": 1.0, "value": 1.0}

        def joined(kind: str) -> torch.Tensor:
            """Concatenate queries, keys and values, so that one product computes all three."""
            return torch.cat(
                [weights[f"attention.self.{name}.{kind}"] * scale for name, scale in scales.items()]
            )

        def linear(name: str) -> Linear:
            return Linear(weights[f"{name}.weight"], weights[f"{name}.bias"], dtype)

        self._qkv = Linear(joined("weight"), joined("bias"), dtype)
        self._attention_output = linear("attention.output.dense")
        self._intermediate = linear("intermediate.dense")
        self._output = linear("output.dense")
        epsilon = architecture.epsilon
        self._attention_norm = Norm(weights, "attention.output.LayerNorm", dtype, epsilon)
        self._output_norm = Norm(weights, "output.LayerNorm", dtype, epsilon)

    def __call__(self, rows: torch.Tensor, mask: torch.Tensor, fast: bool) -> torch.Tensor:
        texts, tokens = mask.shape
        qkv = self._qkv(rows).view(texts, tokens, 3, self._heads, -1).permute(2, 0, 3, 1, 4)
        attended = two_product_attention(qkv, mask) if fast else fused_attention(qkv, mask)
        rows = self._attention_norm(self._attention_output(attended).add_(rows))
        return self._output_norm(self._output(self._intermediate(rows, "gelu")).add_(rows))


class Bert:
    """The encoder in one precision. Thread-safe: nothing in it changes after loading."""

    def __init__(self, folder: Path, architecture: Architecture, dtype: torch.dtype) -> None:
        weights = _load_weights(folder)
        _check_shapes(weights, architecture, folder)
        self._architecture = architecture
        self._fast = dtype is torch.bfloat16
        words, positions, types = (
            weights[f"embeddings.{name}_embeddings.weight"]
            for name in ("word", "position", "token_type")
        )
        self._words = words.to(dtype)
        self._positions = (positions + types[0])[architecture.first_position :].to(dtype)
        self._norm = Norm(weights, "embeddings.LayerNorm", dtype, architecture.epsilon)
        self._layers = [
            Layer(_with_prefix(weights, f"encoder.layer.{number}."), architecture, dtype)
            for number in range(architecture.layers)
        ]

    @torch.inference_mode()
    def __call__(self, batch: list[list[int]]) -> torch.Tensor:
        """Encode tokenized texts: shape (texts, dimension), float32, not normalised."""
        vectors = self._forward(batch, self._fast)
        # Scores beyond the range of the fast attention: compute this batch again the slow way.
        if self._fast and not bool(torch.isfinite(vectors).all()):
            vectors = self._forward(batch, fast=False)
        return vectors

    def _forward(self, batch: list[list[int]], fast: bool) -> torch.Tensor:
        lengths = torch.tensor([len(text) for text in batch])
        tokens = min(padded_length(int(lengths.max())), len(self._positions))
        token_ids = torch.tensor([text + [0] * (tokens - len(text)) for text in batch])
        mask = torch.arange(tokens)[None] < lengths[:, None]
        rows = self._norm((self._words[token_ids] + self._positions[:tokens]).flatten(0, 1))
        for layer in self._layers:
            rows = layer(rows, mask, fast)
        states = rows.view(len(batch), tokens, -1).float()
        if self._architecture.pooling == "cls":
            return states[:, 0]
        return (states * mask[..., None]).sum(1) / lengths[:, None]


def padded_length(tokens: int) -> int:
    """Return the length to which a text of so many tokens is padded."""
    return max(1, -(-tokens // _LENGTH_STEP)) * _LENGTH_STEP


def _load_weights(folder: Path) -> Weights:
    """Load the encoder's weights by name, without the prefix of the class that saved them."""
    weights = {
        name: tensor for file in weight_files(folder) for name, tensor in load_file(file).items()
    }
    for prefix in _PREFIXES:
        if f"{prefix}embeddings.word_embeddings.weight" in weights:
            weights = _with_prefix(weights, prefix)
    return weights


def _check_shapes(weights: Weights, architecture: Architecture, folder: Path) -> None:
    """Raise `EmbeddingError` where the embeddings are not those that config.json describes."""
    tables = zip(("word", "position", "token_type"), architecture.shapes.items(), strict=True)
    for table, (key, rows) in tables:
        tensor = weights.get(f"embeddings.{table}_embeddings.weight")
        if tensor is None or len(tensor) != rows:
            present = "none" if tensor is None else len(tensor)
            raise EmbeddingError(
                f"the weights in {folder} do not match its config.json ({key} is {rows}, but they "
                f"have {present}); fetch the model again"
            )


def _with_prefix(weights: Weights, prefix: str) -> Weights:
    """Return the weights whose names begin with `prefix`, under their names without it."""
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in weights.items()
        if name.startswith(prefix)
    }
