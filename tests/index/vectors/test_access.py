"""Where a vector index pays depends on where the vectors are."""

from pathlib import Path

import pytest

from tests.index.large_index import CORPUS, NEW, OLD, publish_more
from tests.object_store import ObjectStore
from tests.store_proxy import store_proxy
from vouch.index.publishing.maintenance import maintain
from vouch.index.publishing.versions import published_state
from vouch.index.store.tables import Tables
from vouch.index.vectors.access import Access
from vouch.index.vectors.tuning import Probes, measure
from vouch.index.vectors.vector_index import current_vector_index, nearest
from vouch.schemas.settings.index import IndexSettings
from vouch.storage.places import location_of

FOLDER = Access.of(location_of(Path("index")))
OBJECT_STORE = Access.of(location_of("s3://bucket/index", {"region": "us-east-1"}))


@pytest.mark.parametrize(
    ("access", "rows", "setting", "is_due"),
    [
        (FOLDER, 19_999, None, False),
        (FOLDER, 20_000, None, True),
        (OBJECT_STORE, 4_999, None, False),
        (OBJECT_STORE, 5_000, None, True),
        (FOLDER, 300, 256, True),
        (OBJECT_STORE, 30_000, 50_000, False),
    ],
)
def test_the_threshold_follows_the_place_unless_the_settings_say_one(
    access: Access, rows: int, setting: int | None, is_due: bool
):
    assert access.is_due(rows, IndexSettings(vector_index_from_rows=setting)) is is_due


def test_partitions_in_an_object_store_are_worth_their_requests():
    assert [FOLDER.partitions(rows, 384) for rows in (256, 20_000, 1_000_000)] == [16, 141, 1000]
    assert [OBJECT_STORE.partitions(rows, 384) for rows in (256, 20_000, 1_000_000)] == [2, 4, 244]
    assert OBJECT_STORE.partitions(10**9, 384) == round(10**4.5)


def test_maintenance_in_a_bucket_chooses_an_index_that_reads_less(
    store: ObjectStore, few_probes: None
):
    settings = IndexSettings(vector_index_from_rows=500)
    with store_proxy(store.endpoint) as proxy:
        place = location_of(store.bucket(), store.options_by(proxy.endpoint)) / "index"
        tables = Tables.create(place, 384)
        publish_more(tables, OLD, range(50))
        publish_more(tables, NEW, range(50, 60))
        figures = maintain(tables, settings)
        assert figures is not None
        assert figures.before.vectors == "exact search"
        assert figures.after.vectors.startswith("IVF_FLAT")
        assert figures.after.vectors.endswith("of 2 partitions")
        reader = published_state(Tables.open(place))
        index = current_vector_index(reader.chunks)
        assert measure(reader.chunks, Probes.of(reader.chunks), index).recall >= settings.min_recall

        def received(phase: str, by: object) -> int:
            proxy.phase = phase
            for vector in CORPUS.vectors(900, 1):
                nearest(reader.chunks, vector, by).limit(10).select(["chunk_id"]).to_arrow()
            return sum(request.received for request in proxy.requests if request.phase == phase)

        exact = index.model_copy(update={"kind": "exact"})
        assert received("by the index", index) < received("by all vectors", exact) / 5
        assert maintain(Tables.open(place), settings).tried == ()
