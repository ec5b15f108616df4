"""Damage to what runs write besides the tables: it is made again, or ends in a sentence."""

import json
import shutil
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
from vouch.reports.outbox import Outbox
from vouch.schemas.boundary import Boundary, Side
from vouch.schemas.errors import IndexError_, SettingsError, StorageError
from vouch.storage.location import Location
from vouch.storage.places import location_of


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


def staged_file(settings: Path, name: str) -> Location:
    (file,) = (settings.parent / "data/work/shards").rglob(name)
    return location_of(file)


@pytest.mark.parametrize(
    ("name", "damage"),
    [("chunks.parquet", "middle flipped"), ("documents.parquet", "missing"), ("_DONE", "half")],
)
def test_a_damaged_shard_is_made_again(settings: Path, name: str, damage: str):
    with at(Boundary.AUDIT, Side.BEFORE, cut_short), pytest.raises(CutShortError):
        run(settings)
    DAMAGES[damage](staged_file(settings, name))
    record = run(settings)
    assert (record.shards, record.shards_resumed) == (1, 0)
    assert sorted(texts(settings)) == ["one.md", "two.md"]


def test_a_publication_whose_shard_is_lost_is_given_up(settings: Path):
    with at(Boundary.COMMIT_CHUNKS, Side.AFTER, cut_short), pytest.raises(CutShortError):
        run(settings)
    DAMAGES["half"](staged_file(settings, "chunks.parquet"))
    with pytest.raises(IndexError_, match=r"staged shards are missing or damaged.*--repair"):
        run(settings)
    left = repair(config=str(settings))
    assert (left.findings, left.waiting) == ((), {"new": 1})
    assert [row["uri"] for row in indexed(settings, "documents", "uri")] == ["one.md"]
    run(settings)
    assert sorted(texts(settings)) == ["one.md", "two.md"]


def test_damaged_checksums_report_no_damage(settings: Path):
    folder = read_settings(settings).index_location.local_path
    checksums = (folder / "checksums.json").read_bytes()
    for damage in DAMAGES.values():
        (folder / "checksums.json").write_bytes(checksums)
        damage(location_of(folder / "checksums.json"))
        assert find_damage(folder, thorough=True) == []
    run(settings)
    assert diagnose(read_settings(settings)).findings == ()


def test_a_damaged_saved_plan_is_refused(settings: Path):
    file = settings.parent / "plan.json"
    file.write_text('{"settings_sha256": "')
    with pytest.raises(SettingsError, match="is not a saved plan"):
        SavedPlan.read(file)


def become_a_folder(file: Path) -> None:
    if file.exists():
        file.unlink()
    file.mkdir(parents=True)
    (file / "inside.txt").write_text("kept")


def become_a_file(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(exist_ok=True)
    folder.write_bytes(b"\xff\xfenot a folder")


def test_what_is_in_the_way_is_named_and_without_it_runs_work_again(settings: Path):
    for place, damage, problem in (
        ("index/ingest.lock", become_a_folder, "is a folder where a file"),
        ("index/publisher.lock", become_a_folder, "is a folder where a file"),
        ("work", become_a_file, "is a file where a folder"),
        ("work/shards", become_a_file, "is a file where a folder"),
        ("reports", become_a_file, "is a file where a folder"),
        ("index/checksums.json", become_a_folder, "is a folder where a file"),
    ):
        entry = settings.parent / "data" / place
        damage(entry)
        with pytest.raises((StorageError, IndexError_)) as caught:
            run(settings)
        assert str(caught.value) == f"{entry} {problem} belongs; move it away"
        entry.rename(settings.parent / f"moved away {entry.name}")
    run(settings)
    assert sorted(texts(settings)) == ["one.md", "two.md"]
    assert diagnose(read_settings(settings)).findings == ()


def test_the_content_of_lock_files_does_not_matter(settings: Path):
    (settings.parent / "data/index/ingest.lock").write_bytes(b"\xff\xfe garbage")
    (settings.parent / "data/index/publisher.lock").write_bytes(b'{"pid": ')
    run(settings)
    assert sorted(texts(settings)) == ["one.md", "two.md"]


@pytest.mark.parametrize("damage", ["empty", "half", "garbage", "no object"])
def test_a_damaged_event_is_set_aside_and_delays_no_other(tmp_path: Path, damage: str):
    outbox, event = Outbox(tmp_path / "outbox"), tmp_path / "outbox/1.json"
    for number in range(3):
        outbox.put(str(number), json.dumps({"number": number}))
    if damage == "no object":
        event.write_text("[1]")
    else:
        DAMAGES[damage](location_of(event))
    sent: list[str] = []
    assert list(outbox.deliver(sent.append)) == ["1.json is damaged and is kept as 1.damaged"]
    assert sent == ['{"number": 0}', '{"number": 2}']
    assert (tmp_path / "outbox/1.damaged").exists()
    assert list(outbox.deliver(sent.append)) == []


def test_no_run_fails_by_what_is_in_the_way_of_its_notifications(
    settings: Path, caplog: pytest.LogCaptureFixture
):
    values = json.loads(settings.read_text()) | {
        "lineage": {"to": "events.ndjson"},
        "run": {"metrics_path": "metrics.prom"},
    }
    settings.write_text(json.dumps(values))
    outbox = settings.parent / "data/work/lineage"
    become_a_folder(settings.parent / "metrics.prom")
    become_a_folder(outbox / ".lock")
    run(settings)
    assert (
        f"events wait in {outbox} for the next run: {outbox / '.lock'} is a folder" in caplog.text
    )
    assert f"{settings.parent / 'metrics.prom'} is a folder where a file belongs" in caplog.text
    shutil.rmtree(outbox / ".lock")
    run(settings)
    events = (settings.parent / "events.ndjson").read_text().splitlines()
    assert [json.loads(event)["eventType"] for event in events] == ["START", "COMPLETE"] * 2
    assert sorted(texts(settings)) == ["one.md", "two.md"]
