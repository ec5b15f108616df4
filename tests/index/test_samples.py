"""Samples: bounded, the same each time, and the same from what is staged as from what is published."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.index.test_index import DIMENSION, SETTINGS, intent, record, stage
from vouch.index.publishing.publish import publish
from vouch.index.store.sampling import lowest_document_ids, concat_samples, published_sample, staged_sample
from vouch.index.store.tables import Tables
from vouch.schemas.ids import document_id

RUN = "20260101T000000-aaaaaa"
TEXTS = {"a.md": "alpha", "b.md": "beta", "c.md": "gamma"}


def documents(**changes) -> pl.DataFrame:
    columns = {
        "document_id": ["c", "a", "b"],
        "status": ["published"] * 3,
        "chunk_count": [1, 2, 3],
    }
    return pl.DataFrame(columns | changes)


def test_documents_are_chosen_by_their_ids_alone():
    assert lowest_document_ids(documents(), 2) == lowest_document_ids(documents().reverse(), 2) == ["a", "b"]
    assert lowest_document_ids(
        documents(status=["quarantined", "published", "published"], chunk_count=[1, 0, 1]), 9
    ) == ["b"]


def test_what_is_published_is_what_was_staged(tmp_path: Path):
    staging = stage(tmp_path, RUN, TEXTS)
    ids = [document_id("docs", uri) for uri in ("a.md", "c.md")]
    before = staged_sample(staging, ids)
    tables = Tables.create(tmp_path / "index", DIMENSION)
    publish(tables, staging, intent(staging, 3), record(RUN), SETTINGS)
    after = published_sample(tables.latest(), ids)
    assert sorted(before.texts) == sorted(after.texts) == ["alpha", "gamma"]
    assert before.texts == after.texts == before.inputs
    assert np.array_equal(before.means, after.means)
    assert after.means.shape == (2, DIMENSION)


@pytest.mark.parametrize("ids", [[], ["nowhere"]])
def test_nothing_gives_an_empty_sample(ids: list[str], tmp_path: Path):
    staging = stage(tmp_path, RUN, TEXTS)
    empty = staged_sample(staging, ids)
    assert (empty.texts, empty.means.shape) == ([], (0, 0))
    whole = staged_sample(staging, [document_id("docs", uri) for uri in TEXTS])
    assert concat_samples(empty, whole) is whole
    assert concat_samples(whole, empty) is whole
    assert concat_samples(whole, whole).means.shape == (6, DIMENSION)
