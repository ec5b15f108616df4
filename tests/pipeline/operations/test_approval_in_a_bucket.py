"""An approval where index, shards and reports are in a bucket: cut short, and finished."""

from pathlib import Path

import pytest

from tests.object_store import SECRET_KEY, ObjectStore
from tests.pipeline.faults import Killed, at
from tests.pipeline.steps import configure, failed, outcome, run, tables, texts, write
from tests.pipeline.test_object_store_runs import places
from vouch.index.store.run_log import list_runs
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.approval import approve
from vouch.schemas.boundary import Boundary, Side
from vouch.schemas.errors import NotFound
from vouch.schemas.runs.record import Status


def test_a_first_run_is_approved_and_the_next_one_finishes_it(
    tmp_path: Path, tiny_model: Path, store: ObjectStore, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("VOUCH_TEST_KEY", SECRET_KEY)
    bucket = store.location()
    (bucket / "golden.jsonl").write_text("")
    few = {"batch": {"min_documents": 5}}
    settings = configure(tmp_path, tiny_model, contracts=few, **places(bucket, store))
    write(settings, "moon.md", "# Moon\n\nThe moon orbits the earth.")
    assert failed(outcome(settings))["published_documents"] == "reject"
    file = read_settings(settings)
    with at(Boundary.COMMIT_DOCUMENTS, Side.BEFORE), pytest.raises(Killed):
        approve(file, "latest", "a small base", "Ada")
    with pytest.raises(NotFound, match="no run was rejected"):
        approve(file, "latest", "a small base", "Ada")  # it has finished the first
    rejected = next(each for each in list_runs(tables(settings)) if each.kind == "ingest")
    assert rejected.status is Status.PUBLISHED
    assert rejected.approval is not None
    assert set(texts(settings)) == {"moon.md"}
    assert run(settings).status is Status.UNCHANGED
    assert [each.path for each in (bucket / "work/shards").files()] == []
