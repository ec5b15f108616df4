"""A run's own vectors: kept exactly, known again, gone with the run."""

from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from vouch.index.store.vector_cache import open_vector_cache


@settings(max_examples=20)
@given(
    keys=st.lists(st.text("0123456789abcdef", min_size=4, max_size=4), max_size=1500, unique=True),
    seed=st.integers(0, 9),
)
def test_what_is_kept_is_known_and_nothing_else(tmp_path_factory, keys: list[str], seed: int):
    vectors = dict(
        zip(
            keys,
            np.random.default_rng(seed).normal(size=(len(keys), 8)).astype(np.float32),
            strict=True,
        )
    )
    with open_vector_cache(tmp_path_factory.mktemp("work"), "ingest") as store:
        store.keep(dict(list(vectors.items())[::2]))
        store.keep(dict(list(vectors.items())[1::2]))
        known = store.known([*keys, "other"])
    assert known.keys() == vectors.keys()
    assert all(np.array_equal(known[key], vectors[key]) for key in keys)


def test_nothing_is_left_of_a_run_not_even_of_one_that_was_killed(tmp_path: Path):
    (tmp_path / "vectors-ingest-killed").mkdir()
    (tmp_path / "vectors-backfill-running").mkdir()
    with open_vector_cache(tmp_path, "ingest"):
        pass
    assert [folder.name for folder in tmp_path.iterdir()] == ["vectors-backfill-running"]
