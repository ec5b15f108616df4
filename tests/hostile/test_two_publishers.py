"""Two publishers whose locks do not exclude each other, as on some network file systems."""

import errno
import fcntl
import os
from pathlib import Path

import pytest

from tests.pipeline.faults import at
from tests.pipeline.steps import configure, indexed, run, tables, texts, write
from vouch.index.lineage.checks import HealthCheck
from vouch.index.store.run_log import list_runs
from vouch.pipeline.context.locks import Locks
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.doctor import diagnose
from vouch.schemas.boundary import Boundary, Side
from vouch.schemas.errors import IndexError_, StorageError
from vouch.schemas.runs.record import Status


@pytest.fixture
def machines(tmp_path: Path, tiny_model: Path) -> tuple[Path, Path]:
    """The settings of two machines with the same tables and documents, but locks of their own."""
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        configure(folder, tiny_model, index={"max_delete_share": 1.0})
    settings = first / "vouch.yaml"
    write(settings, "a.md", "# A\n\nThe first text.")
    run(settings)
    (second / "documents").symlink_to(first / "documents")
    (second / "data/index").mkdir(parents=True)
    for table in (first / "data/index").glob("*.lance"):
        (second / "data/index" / table.name).symlink_to(table)
    return settings, second / "vouch.yaml"


@pytest.mark.parametrize(
    ("boundary", "side"),
    [
        (Boundary.VERDICT, Side.AFTER),
        pytest.param(Boundary.RECORD_INTENT, Side.BEFORE, marks=pytest.mark.soak),
        pytest.param(Boundary.RECORD_INTENT, Side.AFTER, marks=pytest.mark.soak),
        (Boundary.COMMIT_DOCUMENTS, Side.BEFORE),
    ],
)
def test_a_second_publisher_leaves_a_whole_index(
    machines: tuple[Path, Path], boundary: Boundary, side: Side
):
    """The second one publishes everything while the first one is at a boundary."""
    first, second = machines
    write(first, "a.md", "# A\n\nEdited by hand.")

    def publish_too() -> None:
        write(first, "b.md", "# B\n\nThe second text.")
        run(second)

    with at(boundary, side, publish_too, once=True):
        try:
            run(first)
        except (IndexError_, OSError) as error:
            ended = str(error)
        else:
            ended = "published"
    overtaken = boundary is Boundary.VERDICT or side is Side.BEFORE
    if overtaken and boundary is not Boundary.COMMIT_DOCUMENTS:
        assert "another run has published" in ended
        assert list_runs(tables(first))[1].status is Status.FAILED
    run(first)
    assert texts(first) == {"a.md": ["A\n\nEdited by hand."], "b.md": ["B\n\nThe second text."]}
    ids = [row["chunk_id"] for row in indexed(first, "chunks", "chunk_id")]
    assert len(ids) == len(set(ids))
    assert not {Status.RUNNING, Status.PUBLISHING} & {
        record.status for record in list_runs(tables(first))
    }
    # What a run that withdrew has staged stays for a while.
    findings = {finding.id for finding in diagnose(read_settings(first)).findings}
    assert findings <= {HealthCheck.NO_LEFTOVERS}


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_file_system_without_locks_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
):
    def refuse(file: int, operation: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with (
        pytest.raises(StorageError, match="has no locks"),
        Locks(tmp_path, 0).publisher(),
    ):
        pass
