"""Every signal at every boundary of a run, and every folder full, closed or missing rights."""

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.hostile.interrupted import ROOT, Ended, command
from tests.pipeline.faults import PUBLISHING_RUN
from tests.pipeline.steps import configure, run, tables, texts, write
from tests.soak.test_kill import small_disk
from vouch.index.lineage.checks import HealthCheck
from vouch.index.store.run_log import list_runs
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.doctor import diagnose
from vouch.schemas.boundary import Boundary, Side
from vouch.schemas.runs.record import Status

pytestmark = [pytest.mark.soak, pytest.mark.timeout(3 * 3600)]

LOCAL = ("ingest", "--runner", "local")
PREFECT = ("ingest", "--runner", "prefect")
SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
ACTIONS = ("signal", "block", "repeat")
DOCUMENTS = 3


class Project:
    """A project whose documents change before each run."""

    def __init__(self, folder: Path, model: Path) -> None:
        self.settings = configure(folder, model, run={"shard_documents": 2})
        self.edit = 0
        self.change()
        run(self.settings)

    def change(self) -> None:
        self.edit += 1
        for number in range(DOCUMENTS):
            write(self.settings, f"{number}.md", f"# N {number}\n\nEdit {self.edit} of {number}.")

    def check_next_run(self) -> None:
        """Run again, and check that what is published is what the documents say."""
        run(self.settings)
        assert texts(self.settings) == {
            f"{number}.md": [f"N {number}\n\nEdit {self.edit} of {number}."]
            for number in range(DOCUMENTS)
        }
        over = {record.status for record in list_runs(tables(self.settings))}
        assert not {Status.RUNNING, Status.PUBLISHING} & over
        findings = {finding.id for finding in diagnose(read_settings(self.settings)).findings}
        assert findings <= {HealthCheck.NO_LEFTOVERS}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Project:
    return Project(tmp_path_factory.mktemp("project"), tiny_model)


def is_clean(ended: Ended, name: str) -> bool:
    code = {"SIGINT": 130, "SIGTERM": 143, "SIGHUP": 129}[name]
    printed = f"vouch: interrupted by {name}" in ended.printed and "Traceback" not in ended.printed
    return (ended.code, printed, ended.processes, ended.files) == (code, True, (), ())


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("boundary", PUBLISHING_RUN)
def test_any_signal_at_any_boundary(project: Project, boundary: Boundary, side: Side):
    """Which signal comes, and how, changes from one boundary to the next."""
    place = 2 * PUBLISHING_RUN.index(boundary) + list(Side).index(side)
    name, action = SIGNALS[place % 3], ACTIONS[place // 3 % 3]
    project.change()
    ended = command(project.settings, boundary, side, action, name, *LOCAL)
    assert is_clean(ended, name), ended
    project.check_next_run()


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("boundary", [Boundary.EMBED, Boundary.AUDIT, Boundary.COMMIT_DOCUMENTS])
def test_a_flow_with_prefects_own_server(project: Project, boundary: Boundary, name: str):
    project.change()
    ended = command(project.settings, boundary, Side.BEFORE, "signal", name, *PREFECT)
    assert is_clean(ended, name), ended
    project.check_next_run()


@contextmanager
def moved(place: Path, disk: Path) -> Iterator[None]:
    """Let a folder lie on another disk within the block."""
    content = disk / "content"
    if place.exists():
        shutil.copytree(place, content)
        shutil.rmtree(place)
    else:
        content.mkdir()
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(content)
    try:
        yield
    finally:
        place.unlink()
        shutil.copytree(content, place)


FOLDERS = {"the index": "data/index", "the work folder": "data/work", "reports": "data/reports"}


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("boundary", PUBLISHING_RUN)
@pytest.mark.parametrize("name", FOLDERS)
def test_any_folder_that_is_full_at_any_boundary(
    project: Project, tmp_path: Path, name: str, boundary: Boundary, side: Side
):
    before = texts(project.settings)
    place = project.settings.parent / FOLDERS[name]
    with small_disk(tmp_path / "disk") as disk, moved(place, disk):
        project.change()
        ended = command(project.settings, boundary, side, "fill", str(disk), *LOCAL)
        assert "Traceback" not in ended.printed, ended.printed
        assert (ended.processes, ended.files) == ((), ())
        if ended.code:
            assert ended.code == 12, ended.printed
            assert "No space left on device in" in ended.printed
            assert name in ended.printed
        assert texts(project.settings).keys() == before.keys()
        (disk / "ballast").unlink(missing_ok=True)
        project.check_next_run()


@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_that_can_only_be_read(project: Project, tmp_path: Path, name: str):
    place = project.settings.parent / FOLDERS[name]
    with small_disk(tmp_path / "disk") as disk, moved(place, disk):
        project.change()
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        ended = command(
            project.settings, Boundary.RECOVER, Side.BEFORE, "signal", "SIGCONT", *LOCAL
        )
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
        assert ended.code in (5, 12), ended.printed
        assert "Read-only file system" in ended.printed
        assert "Traceback" not in ended.printed
        project.check_next_run()


def limit_files() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


@pytest.mark.parametrize(
    ("prepare", "variables"),
    [
        (limit_files, {}),
        (None, {"HOME": "/nowhere"}),
        (None, {"TMPDIR": "/nowhere"}),
        (None, {"TMPDIR": "/dev/shm/" + "long/" * 30}),
    ],
)
def test_a_machine_that_lacks_something(
    project: Project, prepare: Callable[[], None] | None, variables: dict[str, str]
):
    project.change()
    done = subprocess.run(
        [sys.executable, "-m", "vouch", *LOCAL],
        cwd=project.settings.parent,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | variables,
        preexec_fn=prepare,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 12), done.stderr
    project.check_next_run()
