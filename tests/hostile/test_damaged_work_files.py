"""Damage to what runs write besides the tables: it is made again, or ends in a sentence."""

from pathlib import Path

import pytest

from tests.hostile.damaged_index import DAMAGES
from tests.pipeline.faults import at
from tests.pipeline.local_runs import repair
from tests.pipeline.steps import configure, indexed, run, texts, write
from vouch.index.store.checksums import find_damage
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.doctor import diagnose
from vouch.pipeline.planning.saved_plan import SavedPlan
from vouch.schemas.boundary import Boundary, Side
from vouch.schemas.errors import IndexError_, SettingsError


class CutShortError(Exception):
    pass


def cut_short() -> None:
    raise CutShortError


@pytest.fixture
def settings(tmp_path: Path, tiny_model: Path) -> Path:
    settings = configure(tmp_path, tiny_model)
    write(settings, "one.md", "# One\n\nThe first document.")
    run(settings)
    write(settings, "two.md", "# Two\n\nThe second document.")
    return settings


def shard(settings: Path) -> Path:
    (folder,) = (settings.parent / "data/work/shards").iterdir()
    return folder


@pytest.mark.parametrize(
    ("name", "damage"),
    [("chunks.parquet", "middle flipped"), ("documents.parquet", "missing"), ("_DONE", "half")],
)
def test_a_damaged_shard_is_made_again(settings: Path, name: str, damage: str):
    with at(Boundary.AUDIT, Side.BEFORE, cut_short), pytest.raises(CutShortError):
        run(settings)
    DAMAGES[damage](shard(settings) / name)
    record = run(settings)
    assert (record.shards, record.shards_resumed) == (1, 0)
    assert sorted(texts(settings)) == ["one.md", "two.md"]


def test_a_publication_whose_shard_is_lost_is_given_up(settings: Path):
    with at(Boundary.COMMIT_CHUNKS, Side.AFTER, cut_short), pytest.raises(CutShortError):
        run(settings)
    DAMAGES["half"](shard(settings) / "chunks.parquet")
    with pytest.raises(IndexError_, match=r"staged shards are missing or damaged.*--repair"):
        run(settings)
    left = repair(config=str(settings))
    assert (left.findings, left.waiting) == ((), {"new": 1})
    assert [row["uri"] for row in indexed(settings, "documents", "uri")] == ["one.md"]
    run(settings)
    assert sorted(texts(settings)) == ["one.md", "two.md"]


def test_damaged_checksums_report_no_damage(settings: Path):
    folder = read_settings(settings).index_folder
    checksums = (folder / "checksums.json").read_bytes()
    for damage in DAMAGES.values():
        (folder / "checksums.json").write_bytes(checksums)
        damage(folder / "checksums.json")
        assert find_damage(folder, thorough=True) == []
    run(settings)
    assert diagnose(read_settings(settings)).findings == ()


def test_a_damaged_saved_plan_is_refused(settings: Path):
    file = settings.parent / "plan.json"
    file.write_text('{"settings_sha256": "')
    with pytest.raises(SettingsError, match="is not a saved plan"):
        SavedPlan.read(file)
