"""The forward pass of BERT-like encoders on a CPU, with weights packed once for oneDNN's kernels.

`sentence_transformers` gives the same vectors (tests hold them against each other) at a fifth to a third of the speed: its
float32 products go through a library that does not use all of every processor, its weights are packed anew in each call, and
GELU is a pass of its own.
"""

from pathlib import Path
from typing import TypeAlias

import torch
import torch.nn.functional as functional
from safetensors.torch import load_file

from vouch.embedders.architecture import Architecture
from vouch.embedders.attention import by_products, exact
from vouch.schemas.errors import EmbeddingError

Weights: TypeAlias = dict[str, torch.Tensor]

_PREFIXES = ("bert.", "roberta.", "model.")
_ROWS = 1024  # tokens a batch that weights are packed for; others work too
# Lengths are filled up to a multiple of this: oneDNN makes kernels for each shape anew and keeps them, some 3 MB a shape.
_STEP = 8


class Linear:
    """A dense layer; weights of shape (out, in)."""

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor, dtype: torch.dtype) -> None:
        self._weight = torch.ops.mkldnn._reorder_linear_weight(weight.to(dtype), _ROWS)
        self._bias = bias.to(dtype)

    def __call__(self, rows: torch.Tensor, then: str = "none") -> torch.Tensor:
        """Of rows (n, in): (n, out); `then` is done to the result while it is at hand."""
        out: torch.Tensor = torch.ops.mkldnn._linear_pointwise(
            rows, self._weight, self._bias, then, [], "none"
        )
        return out


class Norm:
    """Layer normalisation."""

    def __init__(self, weights: Weights, name: str, dtype: torch.dtype, epsilon: float) -> None:
        self._weight, self._bias = (
            weights[f"{name}.weight"].to(dtype),
            weights[f"{name}.bias"].to(dtype),
        )
        self._epsilon = epsilon

    def __call__(self, rows: torch.Tensor) -> torch.Tensor:
        return functional.layer_norm(
            rows, self._weight.shape, self._weight, self._bias, self._epsilon
        )


class Layer:
    """Attention and what follows it, with the scale of the queries folded into their weights."""

    def __init__(self, weights: Weights, shape: Architecture, dtype: torch.dtype) -> None:
        self._heads = shape.heads
        scale = (weights["attention.self.query.weight"].shape[0] // shape.heads) ** -0.5
        parts = [
            (f"attention.self.{name}", scale if name == "query" else 1.0)
            for name in ("query", "key", "value")
        ]
        weight = torch.cat([weights[f"{name}.weight"] * factor for name, factor in parts])
        bias = torch.cat([weights[f"{name}.bias"] * factor for name, factor in parts])
        self._qkv = Linear(weight, bias, dtype)
        self._out, self._up, self._down = (
            Linear(weights[f"{name}.weight"], weights[f"{name}.bias"], dtype)
            for name in ("attention.output.dense", "intermediate.dense", "output.dense")
        )
        self._after_attention, self._after = (
            Norm(weights, name, dtype, shape.epsilon)
            for name in ("attention.output.LayerNorm", "output.LayerNorm")
        )

    def __call__(self, rows: torch.Tensor, own: torch.Tensor, fast: bool) -> torch.Tensor:
        texts, tokens = own.shape
        qkv = self._qkv(rows).view(texts, tokens, 3, self._heads, -1).permute(2, 0, 3, 1, 4)
        attended = by_products(qkv, own) if fast else exact(qkv, own)
        rows = self._after_attention(self._out(attended).add_(rows))
        return self._after(self._down(self._up(rows, "gelu")).add_(rows))


class Bert:
    """The encoder in one precision. Safe for threads: nothing in it changes."""

    def __init__(self, folder: Path, shape: Architecture, dtype: torch.dtype) -> None:
        weights = _weights(folder)
        self._shape = shape
        self._fast = dtype is torch.bfloat16
        embedded = {
            name: weights[f"embeddings.{name}_embeddings.weight"]
            for name in ("word", "position", "token_type")
        }
        self._words = embedded["word"].to(dtype)
        self._positions = (embedded["position"] + embedded["token_type"][0])[
            shape.first_position :
        ].to(dtype)
        self._norm = Norm(weights, "embeddings.LayerNorm", dtype, shape.epsilon)
        self._layers = [
            Layer(_below(weights, f"encoder.layer.{number}."), shape, dtype)
            for number in range(shape.layers)
        ]

    @torch.inference_mode()
    def __call__(self, batch: list[list[int]]) -> torch.Tensor:
        """Vectors of tokenized texts, shape (texts, dimension), float32, not normalised."""
        vectors = self._forward(batch, self._fast)
        if self._fast and not bool(torch.isfinite(vectors).all()):
            vectors = self._forward(batch, fast=False)
        return vectors

    def _forward(self, batch: list[list[int]], fast: bool) -> torch.Tensor:
        lengths = torch.tensor([len(text) for text in batch])
        tokens = min(filled(int(lengths.max())), len(self._positions))
        numbers = torch.tensor([text + [0] * (tokens - len(text)) for text in batch])
        own = torch.arange(tokens)[None] < lengths[:, None]
        rows = self._norm((self._words[numbers] + self._positions[:tokens]).flatten(0, 1))
        for layer in self._layers:
            rows = layer(rows, own, fast)
        states = rows.view(len(batch), tokens, -1).float()
        if self._shape.pooling == "cls":
            return states[:, 0]
        return (states * own[..., None]).sum(1) / lengths[:, None]


def filled(tokens: int) -> int:
    """To how many tokens a text of so many is filled up."""
    return max(1, -(-tokens // _STEP)) * _STEP


def _weights(folder: Path) -> Weights:
    files = sorted(folder.glob("*.safetensors"))
    found = {name: tensor for file in files for name, tensor in load_file(file).items()}
    for prefix in _PREFIXES:
        if f"{prefix}embeddings.word_embeddings.weight" in found:
            found = _below(found, prefix)
    if "embeddings.word_embeddings.weight" not in found:
        raise EmbeddingError(
            f"the weights in {folder} are not those of its config.json; fetch the model again"
        )
    return found


def _below(weights: Weights, prefix: str) -> Weights:
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in weights.items()
        if name.startswith(prefix)
    }
