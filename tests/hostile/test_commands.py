"""Wrong input to every command: one sentence and a documented exit code, never a traceback."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.command_line import run_command
from tests.pipeline.steps import configure, run, write
from vouch.cli import EXIT_CODES

BINARY = bytes(range(256))
HUGE = str(10**30)
DEEP = "[" * 5_000

# A command with what is wrong about it, the exit code, and a part of what is printed.
WITH_AN_INDEX = [
    ("--config none.yaml plan", 2, "none.yaml cannot be read"),
    ("--config . plan", 2, "cannot be read"),
    ("--config binary ingest", 2, "cannot be read"),
    ("--config deep.yaml doctor", 2, "deep.yaml"),
    ("--config list.yaml runs", 2, "list.yaml"),
    ("--config empty.yaml search x", 2, "empty.yaml"),
    ("--config none/none.yaml init", 2, "cannot be written"),
    ("init --path documents", 2, "exists already"),
    ("plan --save .", 2, "cannot be written"),
    ("plan --save none/plan.json", 2, "cannot be written"),
    ("ingest --plan .", 2, "cannot be read"),
    ("ingest --plan none.json", 2, "cannot be read"),
    ("ingest --plan binary", 2, "cannot be read"),
    ("ingest --plan empty.yaml", 2, "empty.yaml"),
    ("ingest --plan list.yaml", 2, "list.yaml"),
    ("ingest --plan deep.yaml", 2, "deep.yaml"),
    ("ingest --max-documents -1", 2, "--max-documents"),
    ("ingest --max-tokens x", 2, "--max-tokens"),
    ("ingest --wait -1", 2, "--wait"),
    ("ingest --wait nan", 2, "--wait"),
    ("ingest --wait x", 2, "--wait"),
    ("ingest --runner none", 2, "--runner"),
    ("backfill --since x", 2, "--since"),
    ("backfill --since 2026-02-30", 2, "--since"),
    ("backfill --since 2026-02-01 --until 2026-01-01", 2, "before it begins"),
    ("backfill --until 9999-12-31 --since 9999-12-01 --every month", 0, ""),
    ("backfill --every day", 2, "--since and --until"),
    ("backfill --every century", 2, "--every"),
    ("backfill --source none", 2, "none"),
    ("backfill --reason none", 0, "0 listed"),
    ("backfill --by moon", 2, "--by"),
    ("backfill --reprocess none", 2, "--reprocess"),
    ("backfill --wait -0.5", 2, "--wait"),
    ("replay --source none", 2, "none"),
    ("replay --reason none", 0, "0 listed"),
    ("reindex --source none", 2, "none"),
    ("reindex --golden none", 2, "none"),
    ("reindex --golden .", 2, "."),
    ("reindex --golden binary", 2, "binary cannot be read"),
    ("reindex --golden list.yaml", 2, "list.yaml, line 1"),
    ("reindex --again parse", 2, "backfill --reprocess parse"),
    ("search x -k 0", 2, "-k"),
    (f"search x --mode text -k {HUGE}", 2, "-k"),
    ("search x --mode none", 2, "--mode"),
    ("search x --mode text -w none", 2, "none"),
    ("search x --mode text -w none=1", 2, "none"),
    ("search x --mode text -w char_start=many", 2, "char_start"),
    (f"search x --mode text -w char_start={HUGE}", 2, "char_start"),
    ("evaluate", 2, "no golden queries"),
    ("evaluate none", 2, "none"),
    ("evaluate .", 2, "."),
    ("evaluate binary", 2, "binary cannot be read"),
    ("evaluate list.yaml", 2, "list.yaml, line 1"),
    ("evaluate deep.yaml", 2, "deep.yaml, line 1"),
    ("trace none", 5, "none"),
    ("trace ''", 5, ""),
    ("impact none", 5, "none"),
    ("lineage none", 5, "none"),
    ("lineage 20200101T", 5, "20200101T"),
    ("show none", 5, "none"),
    ("show ''", 5, "there is no run ''"),
    ("runs -n 0", 2, "-n"),
    (f"runs -n {HUGE}", 0, ""),
    ("report none", 5, "none"),
    ("report latest none", 5, "none"),
    ("report --days -1", 2, "--days"),
    ("report --days nan", 2, "--days"),
    (f"report --days {HUGE}", 2, "--days"),
    ("report none --days 1", 2, "--days"),
    ("diff none none", 5, "none"),
    ("rollback none", 5, "none"),
    ("rollback 2", 5, "runs begin with '2'"),
    ("release", 5, "no rollback"),
    ("undelete none", 5, "none"),
    ("undelete none --days 0", 2, "--days"),
    (f"undelete none --days {HUGE}", 2, "--days"),
    ("quarantine", 2, ""),
    ("quarantine list -n 0", 2, "-n"),
    ("quarantine list --reason none", 0, ""),
    ("quarantine show none", 5, "none"),
    ("golden add x -d none -a x", 2, "retrieval.golden"),
    ("golden add x", 2, "retrieval.golden"),
    ("maintain --wait -1", 2, "--wait"),
    ("nonsense", 2, "nonsense"),
    ("", 2, ""),
]
COMMANDS_OF_AN_INDEX = [
    "search x --mode text",
    "search x",
    "evaluate golden.jsonl",
    "trace x",
    "impact x",
    "lineage x",
    "runs",
    "show",
    "report",
    "report --days 1",
    "metrics",
    "diff",
    "rollback x",
    "release",
    "undelete x",
    "quarantine list",
    "quarantine show x",
    "doctor",
    "maintain",
]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    """The folder of a project with one published document, and files that nothing can read."""
    folder = tmp_path_factory.mktemp("commands")
    settings = configure(folder, tiny_model)
    write(settings, "tea.md", "# Tea\n\nGreen tea is steeped for two minutes.")
    for _ in range(2):  # so that the beginning of an id may stand for either
        run(settings)
    (folder / "binary").write_bytes(BINARY)
    (folder / "empty.yaml").write_text("")
    (folder / "list.yaml").write_text("[1, 2]")
    (folder / "deep.yaml").write_text(DEEP)
    golden = {"id": "1", "query": "x", "source": "docs", "uri": "tea.md", "answer": "tea"}
    (folder / "golden.jsonl").write_text(json.dumps(golden))
    return folder


@pytest.fixture
def in_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Path, str], tuple[int, str]]:
    """Runs a command in a folder; returns its exit code and what it says."""
    for name in ("PREFECT_API_URL", "PREFECT_PROFILES_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")

    def run_in(folder: Path, command: str) -> tuple[int, str]:
        monkeypatch.chdir(folder)
        arguments = ["" if word == "''" else word for word in command.split(" ") if word]
        shown = run_command(*arguments)
        return shown.code, shown.output + shown.errors

    return run_in


def is_explained(code: int, printed: str) -> bool:
    """Return whether an exit code is documented, and what is printed are no words of Python."""
    is_documented = code in EXIT_CODES and code != 1
    return (
        is_documented
        and bool(printed.strip())
        and "Traceback" not in printed
        and "does not know" not in printed
    )


@pytest.mark.parametrize(("command", "code", "words"), WITH_AN_INDEX)
def test_wrong_input_is_explained(
    published: Path, in_folder: Callable, command: str, code: int, words: str
):
    done, printed = in_folder(published, command)
    assert is_explained(done, printed), printed[-2000:]
    assert (done, words in printed) == (code, True), printed[-2000:]


@pytest.mark.parametrize("command", COMMANDS_OF_AN_INDEX)
def test_without_an_index_each_command_says_how_to_make_one(
    published: Path, tmp_path: Path, in_folder: Callable, command: str
):
    project = tmp_path / "project"
    shutil.copytree(published, project, ignore=shutil.ignore_patterns("data"))
    done, printed = in_folder(project, command)
    assert (done, "vouch ingest" in printed) == (5, True), printed[-2000:]
