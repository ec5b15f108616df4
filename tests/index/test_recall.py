"""What was measured of the vectors' index holds for readers, whatever the store does with it."""

from pathlib import Path

import lancedb
import numpy as np
import pyarrow as pa
import pytest
from lancedb.table import Table

from vouch.index.store.tables import compact
from vouch.index.vectors.recall_monitor import count_unseen, ensure_recall
from vouch.index.vectors.tuning import Probes, choose, measure
from vouch.index.vectors.vector_index import VectorIndex, has_index, current_vector_index, note
from vouch.schemas.settings import IndexSettings

SETTINGS = IndexSettings()
ROWS, DIMENSION = 40_000, 32


def around(centres: np.ndarray, count: int, seed: int, noise: float = 0.25) -> pa.Table:
    random = np.random.default_rng(seed)
    drawn = centres[random.integers(0, len(centres), count)] + noise * random.standard_normal(
        (count, DIMENSION)
    )
    flat = (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32).ravel()
    ids = pa.array([f"{seed}-{number}" for number in range(count)])
    return pa.table(
        {"chunk_id": ids, "vector": pa.FixedSizeListArray.from_arrays(pa.array(flat), DIMENSION)}
    )


@pytest.fixture(scope="module", autouse=True)
def few_queries():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vouch.index.vectors.tuning._QUERIES", 60)
        yield


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """A table and the version at which its index was chosen."""
    folder = tmp_path_factory.mktemp("table")
    centres = np.random.default_rng(0).standard_normal((200, DIMENSION))
    chunks = lancedb.connect(folder).create_table("chunks", around(centres, ROWS, 1))
    choose(chunks, Probes.of(chunks), SETTINGS)
    return folder, chunks.version


@pytest.fixture
def chunks(made: tuple[Path, int]) -> Table:
    table = lancedb.connect(made[0]).open_table("chunks")
    table.restore(made[1])
    return table


def recall(chunks: Table) -> float:
    return measure(chunks, Probes.of(chunks), current_vector_index(chunks)).recall


def add(chunks: Table, rows: pa.Table) -> None:
    chunks.add(rows)
    count_unseen(chunks)
    compact(chunks)


def unlike(count: int) -> pa.Table:
    """Rows of a topic that the index does not know, spread over many of its partitions."""
    return around(np.random.default_rng(7).standard_normal((1, DIMENSION)), count, 8, noise=0.5)


def test_what_was_chosen_stays_when_the_table_is_put_together(chunks: Table):
    chosen = current_vector_index(chunks)
    assert chosen.nprobes < chosen.partitions / 4
    compact(chunks)
    assert current_vector_index(chunks) == chosen
    assert recall(chunks) >= SETTINGS.min_recall


def test_few_more_rows_are_only_counted(chunks: Table, monkeypatch):
    chosen = current_vector_index(chunks)
    add(chunks, unlike(100))
    monkeypatch.setattr("vouch.index.vectors.recall_monitor.measure", None)
    ensure_recall(chunks, SETTINGS)
    assert current_vector_index(chunks) == chosen.model_copy(update={"unseen": 100})


def test_rows_unlike_the_others_are_found_as_well(chunks: Table):
    chosen = current_vector_index(chunks)
    add(chunks, unlike(8_000))
    assert recall(chunks) < SETTINGS.min_recall
    ensure_recall(chunks, SETTINGS)
    assert recall(chunks) >= SETTINGS.min_recall
    kept, version = current_vector_index(chunks), chunks.version
    assert (kept.nprobes > chosen.nprobes, kept.seen, kept.unseen) == (True, ROWS + 8_000, 0)
    ensure_recall(chunks, SETTINGS)
    assert chunks.version == version


def test_an_index_that_was_cut_anew_is_measured_again(chunks: Table):
    """As one was that an earlier version of Vouch chose, or as a run left it that was cut short."""
    VectorIndex(kind="IVF_FLAT", partitions=20).build(chunks)
    note(chunks, current_vector_index(chunks).model_copy(update={"nprobes": 1}))
    assert recall(chunks) < SETTINGS.min_recall
    ensure_recall(chunks, SETTINGS)
    assert recall(chunks) >= SETTINGS.min_recall


def test_where_all_of_it_does_not_find_enough_search_is_exact(chunks: Table, monkeypatch):
    add(chunks, unlike(8_000))
    monkeypatch.setattr(
        "vouch.index.vectors.tuning.Measurement.reaches", lambda measured, least: False
    )
    ensure_recall(chunks, SETTINGS)
    assert not has_index(chunks)
    assert current_vector_index(chunks) == VectorIndex()
