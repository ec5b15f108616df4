"""A project of two published documents, with an empty file of golden queries."""

import shutil
from pathlib import Path

import pytest

from tests.pipeline.steps import configure, run, write

LEASE = "# Lease\n\nThe rent is due on the first day of each month, without exception.\n"
DOG = "# Dog\n\nThe dog sleeps in the kitchen, and nobody minds that.\n"


@pytest.fixture(scope="session")
def lease_and_dog(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    folder = tmp_path_factory.mktemp("golden")
    settings = configure(folder, tiny_model, retrieval={"golden": "golden.jsonl"})
    write(settings, "lease.md", LEASE)
    write(settings, "dog.md", DOG)
    (folder / "golden.jsonl").write_text("")
    run(settings)
    return folder


@pytest.fixture
def settings(lease_and_dog: Path, tmp_path: Path) -> Path:
    """The settings of a copy of the project."""
    return shutil.copytree(lease_and_dog, tmp_path / "project") / "vouch.yaml"
