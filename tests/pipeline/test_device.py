"""`--device` takes the place of embedding.device in the runs that embed."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.steps import configure
from vouch.pipeline import run_kinds
from vouch.pipeline.run_request import RunRequest


@pytest.mark.parametrize(
    "kind",
    [run_kinds.ingest, run_kinds.reindex, partial(run_kinds.backfill, path="/x.md")],
)
@pytest.mark.parametrize(("device", "used"), [("cuda:1", "cuda:1"), (None, "cpu")])
def test_a_device_of_one_run(tmp_path: Path, kind: Any, device: str | None, used: str):
    (tmp_path / "documents").mkdir()
    settings = configure(tmp_path, tmp_path, embedding={"device": "cpu"})
    requests: list[RunRequest] = []
    kind(requests.append, config=settings, device=device)
    assert [request.settings.embedding.device for request in requests] == [used]
