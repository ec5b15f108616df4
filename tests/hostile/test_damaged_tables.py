"""Every kind of damage to every kind of file of the index ends in a diagnosis and a repair."""

import shutil
from collections.abc import Callable
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
from tests.pipeline.local_runs import repair
from tests.pipeline.steps import tables
from vouch.index.lineage.checks import HealthCheck
from vouch.index.publishing.versions import states
from vouch.index.search.search import Index
from vouch.index.store.tables import KEYS
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.doctor import diagnose
from vouch.pipeline.operations.rollback import rollback
from vouch.schemas.errors import VouchError


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> tuple[Path, Published]:
    settings = make_index(tmp_path_factory.mktemp("sound"), tiny_model)
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
    file = files_by_kind(read_settings(settings).index_location.local_path)[kind][-1]
    DAMAGES[damage](file)
    require_way_out(settings, sound[1])


def test_a_document_of_which_nothing_is_left_is_named(settings: Path):
    index = read_settings(settings).index_location.local_path
    shutil.rmtree(index / "documents.lance")
    (settings.parent / "documents/5.md").unlink()
    left = repair(config=str(settings))
    assert [finding.id for finding in left.findings] == [HealthCheck.CHUNKS_HAVE_DOCUMENT]
    assert all(case.startswith("5.md ") for case in left.findings[0].examples)


def test_an_older_state_is_restored_though_its_search_index_is_lost(settings: Path):
    file = read_settings(settings)
    first = states(tables(settings))[0]
    chunks = file.index_location.local_path / "chunks.lance"
    for entry in (chunks / "_indices").iterdir():
        if entry.name not in newest(chunks).indexes:
            shutil.rmtree(entry)
    rollback(file, first)
    assert search(settings)
    assert diagnose(file).findings == ()


def test_a_reader_keeps_its_state_while_the_index_is_repaired(settings: Path):
    index = read_settings(settings).index_location.local_path
    reader = Index(index)
    before = [hit.chunk_id for hit in reader.search(QUERY, 50, breadth="all")]
    DAMAGES["middle flipped"](files_by_kind(index)["documents newest manifest"][-1])
    assert repair(config=str(settings)).findings == ()
    assert [hit.chunk_id for hit in reader.search(QUERY, 50, breadth="all")] == before


def test_damaged_files_are_kept_beside(settings: Path):
    index = read_settings(settings).index_location.local_path
    shutil.rmtree(index / "chunks.lance/_versions")
    repaired = repair(config=str(settings)).repaired
    (aside,) = index.glob("damaged-*")
    assert list((aside / "chunks.lance/data").iterdir())
    assert f"damaged files were moved to {aside}" in repaired


@pytest.mark.soak
@pytest.mark.parametrize("name", DAMAGES)
def test_every_kind_of_file(sound: tuple[Path, Published], tmp_path: Path, name: str):
    source, before = sound
    problems = []
    for kind, files in files_by_kind(read_settings(source).index_location.local_path).items():
        copy = copy_of(source, tmp_path / "project")
        DAMAGES[name](copy.parent / files[-1].relative_to(source.parent))
        try:
            require_way_out(copy, before)
        except (AssertionError, VouchError) as error:
            problems.append(f"{kind}: {error}"[:500])
        shutil.rmtree(copy.parent)
    assert not problems, "\n".join(problems)


def empty_folder(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


@pytest.mark.soak
@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("damage", [shutil.rmtree, empty_folder], ids=["missing", "emptied"])
def test_a_lost_table(
    sound: tuple[Path, Published], settings: Path, name: str, damage: Callable[[Path], None]
):
    damage(read_settings(settings).index_location.local_path / f"{name}.lance")
    require_way_out(settings, sound[1])


@pytest.mark.soak
@pytest.mark.parametrize("part", ["data", "_versions", "_indices/*"])
def test_a_backup_that_restored_half_of_the_folder(
    sound: tuple[Path, Published], settings: Path, part: str
):
    index = read_settings(settings).index_location.local_path
    for name in KEYS:
        for file in sorted((index / f"{name}.lance").glob(f"{part}/*"))[::2]:
            file.unlink()
    require_way_out(settings, sound[1])
