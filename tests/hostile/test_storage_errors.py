"""Errors of storage are one sentence: what, where, and what to do. And folders are private."""

import errno
import os
from pathlib import Path

import pytest

from tests.pipeline.faults import at
from tests.pipeline.steps import configure, run, texts, write
from vouch.schemas.boundary import Boundary, Side
from vouch.schemas.errors import StorageError
from vouch.schemas.process.private_folder import make_private_folder
from vouch.schemas.process.storage_errors import storage_explained, storage_problem

NUMBERS = ("ENOSPC", "EDQUOT", "EROFS", "EACCES", "EPERM", "EMFILE", "ENFILE", "ENOMEM", "EIO")
NUMBERS += ("ESTALE", "ENOLCK", "EAGAIN", "ENOSYS")


@pytest.mark.parametrize("name", NUMBERS)
def test_an_error_of_the_system_is_a_sentence_with_the_folder(tmp_path: Path, name: str):
    number = getattr(errno, name)
    errors = [
        OSError(number, os.strerror(number), str(tmp_path / "x")),
        RuntimeError(f"lance error: {tmp_path}/chunks.lance: (os error {number})"),
    ]
    for error in errors:
        problem = storage_problem(error, {"the index": tmp_path})
        assert problem is not None
        assert os.strerror(number) in problem
        assert f"the index ({tmp_path}" in problem
        assert "\n" not in problem


def test_other_errors_are_none_of_storage(tmp_path: Path):
    for error in (ValueError("x"), FileNotFoundError(2, "No such file"), RuntimeError("os error")):
        assert storage_problem(error) is None
        with pytest.raises(type(error)), storage_explained({"the index": tmp_path}):
            raise error
    assert "memory" in str(storage_problem(MemoryError()))
    assert "processes" in str(storage_problem(RuntimeError("can't start new thread")))


def _no_space() -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("boundary", [Boundary.STAGE, Boundary.COMMIT_CHUNKS, Boundary.REPORT])
def test_a_full_disk_is_explained_and_the_next_run_is_right(
    tmp_path: Path, tiny_model: Path, boundary: Boundary
):
    settings = configure(tmp_path, tiny_model)
    write(settings, "a.md", "# A\n\nA text.")
    with (
        at(boundary, Side.BEFORE, _no_space, once=True),
        pytest.raises(StorageError, match="No space left on device.*free some space"),
    ):
        run(settings)
    run(settings)
    assert texts(settings) == {"a.md": ["A\n\nA text."]}
    folders = [tmp_path / "data", *(tmp_path / "data").iterdir()]
    assert {folder.name for folder in folders} == {"data", "index", "work", "reports"}
    assert {folder.stat().st_mode & 0o777 for folder in folders} == {0o700}


def test_a_folder_that_exists_keeps_its_rights(tmp_path: Path):
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o755)
    make_private_folder(shared / "one" / "two")
    assert [
        folder.stat().st_mode & 0o777 for folder in (shared, shared / "one", shared / "one/two")
    ] == [0o755, 0o700, 0o700]
