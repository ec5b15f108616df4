"""Every kind of damage to every kind of file of the index ends in a diagnosis and a repair."""

import shutil
from pathlib import Path

import pytest

from tests.hostile.damaged_index import (
    DAMAGES,
    QUERY,
    Published,
    copy_of,
    files_by_kind,
    make_index,
    newest,
    require_way_out,
    search,
)
from tests.object_store import ObjectStore
from tests.pipeline.local_runs import repair
from tests.pipeline.steps import tables
from vouch.index.lineage.checks import HealthCheck
from vouch.index.publishing.versions import states
from vouch.index.search.index import Index
from vouch.index.store.tables import KEYS
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.doctor import diagnose
from vouch.pipeline.operations.rollback import rollback
from vouch.schemas.errors import VouchError


@pytest.fixture(scope="module", params=["folder", "bucket"])
def sound(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, tiny_model: Path
) -> tuple[Path, Published]:
    bucket = None
    if request.param == "bucket":
        running: ObjectStore = request.getfixturevalue("store")
        bucket = running.location()
    settings = make_index(tmp_path_factory.mktemp("sound"), tiny_model, bucket)
    return settings, Published.of(settings)


@pytest.fixture
def settings(sound: tuple[Path, Published], tmp_path: Path) -> Path:
    return copy_of(sound[0], tmp_path / "project")


QUICK = [
    ("chunks newest manifest", "tail flipped"),
    ("chunks data", "middle flipped"),
    ("documents data", "half"),
    ("runs data", "missing"),
]


@pytest.mark.parametrize(("kind", "damage"), QUICK)
def test_a_damaged_file(sound: tuple[Path, Published], settings: Path, kind: str, damage: str):
    index = read_settings(settings).index_location
    DAMAGES[damage](index / files_by_kind(index)[kind][-1])
    require_way_out(settings, sound[1])


def test_a_document_of_which_nothing_is_left_is_named(settings: Path):
    index = read_settings(settings).index_location
    (index / "documents.lance").delete()
    (settings.parent / "documents/5.md").unlink()
    left = repair(config=str(settings))
    assert [finding.id for finding in left.findings] == [HealthCheck.CHUNKS_HAVE_DOCUMENT]
    assert all(case.startswith("5.md ") for case in left.findings[0].examples)


def test_an_older_state_is_restored_though_its_search_index_is_lost(settings: Path):
    file = read_settings(settings)
    first = states(tables(settings))[0]
    chunks = file.index_location / "chunks.lance"
    for entry in (chunks / "_indices").folders():
        if entry not in newest(chunks).indexes:
            (chunks / "_indices" / entry).delete()
    rollback(file, first)
    assert search(settings)
    assert diagnose(file).findings == ()


def test_a_reader_keeps_its_state_while_the_index_is_repaired(settings: Path):
    index = read_settings(settings).index_location
    reader = Index(index)
    before = [hit.chunk_id for hit in reader.search(QUERY, 50, breadth="all")]
    DAMAGES["middle flipped"](index / files_by_kind(index)["documents newest manifest"][-1])
    assert repair(config=str(settings)).findings == ()
    assert [hit.chunk_id for hit in reader.search(QUERY, 50, breadth="all")] == before


def test_damaged_files_are_kept_beside(settings: Path):
    index = read_settings(settings).index_location
    (index / "chunks.lance/_versions").delete()
    repaired = repair(config=str(settings)).repaired
    (aside,) = (name for name in index.folders() if name.startswith("damaged-"))
    assert list((index / aside / "chunks.lance/data").files())
    assert f"damaged files were moved to {index / aside}" in repaired


@pytest.mark.soak
@pytest.mark.parametrize("name", DAMAGES)
def test_every_kind_of_file(sound: tuple[Path, Published], tmp_path: Path, name: str):
    source, before = sound
    problems = []
    for kind, files in files_by_kind(read_settings(source).index_location).items():
        copy = copy_of(source, tmp_path / "project")
        DAMAGES[name](read_settings(copy).index_location / files[-1])
        try:
            require_way_out(copy, before)
        except (AssertionError, VouchError) as error:
            problems.append(f"{kind}: {error}"[:500])
        shutil.rmtree(copy.parent)
    assert not problems, "\n".join(problems)


@pytest.mark.soak
@pytest.mark.parametrize("name", KEYS)
def test_a_lost_table(sound: tuple[Path, Published], settings: Path, name: str):
    (read_settings(settings).index_location / f"{name}.lance").delete()
    require_way_out(settings, sound[1])


@pytest.mark.soak
@pytest.mark.parametrize("part", ["data/", "_versions/", "_indices/"])
def test_a_backup_that_restored_half_of_the_folder(
    sound: tuple[Path, Published], settings: Path, part: str
):
    index = read_settings(settings).index_location
    for name in KEYS:
        table = index / f"{name}.lance"
        files = sorted(file.path for file in table.files() if file.path.startswith(part))
        table.delete_files(files[::2])
    require_way_out(settings, sound[1])
