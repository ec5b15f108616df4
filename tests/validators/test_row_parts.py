"""Figures over rows that are read part by part are those over all rows at once."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from unittest import mock

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.validators.drift.profiles import chunks, documents
from vouch.schemas.settings.drift import DriftSettings
from vouch.schemas.settings.gates import PolicySettings
from vouch.validators import row_parts
from vouch.validators.batch.policy_checks import duplicate_checks
from vouch.validators.drift.drift_metrics import compare_profiles
from vouch.validators.drift.profile import build_profile, to_series
from vouch.validators.row_parts import parts_by, parts_of
from vouch.validators.rows.near_duplicates import near_duplicates, repeated_over_documents

T = TypeVar("T")
OWNERS = st.lists(st.integers(0, 11), min_size=4, max_size=30)


def in_parts_too(work: Callable[[], T]) -> tuple[T, T]:
    """What the work gives over all rows at once, and over three rows at a time."""
    with mock.patch.object(row_parts, "PART_ROWS", 3):
        parts = work()
    return work(), parts


def chunk_rows(owners: Sequence[int], seed: int) -> pl.DataFrame:
    """Chunks of these documents, some with equal or similar texts."""
    random = np.random.default_rng(seed)
    count = len(owners)
    signatures = random.integers(0, 256, (3, 64), dtype=np.uint8)[random.integers(0, 3, count)]
    signatures[:, :8] = random.integers(0, 2, (count, 8))
    minhash = [None if number % 5 == 0 else row.tobytes() for number, row in enumerate(signatures)]
    return chunks(
        count,
        document_id=[f"d{owner}" for owner in owners],
        text_sha256=[f"t{number}" for number in random.integers(0, max(2, count // 2), count)],
        language=random.choice(["en", "de"], count).tolist(),
        heading_depth=random.integers(0, 3, count).tolist(),
        token_count=random.integers(1, 300, count).tolist(),
        flags=[[["garbled"], ["injection"], []][kind] for kind in random.integers(0, 3, count)],
        minhash=pl.Series(minhash, dtype=pl.Binary),
    )


@given(OWNERS, OWNERS, st.integers(0, 9))
@settings(max_examples=8, deadline=None)
def test_profiles_and_drift(before: list[int], after: list[int], seed: int):
    settings_ = DriftSettings(min_documents=2)
    status = ["published"] * 9 + ["quarantined", "filtered", "published"]

    def compared() -> tuple[Any, ...]:
        old, new = (
            build_profile(
                documents(12, status=status, uri=["x"] * 12).lazy(),
                chunk_rows(owners, seed).lazy(),
                frozenset({"t1"}),
            )
            for owners in (before, after)
        )
        return to_series(old), compare_profiles(old, new, settings_, "docs", "index")

    whole, parts = in_parts_too(compared)
    assert whole == parts


@given(OWNERS, st.integers(0, 99))
@settings(max_examples=15, deadline=None)
def test_duplicates(owners: list[int], seed: int):
    rows = chunk_rows(owners, seed)
    uris = pl.DataFrame({"document_id": [f"d{n}" for n in range(12)], "uri": [*"abcdefghijkl"]})

    def looked_for() -> tuple[Any, ...]:
        return (
            near_duplicates(rows.lazy(), 0.5).rows(),
            repeated_over_documents(rows.lazy(), 2).rows(),
            duplicate_checks(uris.lazy(), rows.lazy(), PolicySettings()),
        )

    whole, parts = in_parts_too(looked_for)
    assert whole == parts


def test_parts_have_all_rows_and_keep_those_of_a_key_together():
    rows = pl.DataFrame({"key": [n % 7 for n in range(50)], "row": range(50)})
    with mock.patch.object(row_parts, "PART_ROWS", 8):
        assert pl.concat(parts_of(rows.lazy(), ["row"]))["row"].to_list() == list(range(50))
        parts = list(parts_by(rows.lazy(), "key", ["key", "row"], row_parts.part_count(rows)))
    assert sorted(pl.concat(parts)["row"]) == list(range(50))
    keys = [set(part["key"]) for part in parts]
    assert sum(map(len, keys)) == 7
