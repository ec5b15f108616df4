"""Every kind of damage to every kind of file of the index, and to whole tables."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hostile.damaged_index import (
    DAMAGES,
    Published,
    copy_of,
    files_by_kind,
    make_index,
    require_way_out,
)
from vouch.index.store.tables import KEYS
from vouch.pipeline.context.settings_loader import read_settings
from vouch.schemas.errors import VouchError

pytestmark = pytest.mark.soak


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> tuple[Path, Published]:
    settings = make_index(tmp_path_factory.mktemp("sound"), tiny_model)
    return settings, Published.of(settings)


@pytest.fixture
def settings(sound: tuple[Path, Published], tmp_path: Path) -> Path:
    return copy_of(sound[0], tmp_path / "project")


@pytest.mark.parametrize("name", DAMAGES)
def test_every_kind_of_file(sound: tuple[Path, Published], tmp_path: Path, name: str):
    source, before = sound
    problems = []
    for kind, files in files_by_kind(read_settings(source).index_folder).items():
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


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("damage", [shutil.rmtree, empty_folder], ids=["missing", "emptied"])
def test_a_lost_table(
    sound: tuple[Path, Published], settings: Path, name: str, damage: Callable[[Path], None]
):
    damage(read_settings(settings).index_folder / f"{name}.lance")
    require_way_out(settings, sound[1])


@pytest.mark.parametrize("part", ["data", "_versions", "_indices/*"])
def test_a_backup_that_restored_half_of_the_folder(
    sound: tuple[Path, Published], settings: Path, part: str
):
    index = read_settings(settings).index_folder
    for name in KEYS:
        for file in sorted((index / f"{name}.lance").glob(f"{part}/*"))[::2]:
            file.unlink()
    require_way_out(settings, sound[1])
