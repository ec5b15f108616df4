"""A run that has started on an empty index: what the gates are given besides a candidate."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pipeline.steps import configure
from vouch.pipeline.context.run_context import Run
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.lifecycle import open_run
from vouch.pipeline.run_request import RunRequest


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[Run]:
    """A started run; nothing is staged or published."""
    folder = tmp_path_factory.mktemp("audit")
    (folder / "documents").mkdir()
    contract = {"max_age_h": 24, "severity": "warn"}
    settings = configure(folder, tiny_model, {"contract": contract}, drift={"min_documents": 2})
    with open_run(RunRequest(read_settings(settings))) as (started, _):
        yield started
