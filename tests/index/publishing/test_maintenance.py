"""Maintenance changes how an index is stored and searched, and no row that anybody reads."""

import numpy as np
import pytest

from benchmarks.speed.synthetic import document_at
from tests.index.interrupt import Interrupted, interrupt_at
from tests.index.large_index import CORPUS, DOCUMENTS, LAST, NEW, NEXT, OLD, SETTINGS, publish_more
from vouch.index.lineage.health_checks import examine
from vouch.index.publishing.maintenance import maintain
from vouch.index.publishing.publish import restore
from vouch.index.publishing.versions import at_state, published_state, states, versions_of
from vouch.index.search.store_queries import Queries
from vouch.index.store.run_log import Intent, newest_published
from vouch.index.store.stored_vectors import matrix
from vouch.index.store.tables import Tables, frame, rows
from vouch.index.vectors.tuning import Probes, measure, tenth_nearest
from vouch.index.vectors.vector_index import VectorIndex, current_vector_index
from vouch.schemas.boundary import Boundary, Side
from vouch.schemas.documents.ids import document_id
from vouch.schemas.errors import IndexError_

UNINDEXED = SETTINGS.index.model_copy(update={"vector_index_from_rows": 5_000})


def state(tables: Tables) -> dict[str, list[tuple]]:
    columns = {
        "chunks": ("chunk_id", "text", "vector_sha256", "run_id"),
        "documents": ("document_id", "canonical_text"),
    }
    return {
        name: frame(getattr(tables, name), names).sort(names[0]).rows()
        for name, names in columns.items()
    }


def reader_of(tables: Tables) -> Tables:
    return published_state(Tables.open(tables.location))


def nearest_chunk(tables: Tables, document: int, version: int = 0) -> str:
    """Return the chunk that is nearest to the first chunk of a document."""
    vector = CORPUS.vectors(document, 1, version)[0]
    return next(iter(Queries(tables).by_vector(vector, 10, None)))


def test_the_chosen_index_reaches_the_recall_and_readers_search_by_it(large_tables: Tables):
    figures = maintain(large_tables, SETTINGS.index)
    assert figures.before.vectors == "exact search"
    assert figures.after.recall >= SETTINGS.index.min_recall
    reader = reader_of(large_tables)
    index = current_vector_index(reader.chunks)
    assert (index.rows, str(index)) == (10 * DOCUMENTS, figures.after.vectors)
    assert 1 <= index.nprobes <= index.partitions
    assert [index.name for index in reader.chunks.list_indices()] == [
        "embedded_text_idx",
        "text_idx",
        "vector_idx",
    ]
    # Queries other than those by which it was chosen.
    random = np.random.default_rng(5)
    indexed = matrix(rows(reader.chunks, ["vector"]).column(0))
    base = indexed[random.choice(len(indexed), 60, replace=False)]
    noise = random.standard_normal(base.shape).astype(np.float32)
    mixed = base + 0.5 * noise / np.linalg.norm(noise, axis=1, keepdims=True)
    vectors = mixed / np.linalg.norm(mixed, axis=1, keepdims=True)
    measured = measure(reader.chunks, Probes(vectors, tenth_nearest(reader.chunks, vectors)), index)
    assert measured.recall + 3 * measured.error >= SETTINGS.index.min_recall


def test_no_row_changes_and_open_readers_keep_what_they_have(large_tables: Tables):
    before, reader = state(large_tables), reader_of(large_tables)
    kept = {run: state(at_state(large_tables, run)) for run in (OLD, NEW)}
    maintain(large_tables, SETTINGS.index)
    assert state(reader_of(large_tables)) == state(reader) == before
    assert reader.chunks.version < reader_of(large_tables).chunks.version
    assert {run: state(at_state(large_tables, run)) for run in states(large_tables)} == kept
    assert examine(large_tables.latest()) == []


def test_the_second_time_there_is_nothing_to_do(maintained_tables: Tables):
    versions = maintained_tables.versions()
    again = maintain(maintained_tables, SETTINGS.index)
    assert Tables.open(maintained_tables.location).versions() == versions
    assert again.tried == ()
    assert again.before == again.after


def test_rows_published_afterwards_are_found(maintained_tables: Tables):
    new = DOCUMENTS
    publish_more(maintained_tables, NEXT, range(new, new + 1), changed=range(7, 8))
    reader = reader_of(maintained_tables)
    assert current_vector_index(reader.chunks).kind != "exact"
    assert current_vector_index(reader.chunks).unseen == 20
    columns = rows(reader.chunks, ("chunk_id", "uri"))
    uris = dict(zip(*(column.to_pylist() for column in columns.columns), strict=True))
    assert uris[nearest_chunk(reader, new)].endswith(f"document {new}.md")
    assert uris[nearest_chunk(reader, 7, version=1)].endswith("document 7.md")
    assert examine(maintained_tables.latest()) == []


def test_filters_do_not_cost_recall(maintained_tables: Tables):
    reader, condition = reader_of(maintained_tables), "source = 'mail'"
    table = rows(reader.chunks, ("chunk_id", "vector"), condition)
    vectors, ids = matrix(table.column("vector")), table.column("chunk_id").to_pylist()
    shares = []
    for query in CORPUS.vectors(9_000, 5):
        nearest = {ids[at] for at in np.argsort(-(vectors @ query))[:10]}
        results = list(Queries(reader).by_vector(query, 100, condition))[:10]
        shares.append(len(nearest.intersection(results)) / 10)
    assert np.mean(shares) >= 0.95


def test_a_rollback_brings_back_the_vector_index_of_its_state(maintained_tables: Tables):
    before = state(at_state(maintained_tables, NEW))
    publish_more(maintained_tables, NEXT, range(DOCUMENTS, DOCUMENTS + 20))
    record = newest_published(maintained_tables).model_copy(
        update={"run_id": LAST, "kind": "rollback"}
    )
    versions = versions_of(maintained_tables, NEW)
    restore(maintained_tables, Intent(restore=versions), record, SETTINGS)
    reader = reader_of(maintained_tables)
    assert state(reader) == before
    assert current_vector_index(reader.chunks).kind != "exact"


# After one boundary is before the next; after the last one everything is done.
INTERRUPTIONS = [
    *(
        (boundary, Side.BEFORE)
        for boundary in (
            Boundary.RETAIN,
            Boundary.COMPACT,
            Boundary.CHOOSE_VECTOR_INDEX,
            Boundary.WRITE_RUN,
            Boundary.TAG,
        )
    ),
    (Boundary.BUILD_VECTOR_INDEX, Side.AFTER),
    (Boundary.TAG, Side.AFTER),
]


@pytest.mark.parametrize(("boundary", "side"), INTERRUPTIONS)
def test_interrupted_maintenance_changes_no_row_and_the_next_one_completes(
    large_tables: Tables, boundary: Boundary, side: Side
):
    before = state(large_tables)
    with interrupt_at(boundary, side), pytest.raises(Interrupted):
        maintain(large_tables, SETTINGS.index)
    assert state(reader_of(large_tables)) == before
    completed = maintain(Tables.open(large_tables.location), SETTINGS.index)
    assert completed.after.recall >= SETTINGS.index.min_recall
    assert state(reader_of(large_tables)) == before
    assert current_vector_index(reader_of(large_tables).chunks).kind != "exact"
    assert examine(large_tables.latest()) == []


HALVED = SETTINGS.index.model_copy(update={"vectors": "float16"})


def test_vectors_of_float16_are_searched_by_an_index_too(large_tables: Tables):
    texts = [row[:2] for row in state(large_tables)["chunks"]]
    figures = maintain(large_tables, HALVED)
    assert figures.before.vectors == "exact search"
    assert figures.after.vectors.startswith("IVF_")
    assert figures.after.vectors.endswith(", stored as float16")
    assert figures.after.recall >= HALVED.min_recall
    assert [row[:2] for row in state(reader_of(large_tables))["chunks"]] == texts
    publish_more(large_tables, NEXT, range(DOCUMENTS, DOCUMENTS + 1), changed=range(7, 8))
    reader = reader_of(large_tables)
    assert reader.vectors == "float16"
    assert current_vector_index(reader.chunks).kind != "exact"
    document = document_id(*document_at(7))
    (nearest,) = rows(
        reader.chunks, ["document_id"], f"chunk_id = '{nearest_chunk(reader, 7, version=1)}'"
    ).to_pylist()
    assert nearest == {"document_id": document}
    again = maintain(large_tables.latest(), HALVED)
    assert again.before.vectors.endswith(", stored as float16")
    assert examine(large_tables.latest()) == []


@pytest.mark.parametrize(
    ("boundary", "side"),
    [
        (Boundary.CONVERT_VECTORS, Side.AFTER),
        (Boundary.CHOOSE_VECTOR_INDEX, Side.AFTER),
        (Boundary.WRITE_RUN, Side.AFTER),
    ],
)
def test_a_conversion_is_completed_after_an_interruption(
    large_tables: Tables, boundary: Boundary, side: Side
):
    with interrupt_at(boundary, side), pytest.raises(Interrupted):
        maintain(large_tables, HALVED)
    completed = maintain(Tables.open(large_tables.location), HALVED)
    assert completed.after.vectors.endswith(", stored as float16")
    assert reader_of(large_tables).vectors == "float16"
    assert examine(large_tables.latest()) == []


def test_a_publication_after_interrupted_maintenance_uses_its_index(large_tables: Tables):
    with interrupt_at(Boundary.WRITE_RUN, Side.BEFORE), pytest.raises(Interrupted):
        maintain(large_tables, SETTINGS.index)
    publish_more(Tables.open(large_tables.location), NEXT, range(DOCUMENTS, DOCUMENTS + 1))
    assert reader_of(large_tables).chunks.count_rows() == 10 * DOCUMENTS + 10
    assert current_vector_index(reader_of(large_tables).chunks).kind != "exact"


def test_rows_that_no_run_published_are_never_shown(large_tables: Tables):
    large_tables.chunks.delete("source = 'mail'")
    with pytest.raises(IndexError_, match=f"rows of chunks are not as run {NEW} published them"):
        maintain(large_tables, SETTINGS.index)
    assert reader_of(large_tables).chunks.count_rows() == 10 * DOCUMENTS


def test_an_index_that_no_longer_reaches_the_recall_is_replaced(
    maintained_tables: Tables, monkeypatch: pytest.MonkeyPatch
):
    chosen = current_vector_index(maintained_tables.chunks).chosen_at
    monkeypatch.setattr("vouch.index.publishing.maintenance.tune_to_recall", lambda *_: False)
    assert maintain(maintained_tables, SETTINGS.index).tried
    assert current_vector_index(reader_of(maintained_tables).chunks).chosen_at > chosen


def test_an_index_that_was_chosen_for_fewer_rows_is_replaced(maintained_tables: Tables):
    partitions = current_vector_index(maintained_tables.chunks).partitions
    publish_more(maintained_tables, NEXT, range(DOCUMENTS, 2 * DOCUMENTS + 10))
    assert maintain(maintained_tables, SETTINGS.index).tried
    index = current_vector_index(reader_of(maintained_tables).chunks)
    assert index.partitions > partitions
    assert index.rows == 20 * DOCUMENTS + 100


def test_search_is_exact_where_no_index_reaches_the_recall(
    large_tables: Tables, monkeypatch: pytest.MonkeyPatch
):
    """And no index is tried again until the rows have changed."""
    monkeypatch.setattr(
        "vouch.index.vectors.tuning.Measurement.reaches", lambda measured, minimum: False
    )
    figures = maintain(large_tables, SETTINGS.index)
    assert (figures.after.vectors, figures.after.recall) == ("exact search", 1.0)
    assert "vector_idx" not in [index.name for index in large_tables.chunks.list_indices()]
    assert maintain(large_tables, SETTINGS.index).tried == ()


def test_few_vectors_are_not_indexed(large_tables: Tables):
    figures = maintain(large_tables, UNINDEXED)
    assert figures.after.vectors == "exact search"
    assert current_vector_index(reader_of(large_tables).chunks) == VectorIndex()


def test_documents_are_found_by_the_index_on_their_ids(
    large_tables: Tables, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("vouch.index.publishing.search_indexes._KEY_INDEX_FROM_ROWS", 50)
    maintain(large_tables, UNINDEXED)
    publish_more(large_tables, NEXT, range(DOCUMENTS, DOCUMENTS + 1), changed=range(7, 8))
    reader = reader_of(large_tables)
    assert [index.name for index in reader.documents.list_indices()] == ["document_id_idx"]
    ids = [document_id(*document_at(number)) for number in (3, 7, DOCUMENTS)]
    documents = frame(reader.documents, ("document_id", "canonical_text"))
    texts = dict(zip(documents["document_id"], documents["canonical_text"], strict=True))
    assert documents.height == len(texts) == DOCUMENTS + 1
    _, spans = Queries(reader).of_documents(set(ids), [(identity, 40, 300) for identity in ids])
    assert spans == [texts[identity][40:300] for identity in ids]
