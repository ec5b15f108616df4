"""What dead runs left is found and removed, in folders and in buckets, and nothing else."""

import json
from pathlib import Path

import pytest

from tests.object_store import ObjectStore
from tests.pipeline.local_runs import repair
from tests.pipeline.steps import configure, run, tables, write
from vouch.index.lineage.checks import HealthCheck, Repair
from vouch.pipeline.context.settings_loader import SettingsFile, read_settings
from vouch.pipeline.operations.doctor import diagnose
from vouch.storage.location import Location
from vouch.storage.object_store import ObjectLocation


@pytest.fixture(scope="module", params=["folder", "bucket"])
def published(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, tiny_model: Path
) -> Path:
    """A project of which index, work and reports are in one place."""
    folder, sections = tmp_path_factory.mktemp("leftovers"), {}
    if request.param == "bucket":
        running: ObjectStore = request.getfixturevalue("store")
        bucket = running.bucket()
        sections = {
            "index": {"path": f"{bucket}/index"},
            "run": {"work_path": f"{bucket}/work", "report_path": f"{bucket}/reports"},
            "storage": {"options": running.options},
        }
    settings = configure(folder, tiny_model, **sections)
    write(settings, "one.md", "# One\n\nA text of one document.")
    run(settings)
    return settings


def leave(place: Location, *names: str) -> None:
    for name in names:
        (place / name).write_bytes(b"")


def leftovers(file: SettingsFile) -> list[str]:
    findings = diagnose(file).findings
    assert {finding.id for finding in findings} <= {HealthCheck.NO_LEFTOVERS}
    return [example for finding in findings for example in finding.examples]


def test_what_dead_runs_left_is_found_and_removed(published: Path):
    file = read_settings(published)
    assert leftovers(file) == []
    leave(file.work_location / "shards", "shard-1/ingest-12ab34cd/chunks.parquet")
    tables(published).chunks.branches.create("candidate-ingest-x1")
    leave(file.index_location, "chunks.lance/tree/candidate-backfill-x2/data/1.lance")
    leave(file.index_location, ".writable-0123456789abcdef", ".checksums.json.01234567.tmp")
    assert leftovers(file) == [
        "shard-1",
        "branch candidate-ingest-x1",
        "branch candidate-backfill-x2",
        ".checksums.json.01234567.tmp",
        ".writable-0123456789abcdef",
    ]
    assert repair(config=str(published)).findings == ()
    assert leftovers(file) == []
    assert list((file.work_location / "shards").files()) == []
    assert not any("tree/" in stored.path for stored in file.index_location.files())


@pytest.mark.parametrize("published", ["folder"], indirect=True)
def test_folders_of_this_machine_that_dead_runs_left_are_removed(published: Path, tmp_path: Path):
    file = read_settings(published)
    kept = file.work_location / "own/file"
    leave(file.work_location, "candidate-ingest-1/f", "attached-replay-2/f", "vectors-ingest-3/f")
    kept.write_bytes(b"")
    assert leftovers(file) == ["attached-replay-2", "candidate-ingest-1", "vectors-ingest-3"]
    repair(config=str(published))
    assert leftovers(file) == []
    assert kept.is_file()


def test_messages_that_wait_are_no_leftovers(published: Path):
    file = read_settings(published)
    waiting = [file.work_location / name for name in ("alerts/0a/1.json", "lineage/1.json")]
    for message in waiting:
        message.write_bytes(b"{}")
    assert leftovers(file) == []
    leave(file.work_location / "shards", "shard-1/_DONE")
    repair(config=str(published))
    assert all(message.is_file() for message in waiting)


@pytest.mark.parametrize("published", ["bucket"], indirect=True)
def test_a_lease_of_a_dead_process_is_named_and_taken_over(published: Path):
    file = read_settings(published)
    lease = file.index_location / "leases/maintain"
    # Over at once: its time is in the past.
    note = {"token": "0", "holder": "process 7 on host", "since": "today", "seconds": -60.0}
    lease.write_text(json.dumps(note))
    assert leftovers(file) == ["lease maintain of process 7 on host since today"]
    assert repair(config=str(published)).findings == ()
    assert json.loads(lease.read_text())["free"]


@pytest.mark.parametrize("published", ["bucket"], indirect=True)
def test_a_store_that_ignores_conditions_is_reported(
    published: Path, monkeypatch: pytest.MonkeyPatch
):
    file = read_settings(published)

    def create(self: ObjectLocation, content: bytes) -> bool:
        self.write_bytes(content)
        return True

    monkeypatch.setattr(ObjectLocation, "create", create)
    (finding,) = diagnose(file).findings
    assert (finding.id, finding.repair) == (HealthCheck.CONDITIONS_KEPT, Repair.NONE)
    assert "publish from one machine only" in finding.examples[0]
