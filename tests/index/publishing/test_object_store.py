"""An index in a bucket is published, read and gone back to like one in a folder."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.index.small_index import (
    DIMENSION,
    FIRST,
    SECOND,
    SETTINGS,
    TEXTS,
    intent,
    record,
    stage,
)
from tests.object_store import ObjectStore
from tests.store_proxy import Faults, store_proxy
from vouch.index.publishing.candidate import build_candidate, remove_candidates
from vouch.index.publishing.publish import publish, restore
from vouch.index.publishing.versions import (
    at_state,
    published_state,
    retain,
    states,
    tag_state,
    versions_of,
)
from vouch.index.search.store_queries import Queries
from vouch.index.store.run_log import Intent, list_runs
from vouch.index.store.staging import Staging
from vouch.index.store.store_errors import Place, store_errors
from vouch.index.store.tables import KEYS, Tables, create_table, frame
from vouch.schemas.documents.ids import document_id
from vouch.schemas.errors import IndexError_, StorageError
from vouch.schemas.settings.index import IndexSettings
from vouch.storage.location import Location
from vouch.storage.places import location_of

THIRD, FOURTH, FIFTH = (f"2026010{day}T000000-cccccc" for day in (3, 4, 5))
KEEP_TWO = SETTINGS.model_copy(update={"index": IndexSettings(keep_published=2, keep_readers_h=0)})


def rows_of(tables: Tables) -> dict[str, list[dict[str, object]]]:
    return {
        name: frame(table := getattr(tables, name), table.schema.names).sort(KEYS[name]).to_dicts()
        for name in ("chunks", "documents", "quarantine")
    }


def publish_history(place: Location) -> list[object]:
    """Publish, change, remove, go back and publish again; return what was seen after each step."""
    tables = Tables.create(place / "index", DIMENSION)
    seen: list[object] = []

    def look() -> None:
        seen.extend((states(tables), rows_of(published_state(Tables.open(place / "index")))))
        seen.append([(run.run_id, run.status, run.tag) for run in list_runs(tables)])

    steps: list[tuple[str, dict[str, str], int, dict[str, tuple[str, ...]]]] = [
        (FIRST, TEXTS, 3, {}),
        (SECOND, {"a.md": "another"}, 2, {"replaced": ("a.md",), "removed": ("b.md",)}),
        (THIRD, {"d.md": "delta", "e.md": "epsilon"}, 4, {}),
    ]
    for run, texts, chunks, gone in steps:
        staging = stage(place, run, texts)
        assert staging.has(f"shard-{run}")
        publish(tables, staging, intent(staging, chunks, **gone), record(run), SETTINGS)
        staging.discard()
        assert list(staging.root.files()) == []
        look()
    back = Intent(restore=versions_of(tables, FIRST))
    restore(tables, back, record(FOURTH), SETTINGS)
    look()
    seen.append(rows_of(at_state(tables, SECOND)))
    staging = stage(place, FIFTH, {"f.md": "zeta"})
    publish(tables, staging, intent(staging, 4), record(FIFTH), KEEP_TWO)
    look()
    return seen


@pytest.fixture(scope="module")
def in_a_folder(tmp_path_factory: pytest.TempPathFactory) -> list[object]:
    return publish_history(location_of(tmp_path_factory.mktemp("folder")))


def test_a_history_in_a_bucket_equals_that_in_a_folder(
    store: ObjectStore, in_a_folder: list[object]
):
    assert publish_history(store.location()) == in_a_folder


def test_lost_answers_change_nothing(store: ObjectStore, in_a_folder: list[object]):
    """A third of all writes under a condition are made, and their answers are lost."""
    bucket = store.bucket()
    with store_proxy(store.endpoint) as proxy:
        proxy.faults = Faults(seed=1, lost=0.33)
        options = store.options_by(proxy.endpoint)
        assert publish_history(location_of(bucket, options)) == in_a_folder
        assert "lost" in {request.fault for request in proxy.requests}


def test_a_tag_that_is_there_is_moved(store: ObjectStore):
    tables = Tables.create(store.location(), DIMENSION)
    tables.chunks.tags.create(f"run-{FIRST}", 1)
    tables.chunks.delete("true")
    tag_state(tables, FIRST)
    assert versions_of(tables, FIRST) == tables.versions()
    tag_state(tables, FIRST)
    assert versions_of(tables, FIRST) == tables.versions()


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Location:
    """Where an index has published three documents."""
    if request.param == "folder":
        place = location_of(tmp_path / "place")
    else:
        place = request.getfixturevalue("store").location()
    staging = stage(place, FIRST, TEXTS)
    tables = Tables.create(place / "index", DIMENSION)
    publish(tables, staging, intent(staging, 3), record(FIRST), SETTINGS)
    return place


def stage_omega(place: Location) -> tuple[Staging, list[str]]:
    staging = stage(place, SECOND, {"a.md": "omega", "z.md": "last"})
    return staging, [document_id("docs", "a.md")]


def test_a_candidate_is_a_branch_that_nobody_else_sees(place: Location, tmp_path: Path):
    tables = Tables.open(place / "index")
    versions, files = tables.versions(), {file.path for file in tables.location.files()}
    staging, deleted = stage_omega(place)
    with build_candidate(tables, staging, deleted, tmp_path / "candidate-ingest-1", 1.0) as built:
        assert [row["uri"] for row in rows_of(built)["chunks"]].count("a.md") == 1
        assert len(Queries(built).by_words("omega", 5, None)) == 1
        assert len(Queries(built).by_words("beta", 5, None)) == 1
        assert Queries(built).by_words("alpha", 5, None) == {}
        assert sorted(row["text"] for row in rows_of(Tables.open(place / "index"))["chunks"]) == [
            "alpha", "beta", "gamma"
        ]  # fmt: skip
    assert not (tmp_path / "candidate-ingest-1").exists()
    assert tables.latest().versions() == versions
    assert {file.path for file in tables.location.files()} == files


def test_a_branch_survives_what_is_published_and_deleted_meanwhile(place: Location, tmp_path: Path):
    tables = Tables.open(place / "index")
    staging, deleted = stage_omega(place)
    with build_candidate(tables, staging, deleted, tmp_path / "candidate-ingest-1", 1.0) as built:
        another = Tables.open(place / "index")
        another.chunks.delete("text = 'beta'")
        another.chunks.tags.delete(f"run-{FIRST}")
        retain(another, KEEP_TWO.index)
        assert len(Queries(built).by_words("beta", 5, None)) == 1
        assert built.chunks.count_rows() == 4


def test_branches_that_a_killed_run_left_are_removed(place: Location, tmp_path: Path):
    tables = Tables.open(place / "index")
    files = {file.path for file in tables.location.files()}
    staging, deleted = stage_omega(place)
    kinds = ("ingest", "backfill")
    with ExitStack() as killed:
        for kind in kinds:
            folder = tmp_path / f"candidate-{kind}-1"
            killed.enter_context(build_candidate(tables, staging, deleted, folder, 1.0))
        left = killed.pop_all()  # none of them ends while it is there
    remove_candidates(tables, "candidate-ingest-")
    assert list(tables.chunks.branches.list()) == ["candidate-backfill-1"]
    remove_candidates(tables, "candidate-backfill-")
    assert {file.path for file in tables.location.files()} == files
    left.close()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "LanceError(IO): Generic S3 error: Error performing PUT http://h/b/k in 2s, after 3 "
            "retries - HTTP error: error sending request, /rustc/1/library/core.rs:1:2",
            "s3://bucket/index cannot be used: .*error sending request; look at its server",
        ),
        (
            "Error performing GET http://h/b/k in 1ms - Server returned non-2xx status code: 403 "
            "Forbidden: <Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>",
            "AccessDenied: Access Denied; give its user the right to it",
        ),
    ],
)
def test_what_a_store_answers_becomes_a_sentence(text: str, expected: str):
    location = location_of("s3://bucket/index", {"region": "us-east-1"})
    with pytest.raises(StorageError, match=expected), store_errors(Place(location, "chunks")):
        raise RuntimeError(f"lance error: {text}")


def test_a_missing_object_is_damage(store: ObjectStore):
    place = store.location()
    staging = stage(place, FIRST, TEXTS)
    tables = Tables.create(place / "index", DIMENSION)
    publish(tables, staging, intent(staging, 3), record(FIRST), SETTINGS)
    data = place / "index/chunks.lance/data"
    data.delete_files([file.path for file in data.files()])
    with pytest.raises(IndexError_, match=r"chunks\.lance/data/\S+ is missing; `vouch doctor`"):
        rows_of(Tables.open(place / "index"))
    (place / "index/documents.lance").delete()
    with pytest.raises(IndexError_, match=r"documents\.lance is missing"):
        Tables.open(place / "index")


def test_a_place_without_an_index_is_not_taken_for_damage(store: ObjectStore):
    place = store.location()
    with pytest.raises(IndexError_, match="there is no index in s3://"):
        Tables.open(place)
    # A run that was killed while it made the tables.
    create_table(place, "chunks", DIMENSION)
    with pytest.raises(IndexError_, match="there is no index in s3://"):
        Tables.open(place)
    assert Tables.create(place, DIMENSION).chunks.count_rows() == 0
