"""Vectors that are paid for and in no shard: kept by a run that fails, for the next of its kind."""

from pathlib import Path

import numpy as np
import pytest

from vouch.embedders.base import Vectors
from vouch.index.store.paid_vectors import PaidVectors
from vouch.index.store.vector_cache import open_vector_cache
from vouch.schemas.errors import EmbeddingError, ModelChanged
from vouch.storage.places import location_of

VECTORS: dict[str, Vectors] = dict(zip("abc", np.eye(3, 4, dtype=np.float32), strict=True))


def kept(folder: Path, kind: str = "ingest", model: str = "model") -> dict[str, Vectors]:
    """Return what the next run of a kind finds."""
    with open_vector_cache(folder / "scratch", kind) as cache:
        PaidVectors(location_of(folder), kind, cache).load(model)
        return cache.get(list(VECTORS))


def fail(folder: Path, error: BaseException, staged: str = "", kind: str = "ingest") -> None:
    """Let a run pay for all vectors, stage some, and fail."""
    with open_vector_cache(folder / "scratch", kind) as cache:
        paid = PaidVectors(location_of(folder), kind, cache)
        paid.load("model")
        paid.add(VECTORS)
        paid.staged(staged)
        with pytest.raises(type(error)), paid.kept_by_failure():
            raise error


@pytest.mark.parametrize("error", [EmbeddingError("down"), KeyboardInterrupt()])
def test_a_run_that_fails_keeps_what_no_shard_has(tmp_path: Path, error: BaseException):
    fail(tmp_path, error, staged="b")
    next_run = kept(tmp_path)
    assert set(next_run) == {"a", "c"}
    np.testing.assert_array_equal(next_run["c"], VECTORS["c"])
    assert kept(tmp_path, model="another") == kept(tmp_path, kind="backfill") == {}


def test_a_second_failure_replaces_what_the_first_has_kept(tmp_path: Path):
    fail(tmp_path, EmbeddingError("down"), staged="bc")
    fail(tmp_path, EmbeddingError("down"), staged="b")
    assert set(kept(tmp_path)) == {"a", "c"}
    assert len(list((tmp_path / "paid_vectors").rglob("*.parquet"))) == 1


def test_vectors_of_a_model_that_has_changed_are_not_kept(tmp_path: Path):
    fail(tmp_path, ModelChanged("it gives other vectors"))
    assert kept(tmp_path) == {}


def test_what_is_staged_or_old_is_removed(tmp_path: Path):
    fail(tmp_path, EmbeddingError("down"))
    fail(tmp_path, EmbeddingError("down"), kind="backfill")
    with open_vector_cache(tmp_path / "scratch", "ingest") as cache:
        paid = PaidVectors(location_of(tmp_path), "ingest", cache)
        paid.discard()
        paid.remove_old(hours=1)
        assert set(kept(tmp_path, kind="backfill")) == set(VECTORS)
        paid.remove_old(hours=-1)
    assert kept(tmp_path) == kept(tmp_path, kind="backfill") == {}
