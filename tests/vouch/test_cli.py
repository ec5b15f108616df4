"""The command line as people and programs use it, with the local runner: no server is configured."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from tests import without_network
from tests.command_line import run_command
from vouch.cli import EXIT_CODES

ROOT = Path(__file__).parents[2]
LIMIT_S = 900  # for a process that hangs; no claim is about time
DOCUMENTS: dict[str, str | bytes] = {
    "tea.md": "# Tea\n\nGreen tea is steeped for two minutes.",
    "empty.txt": b"",
}
DEAD_SERVER = "http://127.0.0.1:1/api"
Completed: TypeAlias = subprocess.CompletedProcess[str]
Command: TypeAlias = Callable[..., Completed]


@pytest.fixture(autouse=True)
def no_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Configure no Prefect server, and hide the profiles of whoever runs the tests."""
    for name in ("PREFECT_API_URL", "PREFECT_PROFILES_PATH"):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PREFECT_HOME", str(home / "prefect"))
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs a command in the test's folder and in this process."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Completed:
        shown = run_command(*arguments)
        return Completed(arguments, shown.code, shown.output, shown.errors)

    return run


def in_new_process(folder: Path, *command: str) -> Completed:
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )
    assert done.returncode == 0, done.stderr
    return done


def test_a_persons_first_hour(project, command: Command):
    """From `init` to `trace`, with the real model.

    What uses the model runs in new processes that cannot reach a network, where the machine allows
    network namespaces.
    """
    folder = project(DOCUMENTS).parent
    (folder / "vouch.yaml").unlink()
    wrap = without_network.unshare([]) if without_network.possible() else []
    vouch = [*wrap, sys.executable, "-m", "vouch"]

    assert command("init", "--path", "documents").returncode == 0
    schema = json.loads((folder / "vouch.schema.json").read_text())
    assert schema["properties"].keys() >= {"sources", "chunking"}
    assert "2 new" in command("plan").stdout
    assert not (folder / "data").exists()

    ingested = in_new_process(folder, *vouch, "ingest").stdout
    assert (
        "2 listed + 0 attached = 1 published + 0 unchanged + 0 filtered + 1 quarantined" in ingested
    )
    [report] = re.findall(r"report: +(\S+)", ingested)
    assert (folder / report).is_file()
    searched = in_new_process(folder, *vouch, "--json", "search", "how long to brew")
    [answer] = json.loads(searched.stdout)
    [hit] = answer["hits"]
    assert (hit["uri"], hit["text"]) == ("tea.md", "Tea\n\nGreen tea is steeped for two minutes.")

    assert "tea.md, Tea [0:42]" in command("search", "--mode", "text", "steeped").stdout
    chunk = hit["chunk_id"]
    traced = command("trace", chunk[:8])
    assert (traced.returncode, traced.stdout.count("proved")) == (0, 6), traced.stderr
    assert "was derived from text/" in command("lineage", chunk[:8]).stdout
    provenance = json.loads(command("lineage", chunk[:8], "--prov").stdout)
    assert f"vouch:chunk/{chunk}" in provenance["entity"]
    assert "empty.txt" in command("quarantine", "list").stdout
    assert "the file is empty" in command("quarantine", "show", "empty.txt").stdout
    assert "tea.md" in command("impact", "tea.md").stdout
    assert "published" in command("runs").stdout
    assert json.loads(command("--json", "show").stdout)["accounting"]["published"] == 1
    assert 'vouch_run_documents{kind="ingest"' in command("metrics").stdout
    assert "No recipients" in command("alert").stdout
    assert command("report").stdout.startswith("Report: data/reports/")
    (folder / "documents/tea.md").write_text("# Tea\n\nChanged.")
    changed = command("trace", chunk)
    assert (changed.returncode, "`vouch ingest` ingests the change" in changed.stderr) == (5, True)


def test_saved_plans_rollback_repair_and_reprocessing(project, command: Command, tiny_model: Path):
    folder = project(DOCUMENTS, f"embedding: {{model: {tiny_model}}}\n").parent
    assert command("plan", "--save", "plan.json").returncode == 0
    refused = command("ingest", "--max-tokens", "1")
    assert (refused.returncode, "nothing was spent" in refused.stderr) == (9, True)
    first = json.loads(command("--json", "ingest", "--plan", "plan.json").stdout)["run_id"]
    stale = command("ingest", "--plan", "plan.json")
    assert (stale.returncode, "empty.txt: new, now unchanged" in stale.stderr) == (8, True)

    (folder / "documents/tea.md").write_text("# Tea\n\nA bad edit.")
    assert json.loads(command("--json", "ingest").stdout)["accounting"]["published"] == 1
    assert "Documents that differ: 1" in command("diff").stdout
    assert "was derived from state/" in command("lineage", "latest").stdout
    assert "No run publishes until vouch release" in command("rollback", first).stdout
    assert "two minutes" in command("search", "--mode", "text", "tea").stdout
    blocked = command("ingest")
    assert (blocked.returncode, "holds the index" in blocked.stderr) == (11, True)
    assert command("release").returncode == 0

    assert "Sound" in command("doctor").stdout
    (folder / "data/work/shards/orphan").mkdir(parents=True)
    (folder / "data/work/shards/orphan/chunks.parquet").touch()
    unsound = command("doctor")
    assert (unsound.returncode, "vouch doctor --repair" in unsound.stderr) == (5, True)
    repaired = command("doctor", "--repair")
    assert (repaired.returncode, "1 repaired, 0 left" in repaired.stdout) == (0, True)

    replayed = command("--json", "replay", "--reason", "empty")
    assert json.loads(replayed.stdout)["accounting"]["quarantined"] == 1
    period = ("--since", "2020-01-01", "--until", "2020-03-01", "--every", "month")
    assert json.loads(command("--json", "backfill", *period).stdout) == []
    assert "0 windows had work" in command("backfill", *period).stdout
    assert json.loads(command("--json", "reindex").stdout)["status"] == "unchanged"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("-c", "nowhere.yaml", "plan"), 2, "nowhere.yaml cannot be read"),
        (("init",), 2, "vouch.yaml exists already; remove it first"),
        (("-c", "new.yaml", "init", "--path", "nowhere"), 2, "--path: there is no folder nowhere"),
        (("-c", "new.yaml", "init", "--path", ""), 2, "--path is empty"),
        (("-c", "new.yaml", "init", "--name", "A b"), 2, "--name 'A b': a name has small letters"),
        (("-c", "none/vouch.yaml", "init"), 2, "none/vouch.yaml cannot be written: No such file"),
        (("plan", "--save", "none/plan.json"), 2, "none/plan.json cannot be written: No such file"),
        (("ingest", "--plan", "plan.json"), 2, "plan.json cannot be read: No such file"),
        (("evaluate", "latin.jsonl"), 2, "latin.jsonl cannot be read: it is not UTF-8 text"),
        (("reindex", "--golden", "latin.jsonl"), 2, "latin.jsonl cannot be read: it is not UTF-8"),
        (("search", "x"), 5, "run `vouch ingest` first"),
        (("runs",), 5, "there is no index"),
        (("runs", "-n", "0"), 2, "Invalid value for '-n'"),
        (("backfill", "--every", "day"), 2, "needs --since and --until"),
        (("replay", "--source", "none"), 2, "there is no source 'none'"),
        (("nonsense",), 2, "No such command"),
    ],
)
def test_an_error_is_explained_and_has_its_exit_code(
    project, command: Command, tiny_model: Path, arguments: tuple[str, ...], code: int, message: str
):
    folder = project(DOCUMENTS, f"embedding: {{model: {tiny_model}}}\n").parent
    (folder / "latin.jsonl").write_bytes(b"\xff")
    done = command(*arguments)
    assert (done.returncode, message in done.stderr) == (code, True), done.stderr


def test_what_the_index_does_not_have_is_named(project, command: Command, tiny_model: Path):
    project(DOCUMENTS, f"embedding: {{model: {tiny_model}}}\n")
    assert command("ingest").returncode == 0
    for arguments, message in [
        (("trace", "none"), "there is no chunk 'none'"),
        (("show", "none"), "there is no run 'none'; `vouch runs` lists them"),
        (("rollback", "none"), "there is no run 'none'"),
        (("impact", "none.md"), "the index has no document 'none.md'"),
        (("undelete", "none.md"), "none.md"),
        (("quarantine", "show", "none"), "`vouch quarantine list` lists"),
        (("release",), "no rollback holds the index"),
        (("diff",), "two are needed to compare"),
    ]:
        done = command(*arguments)
        assert (done.returncode, message in done.stderr) == (5, True), done.stderr


def test_a_server_that_does_not_answer_is_named(
    project, command: Command, monkeypatch: pytest.MonkeyPatch
):
    project(DOCUMENTS)
    monkeypatch.setenv("PREFECT_API_URL", DEAD_SERVER)
    with temporary_settings({PREFECT_API_URL: DEAD_SERVER}):
        done = command("ingest")
    assert done.returncode == 1
    assert f"the Prefect server at {DEAD_SERVER} cannot be used" in done.stderr
    assert "--runner local" in done.stderr


def test_a_rejected_run_exits_with_ten(project, command: Command, tiny_model: Path):
    contract = "contracts: {batch: {min_documents: 9}}\n"
    project(DOCUMENTS, f"embedding: {{model: {tiny_model}}}\n{contract}")
    done = command("ingest")
    assert (done.returncode, "was rejected and published nothing" in done.stderr) == (10, True)


def test_the_help_shows_each_command_in_a_whole_sentence_and_every_exit_code(
    command: Command, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("COLUMNS", "80")
    text = command("--help").stdout
    assert "..." not in text.partition("Commands:")[2]
    for code, meaning in EXIT_CODES.items():
        assert re.search(rf"^ +{code}  {re.escape(meaning)}$", text, re.MULTILINE)


IMPORTED = """
import sys
from vouch.cli import main
try:
    main()
except SystemExit as exit:
    assert not exit.code, exit.code
print(*sys.modules, file=open("imported.txt", "w"))
"""
GATE = {"scipy", "sqlalchemy", "great_expectations", "presidio_analyzer", "ir_measures"}


def imported(folder: Path, *arguments: str) -> set[str]:
    """Return the modules that a command has imported by its end."""
    in_new_process(folder, sys.executable, "-c", IMPORTED, *arguments)
    return set((folder / "imported.txt").read_text("utf-8").split())


def test_help_imports_nothing_heavy(tmp_path: Path):
    heavy = {"torch", "prefect", "lancedb", "pandera", "polars", *GATE}
    assert heavy & imported(tmp_path, "--help") == set()


def test_only_runs_that_publish_import_what_the_gate_needs(
    project, command: Command, tiny_model: Path
):
    settings = f"embedding:\n  model: {tiny_model}\nretrieval:\n  golden: golden.jsonl\n"
    folder = project(DOCUMENTS, settings).parent
    golden = {"id": "1", "query": "x", "source": "docs", "uri": "tea.md", "answer": "x"}
    (folder / "golden.jsonl").write_text(json.dumps(golden))
    assert command("ingest").returncode == 0
    # By words: Sentence Transformers, which a search by meaning may need, imports scipy itself.
    assert GATE & imported(folder, "search", "--mode", "text", "tea") == set()
    assert {"prefect", *GATE} & imported(folder, "ingest") == set()
    assert "unchanged" in command("runs").stdout
