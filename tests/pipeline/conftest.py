"""A project that one run has published, copied for each test: a copy costs less than a run."""

import shutil
from pathlib import Path

import pytest

from tests.pipeline.sample_documents import DOCUMENTS
from tests.pipeline.steps import configure, run


@pytest.fixture(scope="session")
def published_project(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    """The folder of a project, published by one run with the tiny model. Not to be changed."""
    folder = tmp_path_factory.mktemp("published")
    for name, content in DOCUMENTS.items():
        file = folder / "documents" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    run(configure(folder, tiny_model, index={"max_delete_share": 1.0}))
    return folder


@pytest.fixture
def published(published_project: Path, tmp_path: Path) -> Path:
    """The settings of a copy of the published project: see `tests.pipeline.sample_documents`."""
    return shutil.copytree(published_project, tmp_path / "project") / "vouch.yaml"
