"""Maintenance changes how an index lies and is searched, and no row that anybody reads."""

import shutil
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from benchmarks.speed.synthetic import document_at
from tests.flows.faults import Killed, end_at, killed
from tests.index.many_rows import CORPUS, SETTINGS, made, publish_more
from vouch.index.lineage.health_checks import examine
from vouch.index.publishing.maintenance import maintain
from vouch.index.publishing.publish import restore
from vouch.index.publishing.versions import (
    at_state,
    oldest_kept,
    published_state,
    states,
    versions_of,
)
from vouch.index.search.store_queries import Queries
from vouch.index.store.generations import is_alone
from vouch.index.store.run_log import Intent, newest_published
from vouch.index.store.tables import Tables, frame, matrix, rows
from vouch.index.vectors.tuning import Probes, measure, tenth_nearest
from vouch.index.vectors.vector_index import VectorIndex, current_vector_index
from vouch.schemas.errors import IndexError_
from vouch.schemas.ids import document_id

OLD, NEW = "20260101T000000-aaaaaa", "20260102T000000-aaaaaa"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("published")
    made(folder)
    return folder


@pytest.fixture
def tables(published: Path, tmp_path: Path, monkeypatch) -> Tables:
    monkeypatch.setattr("vouch.index.vectors.tuning._QUERIES", 40)
    monkeypatch.setattr(
        "vouch.index.vectors.tuning._CHEAP_MS", 1e9
    )  # the first kind that finds enough: what is told here holds for each
    shutil.copytree(published / "index", tmp_path / "index")
    return Tables.open(tmp_path / "index")


def state(tables: Tables) -> dict[str, list[tuple]]:
    columns = {
        "chunks": ("chunk_id", "text", "vector_sha256", "run_id"),
        "documents": ("document_id", "canonical_text"),
    }
    return {
        name: frame(getattr(tables, name), told).sort(told[0]).rows()
        for name, told in columns.items()
    }


def shown(tables: Tables) -> Tables:
    return published_state(Tables.open(tables.folder))


def nearest(tables: Tables, document: int, version: int = 0) -> str:
    """The chunk that is nearest to the first one of a document."""
    vector = CORPUS.vectors(document, 1, version)[0]
    return next(iter(Queries(tables).by_vector(vector, 10, None)))


def near_held(tables: Tables) -> np.ndarray:
    """Other queries than those that an index is chosen on."""
    random = np.random.default_rng(5)
    held = matrix(rows(tables.chunks, ["vector"]).column(0))[random.permutation(2_000)[:200]]
    noise = random.standard_normal(held.shape).astype(np.float32)
    mixed = held + 0.5 * noise / np.linalg.norm(noise, axis=1, keepdims=True)
    return mixed / np.linalg.norm(mixed, axis=1, keepdims=True)


def test_what_is_chosen_finds_enough_and_readers_search_by_it(tables: Tables):
    found = maintain(tables, SETTINGS.index)
    assert found.before.vectors == "exact search"
    assert found.after.recall >= SETTINGS.index.min_recall
    reader = shown(tables)
    index = current_vector_index(reader.chunks)
    assert (index.rows, str(index)) == (2_000, found.after.vectors)
    assert 1 <= index.nprobes <= index.partitions
    assert [one.name for one in reader.chunks.list_indices()] == [
        "embedded_text_idx",
        "text_idx",
        "vector_idx",
    ]
    vectors = near_held(reader)
    measured = measure(reader.chunks, Probes(vectors, tenth_nearest(reader.chunks, vectors)), index)
    assert measured.recall + 3 * measured.error >= SETTINGS.index.min_recall


def test_no_row_changes_and_earlier_readers_read_on(tables: Tables):
    before, reader = state(tables), shown(tables)
    kept = {run: state(at_state(tables, run)) for run in (OLD, NEW)}
    maintain(tables, SETTINGS.index)
    assert state(shown(tables)) == state(reader) == before
    assert reader.chunks.version < shown(tables).chunks.version
    assert {run: state(at_state(tables, run)) for run in states(tables)} == kept
    assert examine(tables.latest()) == []


def test_the_second_time_there_is_nothing_to_do(tables: Tables):
    maintain(tables, SETTINGS.index)
    versions = tables.versions()
    again = maintain(Tables.open(tables.folder), SETTINGS.index)
    assert Tables.open(tables.folder).versions() == versions
    assert again.tried == ()
    assert again.before == again.after


def test_rows_written_afterwards_are_found(tables: Tables):
    maintain(tables, SETTINGS.index)
    publish_more(tables, "20260103T000000-aaaaaa", range(200, 201), changed=range(7, 8))
    reader = shown(tables)
    assert current_vector_index(reader.chunks).kind != "exact"
    assert current_vector_index(reader.chunks).unseen == 20
    owner = dict(rows(reader.chunks, ("chunk_id", "uri")).to_pandas().itertuples(index=False))
    assert owner[nearest(reader, 200)].endswith("document 200.md")
    assert owner[nearest(reader, 7, version=1)].endswith("document 7.md")
    assert examine(tables.latest()) == []


def test_filters_do_not_cost_recall(tables: Tables):
    maintain(tables, SETTINGS.index)
    reader = shown(tables)
    held = rows(reader.chunks, ("chunk_id", "vector"), "source = 'mail'")
    vectors, ids = (
        np.array(held.column("vector").to_pylist(), dtype=np.float32),
        held.column("chunk_id").to_pylist(),
    )
    shares = []
    for query in CORPUS.vectors(9_000, 5):
        wanted = {ids[at] for at in np.argsort(-(vectors @ query))[:10]}
        shares.append(
            len(wanted & set(list(Queries(reader).by_vector(query, 100, "source = 'mail'"))[:10])) / 10
        )
    assert np.mean(shares) >= 0.95


def test_going_back_brings_the_index_of_that_state(tables: Tables):
    before = state(at_state(tables, NEW))
    maintain(tables, SETTINGS.index)
    publish_more(tables, "20260103T000000-aaaaaa", range(200, 220))
    record = newest_published(tables).model_copy(
        update={"run_id": "20260104T000000-aaaaaa", "kind": "rollback"}
    )
    restore(tables, Intent(restore=versions_of(tables, NEW)), record, SETTINGS)
    reader = shown(tables)
    assert state(reader) == before
    assert current_vector_index(reader.chunks).kind != "exact"


BORDERS = [
    ("vouch.index.publishing.maintenance", "retain"),
    ("vouch.index.publishing.maintenance", "_put_together"),
    ("vouch.index.vectors.tuning", "_tuned"),
    ("vouch.index.publishing.maintenance", "choose"),
    ("vouch.index.publishing.maintenance", "write_run"),
    ("vouch.index.publishing.maintenance", "tag_state"),
]


# Behind one border is before the next, but for the one in between and the last.
CUTS = [
    *((border, False) for border in BORDERS),
    (("vouch.index.vectors.tuning", "_tuned"), True),
    (("vouch.index.publishing.maintenance", "tag_state"), True),
]


@pytest.mark.parametrize(
    ("border", "after"),
    CUTS,
    ids=lambda told: told[1] if isinstance(told, tuple) else f"after-{told}",
)
def test_cut_short_it_is_taken_up(
    tables: Tables, border: tuple[str, str], after: bool, monkeypatch
):
    before = state(tables)
    end_at(border, after, killed, monkeypatch.setattr)
    with pytest.raises(Killed):
        maintain(tables, SETTINGS.index)
    monkeypatch.undo()
    assert state(shown(tables)) == before
    assert (
        maintain(Tables.open(tables.folder), SETTINGS.index).after.recall
        >= SETTINGS.index.min_recall
    )
    assert state(shown(tables)) == before
    assert current_vector_index(shown(tables).chunks).kind != "exact"
    assert examine(tables.latest()) == []


def test_a_publication_after_one_that_was_cut_short(tables: Tables, monkeypatch):
    end_at(("vouch.index.publishing.maintenance", "_show"), False, killed, monkeypatch.setattr)
    with pytest.raises(Killed):
        maintain(tables, SETTINGS.index)
    publish_more(Tables.open(tables.folder), "20260103T000000-aaaaaa", range(200, 201))
    assert shown(tables).chunks.count_rows() == 2_010
    assert current_vector_index(shown(tables).chunks).kind != "exact"


def test_rows_that_no_run_published_are_not_shown(tables: Tables):
    tables.chunks.delete("source = 'mail'")
    with pytest.raises(
        IndexError_, match="rows of chunks are not as run 20260102T000000-aaaaaa published them"
    ):
        maintain(tables, SETTINGS.index)
    assert shown(tables).chunks.count_rows() == 2_000


def test_one_that_finds_too_little_is_chosen_anew(tables: Tables, monkeypatch):
    maintain(tables, SETTINGS.index)
    chosen = current_vector_index(tables.chunks).chosen_at
    assert maintain(tables, SETTINGS.index).tried == ()
    monkeypatch.setattr("vouch.index.publishing.maintenance.keep", lambda *_: False)
    assert maintain(tables, SETTINGS.index).tried
    assert current_vector_index(shown(tables).chunks).chosen_at > chosen


def test_an_index_that_was_made_for_fewer_rows_is_made_anew(tables: Tables):
    maintain(tables, SETTINGS.index)
    partitions = current_vector_index(tables.chunks).partitions
    publish_more(tables, "20260103T000000-aaaaaa", range(200, 450))
    found = maintain(tables, SETTINGS.index)
    assert found.tried
    assert current_vector_index(shown(tables).chunks).partitions > partitions
    assert current_vector_index(shown(tables).chunks).rows == 4_500


def test_where_none_finds_enough_search_is_exact(tables: Tables, monkeypatch):
    """No index is as good as that: then none is taken, and none is tried again until the rows are others."""
    monkeypatch.setattr(
        "vouch.index.vectors.tuning.Measurement.reaches", lambda measured, least: False
    )
    found = maintain(tables, SETTINGS.index)
    assert (found.after.vectors, found.after.recall) == ("exact search", 1.0)
    assert not [one for one in tables.chunks.list_indices() if one.name == "vector_idx"]
    assert maintain(tables, SETTINGS.index).tried == ()


def test_below_the_bound_vectors_are_not_indexed(tables: Tables):
    found = maintain(tables, SETTINGS.index.model_copy(update={"vector_index_from_rows": 5_000}))
    assert found.after.vectors == "exact search"
    assert current_vector_index(shown(tables).chunks) == VectorIndex()


@pytest.mark.parametrize(
    ("ages", "tagged", "kept"),
    [
        (
            [50, 30, 3, 1],
            [],
            30,
        ),  # the one of 30 hours was the newest until 3 hours ago: it may be read still
        ([50, 30, 25, 24], [], 24),
        ([50, 30, 3, 1], [50], 50),
        ([3, 1], [], 24),
        ([], [], 24),
    ],
)
def test_what_was_the_newest_within_the_time_of_readers_stays(
    ages: list[int], tagged: list[int], kept: int
):
    hours = [timedelta(hours=age) for age in ages], [timedelta(hours=age) for age in tagged]
    assert oldest_kept(*hours, timedelta(hours=24)) == timedelta(hours=kept)


def test_documents_are_found_by_their_ids(tables: Tables, monkeypatch):
    monkeypatch.setattr("vouch.index.publishing.maintenance._KEYS_FROM", 100)
    maintain(tables, SETTINGS.index.model_copy(update={"vector_index_from_rows": 5_000}))
    publish_more(tables, "20260103T000000-aaaaaa", range(200, 201), changed=range(7, 8))
    reader = shown(tables)
    assert [one.name for one in reader.documents.list_indices()] == ["document_id_idx"]
    ids = [document_id(*document_at(number)) for number in (3, 7, 200)]
    held = frame(reader.documents, ("document_id", "canonical_text"))
    whole = dict(zip(held["document_id"], held["canonical_text"], strict=True))
    assert held.height == len(whole) == 201
    assert Queries(reader).spans([(one, 40, 300) for one in ids]) == [
        whole[one][40:300] for one in ids
    ]


def test_one_generation_is_told_from_two(tables: Tables):
    assert is_alone(tables, "e" * 16)
    tables.chunks.update(where="source = 'mail'", values={"embedding_fingerprint": "f" * 16})
    assert not is_alone(tables, "e" * 16)
