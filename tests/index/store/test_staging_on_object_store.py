"""Shards are staged in a bucket as in a folder: of several attempts one wins, and all are right."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tests.index.small_index import DIMENSION, stage
from tests.object_store import ObjectStore
from tests.store_proxy import Faults, store_proxy
from vouch.index.store.staging import ShardSummary, Staging
from vouch.schemas.boundary import Boundary, Side, install
from vouch.schemas.errors import IndexError_
from vouch.storage.location import Location
from vouch.storage.places import location_of

RUN, SHARD = "run", "shard-run"
TEXTS = {"a.md": "alpha", "b.md": "beta"}


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Location:
    if request.param == "folder":
        return location_of(tmp_path / "place")
    store: ObjectStore = request.getfixturevalue("store")
    return store.location() / "place"


def files(staging: Staging) -> list[str]:
    return sorted(file.path for file in staging.root.files())


def uris(staging: Staging) -> list[str]:
    return sorted(staging.frame("documents", ("uri",))["uri"])


def test_of_many_attempts_one_wins_and_leaves_what_it_names(place: Location):
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: stage(place, RUN, TEXTS), range(6)))
    staging = Staging(place / "work", DIMENSION, [SHARD])
    (summary,) = staging.summaries()
    assert files(staging) == [
        f"{SHARD}/_DONE",
        f"{SHARD}/{summary.attempt}/chunks.parquet",
        f"{SHARD}/{summary.attempt}/documents.parquet",
    ]
    staging.refuse_damaged()
    assert staging.has(SHARD)
    assert staging.finished([SHARD, "another"]) == {SHARD}
    assert (uris(staging), staging.rows("chunks"), staging.rows("quarantine")) == (
        ["a.md", "b.md"], 2, 0
    )  # fmt: skip
    staging.discard()
    staging.discard()
    assert files(staging) == []


@pytest.mark.parametrize("damage", ["missing", "cut"])
def test_a_damaged_shard_is_made_again(place: Location, damage: str):
    staging = stage(place, RUN, TEXTS)
    path = next(path for path in files(staging) if path.endswith("documents.parquet"))
    if damage == "missing":
        (staging.root / path).delete()
    else:
        (staging.root / path).write_bytes((staging.root / path).read_bytes()[:-100])
    assert not staging.has(SHARD)
    with pytest.raises(IndexError_, match=r"1 of 1 staged shards are missing or damaged"):
        staging.refuse_damaged()
    with pytest.raises(IndexError_, match=r"1 of 1 staged shards are missing or damaged"):
        staging.frame("documents", ("uri",))
    stage(place, RUN, TEXTS)
    assert staging.has(SHARD)
    assert uris(staging) == ["a.md", "b.md"]


def test_who_makes_a_damaged_shard_again_reads_what_it_has_made(place: Location):
    staging = stage(place, RUN, TEXTS)
    tables = {
        name: pa.Table.from_batches(list(staging.batches(name)), schema)
        for name, schema in staging.schemas.items()
    }
    next(
        staging.root / path for path in files(staging) if path.endswith("documents.parquet")
    ).delete()
    assert staging.finished([SHARD]) == set()
    staging.write(SHARD, tables, ShardSummary())
    assert uris(staging) == ["a.md", "b.md"]


def test_a_straggler_whose_files_were_removed_does_no_harm(place: Location):
    """A worker finishes a shard after its run is over and the next run has tidied up."""
    staging = Staging(place / "work", DIMENSION, [SHARD])
    crossed: Counter[Side] = Counter()

    def tidy_before_the_marker(boundary: Boundary, side: Side) -> None:
        if boundary is Boundary.SYNC_SHARD_FILE:
            crossed[side] += 1
            if (side, crossed[side]) == (Side.BEFORE, 3):
                staging.remove_unfinished()

    with install(tidy_before_the_marker):
        stage(place, RUN, TEXTS)
    assert files(staging) == [f"{SHARD}/_DONE"]
    assert not staging.has(SHARD)
    stage(place, RUN, TEXTS)
    assert staging.has(SHARD)
    assert uris(staging) == ["a.md", "b.md"]


def test_what_other_kinds_of_run_have_not_finished_stays(place: Location):
    staging = Staging(place / "work", DIMENSION, [SHARD])
    for path in ("one/run-12ab34cd/chunks.parquet", "one/backfill-12ab34cd/chunks.parquet"):
        (staging.root / path).write_bytes(b"")
    staging.remove_unfinished()
    assert files(staging) == ["one/backfill-12ab34cd/chunks.parquet"]
    assert staging.leftovers(1) == []
    assert staging.leftovers(-1) == ["one"]
    staging.remove_leftovers(-1)
    assert files(staging) == []


def test_a_large_file_is_read_in_parts(place: Location):
    staging = Staging(place / "work", DIMENSION, ["large"])
    random = np.random.default_rng(0)
    texts = [random.bytes(400).hex() for _ in range(5_000)]
    schema = staging.schemas["documents"]
    nulls = {field.name: pa.nulls(len(texts), field.type) for field in schema}
    documents = pa.table(nulls | {"canonical_text": pa.array(texts)}, schema=schema)
    tables = {name: schema.empty_table() for name, schema in staging.schemas.items()}
    staging.write("large", tables | {"documents": documents}, ShardSummary())
    assert max(file.size for file in staging.root.files()) > 2_000_000
    batches = list(staging.batches("documents"))
    assert len(batches) > 1
    assert [text for batch in batches for text in batch["canonical_text"].to_pylist()] == texts
    assert staging.frame("documents", ("canonical_text",))["canonical_text"].to_list() == texts


def test_requests_are_few_and_lost_answers_change_nothing(store: ObjectStore):
    with store_proxy(store.endpoint) as proxy:
        place = location_of(store.bucket(), store.options_by(proxy.endpoint))
        staging = stage(place, RUN, TEXTS)
        assert len(proxy.requests) == 3  # chunks, documents, marker
        proxy.requests.clear()
        staging.summaries()
        assert (staging.rows("chunks"), uris(staging)) == (2, ["a.md", "b.md"])
        assert staging.frame("quarantine", ("uri",)).is_empty()
        assert Counter(request.operation for request in proxy.requests) == {"GET": 2}
        proxy.requests.clear()
        staging.discard()
        assert len(proxy.requests) <= 3
        proxy.faults = Faults(seed=3, lost=1.0)
        with ThreadPoolExecutor(2) as pool:
            lost = pool.submit(stage, place, "lost", TEXTS)
            while not any(request.fault == "lost" for request in proxy.requests):
                assert not lost.done()
            proxy.faults = Faults()
            staging = lost.result(60)
        assert uris(staging) == ["a.md", "b.md"]
        assert len(files(staging)) == 3
