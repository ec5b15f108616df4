"""The measured recall of a vector index holds for readers, whatever the store does with it."""

from pathlib import Path

import lancedb
import numpy as np
import pyarrow as pa
import pytest
from lancedb.table import Table

from vouch.index.store.tables import compact
from vouch.index.vectors.access import Access
from vouch.index.vectors.recall_monitor import count_unseen, ensure_recall
from vouch.index.vectors.tuning import Probes, choose_vector_index, measure
from vouch.index.vectors.vector_index import (
    VectorIndex,
    current_vector_index,
    has_vector_index,
    record_vector_index,
)
from vouch.schemas.settings.index import IndexSettings
from vouch.storage.places import location_of

SETTINGS = IndexSettings()
# The store partitions by chance, so that how much is lost differs a little from run to run.
STRICT = SETTINGS.model_copy(update={"min_recall": 0.995})
ROWS, DIMENSION = 20_000, 16


def around(centres: np.ndarray, count: int, seed: int, noise: float = 0.25) -> pa.Table:
    """Return chunks whose vectors lie around these centres."""
    random = np.random.default_rng(seed)
    spread = noise * random.standard_normal((count, DIMENSION))
    vectors = centres[random.integers(0, len(centres), count)] + spread
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    ids = pa.array([f"{seed}-{number}" for number in range(count)])
    column = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), DIMENSION)
    return pa.table({"chunk_id": ids, "vector": column})


@pytest.fixture(scope="module", autouse=True)
def few_probes():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vouch.index.vectors.tuning._PROBES", 40)
        patch.setattr("vouch.index.vectors.tuning._CHEAP_MS", 1e9)
        yield


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """A table, and its version when its index was chosen."""
    folder = tmp_path_factory.mktemp("table")
    centres = np.random.default_rng(0).standard_normal((200, DIMENSION))
    chunks = lancedb.connect(folder).create_table("chunks", around(centres, ROWS, 1))
    choose_vector_index(chunks, Probes.of(chunks), SETTINGS, Access.of(location_of(folder)))
    return folder, chunks.version


@pytest.fixture
def chunks(indexed: tuple[Path, int]) -> Table:
    table = lancedb.connect(indexed[0]).open_table("chunks")
    table.restore(indexed[1])
    return table


def recall(chunks: Table) -> float:
    return measure(chunks, Probes.of(chunks), current_vector_index(chunks)).recall


def add(chunks: Table, rows: pa.Table) -> None:
    chunks.add(rows)
    count_unseen(chunks)
    compact(chunks)


def unlike(count: int) -> pa.Table:
    """Return chunks of a topic that the index has not seen, spread over many of its partitions."""
    return around(np.random.default_rng(7).standard_normal((1, DIMENSION)), count, 8, noise=0.5)


def test_the_choice_remains_when_the_table_is_compacted(chunks: Table):
    chosen = current_vector_index(chunks)
    assert chosen.nprobes < chosen.partitions / 4
    compact(chunks)
    assert current_vector_index(chunks) == chosen
    assert recall(chunks) >= SETTINGS.min_recall


def test_a_few_new_rows_are_only_counted(chunks: Table, monkeypatch: pytest.MonkeyPatch):
    chosen = current_vector_index(chunks)
    add(chunks, unlike(100))
    monkeypatch.setattr("vouch.index.vectors.recall_monitor.measure", None)
    ensure_recall(chunks, SETTINGS)
    assert current_vector_index(chunks) == chosen.model_copy(update={"unseen": 100})


def test_many_rows_unlike_the_others_are_found_as_well(chunks: Table):
    chosen = current_vector_index(chunks)
    add(chunks, unlike(4_000))
    assert recall(chunks) < STRICT.min_recall
    ensure_recall(chunks, STRICT)
    assert recall(chunks) >= STRICT.min_recall
    tuned, version = current_vector_index(chunks), chunks.version
    assert tuned.nprobes > chosen.nprobes
    assert (tuned.seen, tuned.unseen) == (ROWS + 4_000, 0)
    ensure_recall(chunks, STRICT)
    assert chunks.version == version


def test_an_index_that_was_partitioned_again_is_measured_again(chunks: Table):
    """As after a run that was cut short, or with an index of an earlier version of Vouch."""
    VectorIndex(kind="IVF_FLAT", partitions=20).build(chunks)
    record_vector_index(chunks, current_vector_index(chunks).model_copy(update={"nprobes": 1}))
    assert recall(chunks) < SETTINGS.min_recall
    ensure_recall(chunks, SETTINGS)
    assert recall(chunks) >= SETTINGS.min_recall


def test_search_is_exact_where_all_partitions_do_not_reach_the_recall(
    chunks: Table, monkeypatch: pytest.MonkeyPatch
):
    add(chunks, unlike(4_000))
    monkeypatch.setattr(
        "vouch.index.vectors.tuning.Measurement.reaches", lambda measured, minimum: False
    )
    ensure_recall(chunks, STRICT)
    assert not has_vector_index(chunks)
    assert current_vector_index(chunks) == VectorIndex()
