"""Attention: the fast way and torch's fused kernel agree."""

from hypothesis import given, settings
from hypothesis import strategies as st


@settings(max_examples=20)
@given(
    lengths=st.lists(st.integers(1, 40), min_size=1, max_size=5),
    spread=st.floats(0.1, 1.5),
    seed=st.integers(0, 1000),
)
def test_both_ways_agree(lengths: list[int], spread: float, seed: int):
    import torch

    from vouch.embedders.local.attention import fused_attention, two_product_attention

    torch.manual_seed(seed)
    qkv = spread * torch.randn(3, len(lengths), 2, max(lengths), 8)
    mask = torch.arange(max(lengths))[None] < torch.tensor(lengths)[:, None]
    assert torch.allclose(two_product_attention(qkv, mask), fused_attention(qkv, mask), atol=1e-3)
