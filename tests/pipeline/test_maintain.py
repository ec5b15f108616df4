"""`vouch maintain` beside the other runs: nothing that they hold to is moved by it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import vouch
from tests.pipeline.local_runs import maintain
from tests.pipeline.steps import configure, run, tables, write
from vouch.console import Output
from vouch.index.publishing.versions import published_state
from vouch.index.store.run_log import list_runs, newest_published, read_run
from vouch.index.store.tables import frame
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.doctor import diagnose
from vouch.pipeline.operations.rollback import release, rollback
from vouch.schemas.errors import IndexError_, PublishingHeld
from vouch.schemas.run import Status

ROOT = Path(__file__).parents[2]
WORDS = ("kettles", "bridges", "violins", "glaciers", "archives", "orchards")
TEXT = "# {subject}\n\n" + "\n\n".join(
    f"Rule {n} on {{subject}}: keep them warm, counted and {n} times told." for n in range(40)
)


@pytest.fixture
def settings(tmp_path: Path, tiny_model: Path) -> Path:
    """Two published runs; enough chunks for an index on the vectors."""
    limits = {
        "chunking": {"max_tokens": 16, "heading_tokens": 16},
        "index": {"vector_index_from_rows": 256},
    }
    settings = configure(tmp_path, tiny_model, **limits)
    for subject in WORDS[:-1]:
        write(settings, f"{subject}.md", TEXT.format(subject=subject))
    run(settings)
    write(settings, f"{WORDS[-1]}.md", TEXT.format(subject=WORDS[-1]))
    run(settings)
    return settings


def rows(settings: Path) -> list[tuple]:
    shown = published_state(tables(settings))
    return frame(shown.chunks, ("chunk_id", "uri", "text", "run_id")).sort("chunk_id").rows()


def test_the_run_has_a_record_and_the_next_ones_go_on(settings: Path, capsys):
    before, newest = rows(settings), newest_published(tables(settings)).run_id
    record = maintain(config=str(settings))
    assert (record.kind, record.status, record.window) == (
        "maintain",
        Status.UNCHANGED,
        f"the state of {newest}",
    )
    assert record.maintenance.after.recall >= 0.98
    assert record.maintenance.after.vectors.startswith("IVF_")
    assert "Maintained" in Path(record.report).read_text("utf-8")
    assert (rows(settings), newest_published(tables(settings)).run_id) == (before, newest)
    assert vouch.open(read_settings(settings).index_folder).search("rules on violins", k=3)
    versions = tables(settings).versions()
    assert run(settings).status is Status.UNCHANGED
    assert tables(settings).versions() == versions
    assert diagnose(read_settings(settings)).findings == ()
    from vouch.commands.runs import print_run

    print_run(Output(), read_run(tables(settings), record.run_id))
    assert "IVF_" in capsys.readouterr().out


def test_a_rollback_still_holds_and_goes_to_the_states_as_they_were(settings: Path):
    file = read_settings(settings)
    first = list_runs(tables(settings))[-1].run_id
    second = rows(settings)
    maintain(config=str(settings))
    rollback(file, first)
    assert {row[1] for row in rows(settings)} == {f"{subject}.md" for subject in WORDS[:-1]}
    maintain(config=str(settings))
    with pytest.raises(PublishingHeld):
        run(settings)
    release(file)
    assert run(settings).status is Status.PUBLISHED
    assert [row[:3] for row in rows(settings)] == [row[:3] for row in second]
    assert diagnose(file).findings == ()


CHILD = (
    "import sys; from tests.pipeline.faults import die, end_at\n"
    "end_at((sys.argv[2], sys.argv[3]), True, die, setattr)\n"
    "from pathlib import Path; from vouch.pipeline.operations.maintenance import maintain as run_maintenance; from vouch.pipeline.context.settings_loader import read_settings\n"
    "run_maintenance(read_settings(Path(sys.argv[1])))\n"
)


def test_killed_it_leaves_what_is_read_and_the_next_one_finishes(settings: Path):
    before = rows(settings)
    for border in (
        ("vouch.index.vectors.tuning", "_tuned"),
        ("vouch.index.publishing.maintenance", "write_run"),
    ):
        child = subprocess.run(
            [sys.executable, "-c", CHILD, str(settings), *border],
            cwd=ROOT,
            env=dict(os.environ),
            capture_output=True,
        )
        assert child.returncode == -signal.SIGKILL, child.stderr[-500:]
        assert rows(settings) == before
        assert run(settings).status is Status.UNCHANGED
    told = [one.status for one in list_runs(tables(settings)) if one.kind == "maintain"]
    assert told == [
        Status.RUNNING,
        Status.FAILED,
    ]  # the newest first: each marks what was cut short before it
    assert maintain(config=str(settings)).maintenance.after.recall >= 0.98
    assert rows(settings) == before
    assert not [one for one in list_runs(tables(settings)) if one.status is Status.RUNNING]
    assert diagnose(read_settings(settings)).findings == ()


def test_without_a_published_state_there_is_nothing_to_maintain(tmp_path: Path, tiny_model: Path):
    (tmp_path / "documents").mkdir()
    with pytest.raises(IndexError_, match="there is no index"):
        maintain(config=str(configure(tmp_path, tiny_model)))
