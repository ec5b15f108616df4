"""Every kind of damage to every kind of file of the index ends in a diagnosis and a repair."""

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
from vouch.pipeline.context.settings_loader import read_settings


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> tuple[Path, Published]:
    settings = make_index(tmp_path_factory.mktemp("sound"), tiny_model)
    return settings, Published.of(settings)


@pytest.fixture
def settings(sound: tuple[Path, Published], tmp_path: Path) -> Path:
    return copy_of(sound[0], tmp_path / "project")


QUICK = [
    ("chunks newest manifest", "missing"),
    ("chunks newest manifest", "tail flipped"),
    ("chunks kept manifest", "half"),
    ("chunks data", "missing"),
    ("chunks data", "middle flipped"),
    ("chunks deletions", "empty"),
    ("chunks text_idx", "middle flipped"),
    ("chunks vector_idx", "garbage"),
    ("chunks tags", "half"),
    ("documents data", "half"),
    ("documents newest manifest", "garbage"),
    ("quarantine data", "missing"),
    ("runs data", "missing"),
    ("generations data", "missing"),
]


@pytest.mark.parametrize(("kind", "damage"), QUICK)
def test_a_damaged_file(sound: tuple[Path, Published], settings: Path, kind: str, damage: str):
    file = files_by_kind(read_settings(settings).index_folder)[kind][-1]
    DAMAGES[damage](file)
    require_way_out(settings, sound[1])
