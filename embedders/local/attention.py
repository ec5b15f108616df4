"""Attention over a batch, computed in two ways that agree within the precision of the type.

Both take queries, keys and values of shape (3, texts, heads, tokens, size), with queries already
scaled, and a mask of shape (texts, tokens) that is true for a text's own tokens and false for
padding. Both return shape (texts * tokens, heads * size).
"""

import torch
import torch.nn.functional as functional

# Attention weights are exp(score - score of the first token - _SHIFT). The first token's weight is
# exp(-_SHIFT), so the sum is never zero, and other weights may be exp(88) / exp(-_SHIFT) times as
# large before they overflow.
_SHIFT = 30.0
_PADDING_SCORE = -1000.0
# Columns added for the shift and for the sums of the weights; kernels prefer multiples of 16.
_EXTRA_COLUMNS = 16


def fused_attention(qkv: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Compute attention with torch's fused kernel."""
    attention_mask = None if bool(mask.all()) else mask[:, None, None, :]
    query, key, value = qkv
    return _join_heads(
        functional.scaled_dot_product_attention(
            query, key, value, attn_mask=attention_mask, scale=1.0
        )
    )


def two_product_attention(qkv: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Compute attention with two batched products and one exponential.

    In bfloat16 this is twice as fast as the fused kernel on processors without AMX. The key of
    the first token is subtracted from every key, which shifts all scores of a query alike and so
    leaves its weights unchanged. One added column shifts the scores into the range of the
    exponential and removes padding; another one sums the weights.

    The result is not finite where a model's scores are further apart than that range.
    """
    _, texts, heads, tokens, size = qkv.shape
    query, key, value = qkv.new_zeros(3, texts, heads, tokens, size + _EXTRA_COLUMNS)
    query[..., :size] = qkv[0]
    query[..., size] = 1
    torch.sub(qkv[1], qkv[1][:, :, :1], out=key[..., :size])
    key[..., size] = torch.where(mask, -_SHIFT, _PADDING_SCORE)[:, None].to(key.dtype)
    value[..., :size] = qkv[2]
    value[..., size] = 1
    scores = torch.bmm(query.flatten(0, 1), key.flatten(0, 1).transpose(1, 2))
    weighted = torch.bmm(scores.exp_(), value.flatten(0, 1)).view(texts, heads, tokens, -1)
    return _join_heads(weighted[..., :size] / weighted[..., size : size + 1])


def _join_heads(heads: torch.Tensor) -> torch.Tensor:
    texts, count, tokens, size = heads.shape
    return heads.transpose(1, 2).reshape(texts * tokens, count * size)
