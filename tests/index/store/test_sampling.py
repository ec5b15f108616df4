"""Samples are bounded, repeatable, and the same from staged chunks as from published ones."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.index.small_index import DIMENSION, FIRST, TEXTS, stage
from vouch.index.store.sampling import (
    concat_samples,
    lowest_document_ids,
    published_sample,
    staged_sample,
)
from vouch.index.store.tables import Tables
from vouch.schemas.documents.ids import document_id


def documents(**columns) -> pl.DataFrame:
    defaults = {
        "document_id": ["c", "a", "b"],
        "status": ["published"] * 3,
        "chunk_count": [1, 2, 3],
    }
    return pl.DataFrame(defaults | columns)


def test_documents_are_chosen_by_their_ids_alone():
    assert lowest_document_ids(documents(), 2) == ["a", "b"]
    assert lowest_document_ids(documents().reverse(), 2) == ["a", "b"]
    statuses = ["quarantined", "published", "published"]
    assert lowest_document_ids(documents(status=statuses, chunk_count=[1, 0, 1]), 9) == ["b"]


def test_the_published_sample_is_the_staged_one(small_tables: Tables, tmp_path: Path):
    ids = [document_id("docs", uri) for uri in ("a.md", "c.md")]
    before = staged_sample(stage(tmp_path, FIRST, TEXTS), ids)
    after = published_sample(small_tables, ids)
    assert before.texts == after.texts == before.inputs
    assert sorted(before.texts) == ["alpha", "gamma"]
    assert np.array_equal(before.means, after.means)
    assert after.means.shape == (2, DIMENSION)


@pytest.mark.parametrize("ids", [[], ["nowhere"]])
def test_a_sample_of_no_documents_is_empty(ids: list[str], tmp_path: Path):
    staging = stage(tmp_path, FIRST, TEXTS)
    empty = staged_sample(staging, ids)
    assert (empty.texts, empty.means.shape) == ([], (0, 0))
    whole = staged_sample(staging, [document_id("docs", uri) for uri in TEXTS])
    assert concat_samples(empty, whole) is whole
    assert concat_samples(whole, empty) is whole
    assert concat_samples(whole, whole).means.shape == (6, DIMENSION)
