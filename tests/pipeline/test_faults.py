"""A run that is cut short anywhere: readers see whole states only, and the next run ends where an undisturbed one does."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import vouch
from tests.pipeline.faults import BORDERS, Killed, end_at, killed
from tests.pipeline.steps import indexed, items_by_stage, run, tables, texts, write
from vouch.index.publishing.versions import published_state, states
from vouch.index.store.run_log import list_runs, newest_published
from vouch.index.store.tables import Tables, rows
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.doctor import diagnose
from vouch.schemas.errors import IndexError_
from vouch.schemas.run import Status

STATE = ("chunk_id", "uri", "text", "char_start", "char_end", "vector")


@pytest.fixture
def settings(project, tiny_model: Path) -> Path:
    documents = {f"{n}.md": f"# Number {n}\n\nThe text of document {n}." for n in range(8)}
    more = f"embedding: {{model: {tiny_model}}}\nindex: {{max_delete_share: 1.0}}\nrun: {{shard_documents: 2}}\n"
    return project({**documents, "empty.txt": ""}, more)


def change(settings: Path) -> None:
    folder = settings.parent / "documents"
    for n in range(4):
        write(settings, f"{n}.md", f"# Number {n}\n\nEdited, the text of document {n}.")
    write(settings, "new.md", "# New\n\nA document that was not there.")
    write(settings, "broken.json", "{")
    (folder / "empty.txt").write_text("Something after all.")
    (folder / "7.md").unlink()


def state(settings: Path) -> list[dict]:
    return sorted(indexed(settings, "chunks", *STATE), key=lambda row: row["chunk_id"])


def seen(settings: Path) -> list[dict]:
    """What a reader through `index.open` sees."""
    past = published_state(Tables.open(read_settings(settings).index_folder))
    return sorted(rows(past.chunks, STATE).to_pylist(), key=lambda row: row["chunk_id"])


# Where what is left behind is of another kind; the others leave what one of these does, and are for hours.
QUICK = (
    "list_source",
    "embed",
    "_settle",
    "judge",
    "_commit_chunks",
    "_commit_documents",
    "_commit_quarantine",
    "tag_state",
    "retain",
)


@pytest.mark.parametrize(
    "after", [False, pytest.param(True, marks=pytest.mark.soak)], ids=["before", "after"]
)
@pytest.mark.parametrize(
    "border",
    [
        pytest.param(border, marks=() if border[1] in QUICK else (pytest.mark.soak,))
        for border in BORDERS
    ],
    ids=[border[1] for border in BORDERS],
)
def test_cut_short_at_any_border(settings: Path, border: tuple[str, str], after: bool, monkeypatch):
    run(settings)
    before = state(settings)
    change(settings)
    end_at(border, after, killed, monkeypatch.setattr)
    monkeypatch.setattr("vouch.pipeline.lifecycle.fail", lambda *_: None)
    with pytest.raises(Killed):
        run(settings)
    monkeypatch.undo()
    between, visible = state(settings), seen(settings)
    record = run(settings)
    final = state(settings)
    assert between in (before, final)
    assert visible in (before, final)
    assert {row["uri"] for row in final} == {*(f"{n}.md" for n in range(7)), "new.md", "empty.txt"}
    assert sum("Edited" in row["text"] for row in final) == 4
    rejected = indexed(settings, "quarantine", "uri", "attempts")
    assert [(row["uri"], row["attempts"]) for row in rejected] == [("broken.json", 1)]
    assert record.status in (Status.PUBLISHED, Status.UNCHANGED)
    assert run(settings).status is Status.UNCHANGED
    assert diagnose(read_settings(settings)).findings == ()
    assert not [
        one
        for one in list_runs(tables(settings))
        if one.status in (Status.RUNNING, Status.PUBLISHING)
    ]


def test_finished_shards_are_not_made_again(settings: Path, monkeypatch):
    end_at(("vouch.pipeline.finalize", "outcome"), False, killed, monkeypatch.setattr)
    with pytest.raises(Killed):
        run(settings)
    monkeypatch.undo()
    write(settings, "one-more.md", "# One more\n\nArrived after the run had died.")
    record = run(settings)
    assert 1 <= record.shards_resumed < record.shards
    assert items_by_stage(record)["parse"] < 9
    assert record.accounting.published == 9
    assert {row["run_id"] for row in indexed(settings, "chunks", "run_id")} == {record.run_id}


def test_one_bad_shard_does_not_lose_the_others(settings: Path, monkeypatch):
    import vouch.pipeline.stages.process_shard

    embed = vouch.pipeline.stages.process_shard.embed

    def fails(run_, made):
        if any(row["uri"] == "3.md" for row in made.chunks):
            raise OSError(5, "Input/output error")
        return embed(run_, made)

    monkeypatch.setattr(vouch.pipeline.stages.process_shard, "embed", fails)
    with pytest.raises(OSError, match="Input/output"):
        run(settings)
    monkeypatch.undo()
    assert texts(settings) == {}
    record = run(settings)
    assert (record.shards - record.shards_resumed, record.accounting.published) == (1, 8)


def test_two_runs_of_a_kind_do_not_mix_and_the_second_says_so(settings: Path, monkeypatch):
    import vouch.pipeline.finalize

    real, entered, go_on = vouch.pipeline.finalize.outcome, threading.Event(), threading.Event()

    def waits(*arguments):
        entered.set()
        assert go_on.wait(60)
        return real(*arguments)

    monkeypatch.setattr(vouch.pipeline.finalize, "outcome", waits)
    records: dict = {}
    first = threading.Thread(target=lambda: records.update(first=run(settings)))
    first.start()
    assert entered.wait(60)
    with pytest.raises(IndexError_, match="another ingest run is at work"):
        run(settings)
    second = threading.Thread(target=lambda: records.update(second=run(settings, wait_s=60)))
    second.start()
    go_on.set()
    first.join(120)
    second.join(120)
    assert (records["first"].status, records["second"].status) == (
        Status.PUBLISHED,
        Status.UNCHANGED,
    )


def test_a_run_that_was_overtaken_plans_again_before_it_publishes(settings: Path, monkeypatch):
    """A backfill publishes while an ingest has staged: both are right in the end, nothing is doubled."""
    import vouch.flows.tasks
    from tests.pipeline.local_runs import backfill

    overtaken: list = []
    stage = vouch.flows.tasks._stage

    def overtakes(run_, plan):
        stage(run_, plan)
        if run_.scope.kind == "ingest" and not overtaken:
            overtaken.append(None)
            write(settings, "0.md", "# Number 0\n\nEdited while the ingest was at work.")
            overtaken.extend(backfill(config=str(settings), path="0.md"))

    monkeypatch.setattr(vouch.flows.tasks, "_stage", overtakes)
    run(settings)
    monkeypatch.undo()
    assert overtaken[1].accounting.published == 1
    newest = newest_published(tables(settings))
    assert newest is not None
    assert newest.kind == "ingest"  # it began first and published last
    assert states(tables(settings))[-1] == newest.run_id
    assert diagnose(read_settings(settings)).findings == ()
    run(settings)
    found = texts(settings)
    assert sorted(found) == [f"{n}.md" for n in range(8)]
    assert "while the ingest" in found["0.md"][0]
    assert diagnose(read_settings(settings)).findings == ()


def test_killed_for_good_and_taken_up_by_the_same_command(
    settings: Path, monkeypatch, tmp_path: Path
):
    run(settings)
    before = state(settings)
    change(settings)
    code = (
        "import sys; from tests.pipeline.faults import die, end_at; import vouch.flows.tasks\n"
        "end_at(('vouch.index.publishing.publish', '_commit_documents'), False, die, setattr)\n"
        "from tests.pipeline.local_runs import ingest; ingest(config=sys.argv[1])\n"
    )
    from prefect.settings import PREFECT_API_URL

    environment = {**os.environ, "PREFECT_API_URL": str(PREFECT_API_URL.value())}
    child = subprocess.run(
        [sys.executable, "-c", code, str(settings)],
        cwd=Path(__file__).parents[2],
        env=environment,
        capture_output=True,
        timeout=120,
    )
    assert child.returncode == -9
    assert state(settings) != before
    assert seen(settings) == before
    with_index = vouch.open(read_settings(settings).index_folder)
    assert with_index.search("text", k=1)
    run(settings)
    assert run(settings).status is Status.UNCHANGED
    assert diagnose(read_settings(settings)).findings == ()
