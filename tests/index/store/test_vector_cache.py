"""The vectors of a run are kept exactly, and removed with the run."""

from pathlib import Path

import numpy as np
import pytest

from vouch.index.store.vector_cache import open_vector_cache


@pytest.mark.parametrize("count", [0, 1, 499, 500, 501, 1_500])
def test_the_cache_returns_exactly_what_was_put_into_it(tmp_path: Path, count: int):
    keys = [f"{number:04x}" for number in range(count)]
    numbers = np.random.default_rng(count).normal(size=(count, 8)).astype(np.float32)
    vectors = dict(zip(keys, numbers, strict=True))
    with open_vector_cache(tmp_path, "ingest") as cache:
        cache.put(dict(list(vectors.items())[::2]))
        cache.put(dict(list(vectors.items())[1::2]))
        cached = cache.get([*keys, "other"])
    assert cached.keys() == vectors.keys()
    assert all(np.array_equal(cached[key], vectors[key]) for key in keys)


def test_caches_are_removed_with_their_run_or_by_the_next_of_its_kind(tmp_path: Path):
    (tmp_path / "vectors-ingest-killed").mkdir()
    (tmp_path / "vectors-backfill-running").mkdir()
    with open_vector_cache(tmp_path, "ingest"):
        pass
    assert [folder.name for folder in tmp_path.iterdir()] == ["vectors-backfill-running"]
