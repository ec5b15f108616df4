"""Where a process keeps what ends with it, also where it is killed."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from vouch.pipeline.context.scratch import scratch_folder, scratch_of
from vouch.storage.places import location_of

KILLED = """
import os, signal, sys, tempfile
from vouch.pipeline.context.scratch import scratch_folder
tempfile.tempdir = sys.argv[1]
with scratch_folder() as folder:
    (folder / "file").write_text("x")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def test_it_is_the_work_folder_or_a_private_one_that_goes(temporary: Path):
    with scratch_of(location_of(temporary / "work")) as scratch:
        assert scratch == temporary / "work"
    with scratch_of(location_of("s3://bucket/work")) as scratch:
        assert scratch.parent == temporary
        assert scratch.stat().st_mode & 0o777 == 0o700
    assert list(temporary.iterdir()) == []


def test_the_next_process_removes_what_a_killed_one_left_and_nothing_else(temporary: Path):
    killed = subprocess.run([sys.executable, "-c", KILLED, str(temporary)], check=False)
    assert killed.returncode == -signal.SIGKILL
    (left,) = temporary.iterdir()
    (temporary / "vouch-scratch-of-another-program").mkdir()
    with scratch_folder() as first, scratch_folder() as second:
        assert not left.exists()
        assert first.is_dir()
        assert second.is_dir()
    assert [each.name for each in temporary.iterdir()] == ["vouch-scratch-of-another-program"]
