"""Runs whose index, work and reports are in a bucket: as in folders, and nothing stays here."""

import json
import os
import pickle
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

import vouch
from tests.cluster.published import Published, differences
from tests.object_store import SECRET_KEY, ObjectStore
from tests.pipeline.faults import Killed, at
from tests.pipeline.steps import configure, run, tables, texts, write
from vouch.index.store.run_log import list_runs
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.doctor import diagnose
from vouch.pipeline.operations.golden.adding import add_golden
from vouch.pipeline.operations.index_copy import copy_index
from vouch.pipeline.operations.rollback import release, rollback
from vouch.schemas.boundary import Boundary, Side
from vouch.schemas.errors import SettingsError, StorageError
from vouch.schemas.runs.record import Status
from vouch.storage.location import Location
from vouch.storage.places import location_of

DOCUMENTS = {
    "one.md": "# Alpha\n\nThe first text is about violins.",
    "two.md": "# Beta\n\nThe second text is about drums.\n\n## More\n\nAnd about trumpets.",
    "mail.eml": (
        "Subject: notes\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
        "--b\nContent-Type: text/plain\n\nThe notes are attached to this letter.\n"
        "--b\nContent-Type: text/markdown\nContent-Disposition: attachment; filename=n.md\n\n"
        "# Notes\n\nAn attached text about flutes.\n--b--\n"
    ),
    "broken.pdf": "%PDF-1.4 this is none",
}


@pytest.fixture(scope="module")
def bucket(store: ObjectStore) -> Location:
    return store.location()


@pytest.fixture(scope="module")
def settings(
    tmp_path_factory: pytest.TempPathFactory, tiny_model: Path, store: ObjectStore, bucket: Location
) -> Iterator[Path]:
    """A project that names nothing but URLs, after its first run; its temporary folder is its own.

    The tests use it one after the other.
    """
    folder = tmp_path_factory.mktemp("buckets")
    (folder / "tmp").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VOUCH_TEST_KEY", SECRET_KEY)
        patch.setattr("tempfile.tempdir", str(folder / "tmp"))
        (bucket / "golden.jsonl").write_text("")
        settings = configure(folder, tiny_model, **places(bucket, store))
        for name, text in DOCUMENTS.items():
            write(settings, name, text)
        run(settings)
        yield settings


def places(bucket: Location, store: ObjectStore) -> dict[str, object]:
    return {
        "index": {"path": f"{bucket}/index"},
        "run": {
            "work_path": f"{bucket}/work",
            "report_path": f"{bucket}/reports",
            "metrics_path": f"{bucket}/metrics/vouch.prom",
        },
        "lineage": {"to": f"{bucket}/lineage"},
        "retrieval": {"golden": f"{bucket}/golden.jsonl"},
        "storage": {
            "options": store.options | {"secret_access_key": "${VOUCH_TEST_KEY}"},
            "lease_s": 5,
        },
    }


def names(place: Location) -> list[str]:
    return [file.path for file in place.files()]


def left_here(settings: Path) -> list[str]:
    """Return what is in the temporary folder, except the sockets of this process, which stay."""
    files = (settings.parent / "tmp").iterdir()
    return [file.name for file in files if not file.name.startswith("pymp-")]


def test_the_published_rows_are_those_of_a_folder(settings: Path, tmp_path: Path, tiny_model: Path):
    here = configure(tmp_path, tiny_model)
    shutil.copytree(settings.parent / "documents", tmp_path / "documents")
    run(here)
    state = Published.of(read_settings(settings).index_location)
    assert differences(state, Published.of(read_settings(here).index_location)) == []
    assert "attached text about flutes" in str(texts(settings))
    hits = vouch.open(
        f"{read_settings(settings).index_location}",
        storage_options=read_settings(settings).settings.storage.filled(),
    ).search("trumpets", k=1, mode="text")
    assert hits[0].uri == "two.md"
    assert diagnose(read_settings(settings)).findings == ()


def test_nothing_of_a_run_stays_on_this_machine(settings: Path):
    assert sorted(file.name for file in settings.parent.iterdir()) == [
        "documents", "tmp", "vouch.yaml"
    ]  # fmt: skip
    assert left_here(settings) == []


def test_a_browser_shows_the_report_and_what_it_links_to(settings: Path, bucket: Location):
    (record,) = [each for each in list_runs(tables(settings)) if each.kind == "ingest"]
    assert record.report == f"{bucket}/reports/{record.run_id}.html"
    assert record.places == {
        name: f"{bucket}/{key}"
        for name, key in {"index": "index", "staging": "work", "reports": "reports"}.items()
    }
    page = bucket / "reports" / f"{record.run_id}.html"
    with urllib.request.urlopen(page.signed_link(), timeout=60) as answer:
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        shown = answer.read().decode()
    assert all(place in shown for place in record.places.values())
    docs = names(bucket / "reports/data_docs" / record.run_id)
    assert "index.html" in docs
    assert len(docs) > 1


def test_metrics_and_events_are_objects(settings: Path, bucket: Location):
    assert "vouch_run_status" in (bucket / "metrics/vouch.prom").read_text()
    events = [
        json.loads((bucket / "lineage" / name).read_text()) for name in names(bucket / "lineage")
    ]
    assert [event["eventType"] for event in events[:2]] == ["START", "COMPLETE"]
    written = {(table["namespace"], table["name"]) for table in events[1]["outputs"]}
    assert (bucket.url, "index/chunks.lance") in written
    assert [name for name in names(bucket / "work/lineage") if name.endswith(".json")] == []


def test_no_secret_is_in_what_a_run_writes(settings: Path, bucket: Location):
    file = read_settings(settings)
    assert SECRET_KEY not in repr(file)
    assert SECRET_KEY.encode() not in pickle.dumps([file, *list_runs(tables(settings))])
    for name in names(bucket):
        assert SECRET_KEY.encode() not in (bucket / name).read_bytes(), name


def test_an_alert_that_cannot_be_sent_waits_in_the_bucket(
    settings: Path, tmp_path: Path, bucket: Location
):
    values = json.loads(settings.read_text()) | {"alerts": {"to": ["http://127.0.0.1:9/x"]}}
    (tmp_path / "vouch.yaml").write_text(json.dumps(values))
    (tmp_path / "documents").symlink_to(settings.parent / "documents")
    with at(Boundary.PLAN, Side.BEFORE, _fail), pytest.raises(RuntimeError):
        run(tmp_path / "vouch.yaml")
    waiting = [name for name in names(bucket / "work/alerts") if name.endswith(".json")]
    assert len(waiting) == 1


def _fail() -> None:
    raise RuntimeError("planned")


def test_the_next_run_resumes_one_that_was_cut_short(settings: Path, bucket: Location):
    write(settings, "three.md", "# Gamma\n\nA third text, about harps.")
    before = texts(settings)
    with at(Boundary.AUDIT, Side.BEFORE), pytest.raises(Killed):
        run(settings)
    assert texts(settings) == before
    with at(Boundary.COMMIT_DOCUMENTS, Side.BEFORE), pytest.raises(Killed):
        run(settings)
    record = run(settings)
    assert texts(settings)["three.md"] == ["Gamma\n\nA third text, about harps."]
    finished = [each for each in list_runs(tables(settings)) if each.status is Status.PUBLISHED]
    assert record.status is Status.UNCHANGED
    assert finished[0].shards_resumed == 1
    assert names(bucket / "work/shards") == []
    assert left_here(settings) == []


def test_going_back_and_golden_queries(settings: Path, bucket: Location):
    write(settings, "one.md", "# Alpha\n\nThe first text is about cellos now.")
    run(settings)
    file = read_settings(settings, golden_to_come=True)
    add_golden(file, "which instrument?", "two.md", "The second text is about drums.")
    assert "drums" in (bucket / "golden.jsonl").read_text()
    published = [each for each in list_runs(tables(settings)) if each.status is Status.PUBLISHED]
    rollback(read_settings(settings), published[1].run_id)
    assert "violins" in str(texts(settings))
    release(read_settings(settings))
    record = run(settings)  # with the golden query, on a candidate in the bucket
    assert record.retrieval is not None
    assert "cellos" in str(texts(settings))


def test_the_command_line_prints_urls_and_no_secret(settings: Path, bucket: Location):
    environment = os.environ | {"VOUCH_TEST_KEY": SECRET_KEY}

    def command(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "vouch", "-c", str(settings), *words],
            capture_output=True, text=True, env=environment, timeout=300, check=False,
        )  # fmt: skip
        assert SECRET_KEY not in done.stdout + done.stderr
        assert done.returncode == 0, done.stderr
        return done.stdout

    plan = f"{bucket}/plans/approved.json"
    command("plan", "--save", plan)
    assert "report:    " in (shown := command("ingest", "--runner", "local", "--plan", plan))
    assert f"{bucket}/reports/" in shown


def test_an_index_is_copied_to_a_folder_and_back_with_its_history(
    settings: Path, tmp_path: Path, bucket: Location
):
    file = read_settings(settings)
    copy_index(file, str(tmp_path / "index"))
    with pytest.raises(SettingsError, match="is not empty"):
        copy_index(file, str(tmp_path / "index"))
    values = json.loads(settings.read_text())
    here, again = tmp_path / "here.yaml", tmp_path / "again.yaml"
    here.write_text(json.dumps(values | {"index": {"path": "index"}}))
    again.write_text(json.dumps(values | {"index": {"path": f"{bucket}/again"}}))
    (tmp_path / "documents").symlink_to(settings.parent / "documents")
    copy_index(read_settings(here), f"{bucket}/again")
    for copied in (here, again):
        assert differences(
            Published.of(read_settings(copied).index_location), Published.of(file.index_location)
        ) == []  # fmt: skip
        assert diagnose(read_settings(copied)).findings == ()
    published = [each for each in list_runs(tables(again)) if each.status is Status.PUBLISHED]
    rollback(read_settings(again), published[-1].run_id)
    assert "violins" in str(texts(again))
    assert "cellos" in str(texts(here))


def test_a_place_that_cannot_be_written_is_refused_before_any_work(
    settings: Path, tmp_path: Path, store: ObjectStore
):
    values = json.loads(settings.read_text())
    (tmp_path / "documents").mkdir()
    wrong = values | {
        "storage": {"options": store.options | {"secret_access_key": "another secret key"}}
    }
    del wrong["retrieval"]
    (tmp_path / "vouch.yaml").write_text(json.dumps(wrong, indent=1))
    with pytest.raises(StorageError, match=r"vouch\.yaml, line \d+: index\.path: .*right to it"):
        run(tmp_path / "vouch.yaml")
    assert location_of(tmp_path).folders() == ["documents"]
