"""A candidate of an index in a bucket is searched from copies on this machine."""

from pathlib import Path

import pytest

from tests.object_store import SECRET_KEY, ObjectStore
from tests.pipeline.steps import configure, failed, outcome, run, write
from tests.pipeline.test_object_store_runs import places
from vouch.pipeline.context.index_model import open_index
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.approval import approve
from vouch.pipeline.operations.candidate_index import open_candidate


def test_it_is_searched_as_it_is_once_approved_and_the_bucket_stays_as_it_was(
    tmp_path: Path, tiny_model: Path, store: ObjectStore, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("VOUCH_TEST_KEY", SECRET_KEY)
    bucket = store.location()
    (bucket / "golden.jsonl").write_text("")
    settings = configure(tmp_path, tiny_model, **places(bucket, store))
    for name in ("moon", "tea"):
        write(settings, f"{name}.md", f"# {name}\n\nWhat there is to say on {name}.")
    run(settings)
    many = {"batch": {"min_documents": 50}}
    configure(tmp_path, tiny_model, contracts=many, **places(bucket, store))
    write(settings, "new.md", "# New\n\nSomething that was not there before.")
    assert "published_documents" in failed(outcome(settings))
    file = read_settings(settings)
    before = {each.path: each.version for each in bucket.files()}
    with open_candidate(file, "latest") as candidate:
        searched = candidate.search("not there before", breadth="broad")
        assert searched[0].uri == "new.md"
        assert candidate.document(searched[0].document_id).text.endswith("before.")
        assert "new.md" not in {hit.uri for hit in open_index(file).search("not there before")}
    assert {each.path: each.version for each in bucket.files()} == before
    approve(file, "latest", "it is meant to be so", "Ada")
    assert open_index(file).search("not there before", breadth="broad") == searched
