"""The command line as a person and as a machine use it: the real program, in its own process."""

import io
import json
import os
import re
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path

import pytest
from prefect.settings import PREFECT_API_URL

from tests import without_network

ROOT = Path(__file__).parent.parent.parent
DOCUMENTS: dict[str, str | bytes] = {
    "tea.md": "# Tea\n\nGreen tea is steeped for two minutes.",
    "empty.txt": b"",
}


def vouch(
    folder: Path, *arguments: str, wrap: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "PREFECT_HOME": str(folder / "prefect"),
        "COLUMNS": "200",
        "PYTHONPATH": str(ROOT),
    }
    environment.pop("PREFECT_API_URL", None)
    command = [*wrap, sys.executable, "-m", "vouch", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=280
    )


def test_a_persons_first_hour(project, monkeypatch: pytest.MonkeyPatch):
    """From `init` to `trace`, in a network namespace without a route where the machine lets us make one.

    What only reads the index afterwards is asked in this process: that costs no imports.
    """
    folder = project(DOCUMENTS).parent
    (folder / "vouch.yaml").unlink()
    wrap = tuple(without_network.unshare([])) if without_network.possible() else ()
    assert vouch(folder, "init", "--path", "documents").returncode == 0
    assert json.loads((folder / "vouch.schema.json").read_text())["properties"].keys() >= {
        "sources",
        "chunking",
    }
    planned = vouch(folder, "plan")
    assert "2 new" in planned.stdout
    assert not (folder / "data").exists()

    done = vouch(folder, "ingest", wrap=wrap)
    assert done.returncode == 0, done.stderr
    assert (
        "2 listed + 0 attached = 1 published + 0 unchanged + 0 filtered + 1 quarantined"
        in done.stdout
    )
    report = re.search(r"report: +(\S+)", done.stdout)
    assert report is not None
    assert (folder / report[1]).is_file()

    found = vouch(folder, "--json", "search", "how long to brew", wrap=wrap)
    (answer,) = json.loads(found.stdout)
    hit = answer["hits"][0]
    assert (hit["uri"], hit["text"]) == ("tea.md", "Tea\n\nGreen tea is steeped for two minutes.")
    assert "tea.md, Tea [0:42]" in vouch(folder, "search", "--mode", "text", "steeped").stdout

    traced = vouch(folder, "trace", hit["chunk_id"][:8])
    assert traced.returncode == 0, traced.stderr
    assert traced.stdout.count("proved") == 6
    told = vouch(folder, "lineage", hit["chunk_id"][:8], "--prov")
    assert f"vouch:chunk/{hit['chunk_id']}" in json.loads(told.stdout)["entity"]
    (folder / "documents/tea.md").write_text("# Tea\n\nChanged.")
    assert vouch(folder, "trace", hit["chunk_id"]).returncode == 5

    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "200")
    command = partial(in_this_process, monkeypatch)
    assert "empty.txt" in command("quarantine", "list").stdout
    assert "the file is empty" in command("quarantine", "show", "empty.txt").stdout
    assert "tea.md" in command("impact", "tea.md").stdout
    assert "published" in command("runs").stdout
    assert json.loads(command("--json", "show").stdout)["accounting"]["published"] == 1
    assert command("report").stdout.startswith("Report: data/reports/")


def in_this_process(
    monkeypatch: pytest.MonkeyPatch, *arguments: str
) -> subprocess.CompletedProcess[str]:
    """A command as `vouch` runs it, without the seconds that a process of its own takes to import what it needs."""
    from vouch.cli import main

    monkeypatch.setattr(sys, "argv", ["vouch", *arguments])
    out, error, code = io.StringIO(), io.StringIO(), 0
    with redirect_stdout(out), redirect_stderr(error):
        try:
            main()
        except SystemExit as left:
            code = int(left.code or 0)
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), error.getvalue())


def test_going_back_and_looking_after(project, prefect_server, monkeypatch: pytest.MonkeyPatch):
    """The commands of a bad morning, one after the other."""
    folder = project(DOCUMENTS).parent
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "200")
    command = partial(in_this_process, monkeypatch)
    assert command("plan", "--save", "plan.json").returncode == 0
    refused = command("ingest", "--max-tokens", "1")
    assert (refused.returncode, "nothing was spent" in refused.stderr) == (9, True)
    first = json.loads(command("--json", "ingest", "--plan", "plan.json").stdout)["run_id"]
    stale = command("ingest", "--plan", "plan.json")
    assert (stale.returncode, "empty.txt: new, now unchanged" in stale.stderr) == (8, True)
    (folder / "documents/tea.md").write_text("# Tea\n\nA bad edit.")
    assert json.loads(command("--json", "ingest").stdout)["accounting"]["published"] == 1
    assert "1 documents differ" in command("diff").stdout
    assert "was derived from state/" in command("lineage", "latest").stdout
    assert (
        "Nothing is published from now on until vouch release" in command("rollback", first).stdout
    )
    assert "two minutes" in command("search", "--mode", "text", "tea").stdout
    held = command("ingest")
    assert (held.returncode, "holds the index" in held.stderr) == (11, True)
    assert command("release").returncode == 0
    assert "Sound" in command("doctor").stdout
    (folder / "data/work/shards/orphan").mkdir(parents=True)
    unsound = command("doctor")
    assert (unsound.returncode, "vouch doctor --repair" in unsound.stderr) == (5, True)
    mended = command("doctor", "--repair")
    assert (mended.returncode, "1 mended, 0 left" in mended.stdout) == (0, True), mended.stderr
    assert command("undelete", "nowhere.md").returncode == 5
    replayed = command("--json", "replay", "--reason", "empty")
    assert json.loads(replayed.stdout)["accounting"]["quarantined"] == 1
    windows = command(
        "--json", "backfill", "--since", "2020-01-01", "--until", "2020-03-01", "--every", "month"
    )
    assert [run["status"] for run in json.loads(windows.stdout)] == ["unchanged", "unchanged"]
    assert json.loads(command("--json", "reindex").stdout)["status"] == "unchanged"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("-c", "nowhere.yaml", "plan"), 2, "nowhere.yaml cannot be read"),
        (("init",), 2, "vouch.yaml is there already"),
        (("search", "x"), 5, "run `vouch ingest` first"),
        (("runs",), 5, "there is no index"),
        (("nonsense",), 2, "No such command"),
    ],
)
def test_errors_are_told_in_words_with_their_exit_code(
    project, arguments: tuple[str, ...], code: int, message: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(project(DOCUMENTS).parent)
    done = in_this_process(monkeypatch, *arguments)
    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_rejected_run_exits_with_ten(project):
    folder = project(DOCUMENTS, "contracts: {batch: {min_documents: 9}}\n").parent
    done = vouch(folder, "ingest")
    assert done.returncode == 10
    assert "was rejected and published nothing" in done.stderr
    assert "Traceback" not in done.stderr


def imported(folder: Path, *arguments: str, **environment: str) -> set[str]:
    """What a command has imported in a process of its own by its end."""
    code = """
import sys
from vouch.cli import main
try:
    main()
except SystemExit as left:
    assert not left.code, left.code
print(*sys.modules, file=open("imported.txt", "w"))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr
    return set((folder / "imported.txt").read_text("utf-8").split())


GATE = {"scipy", "sqlalchemy", "great_expectations", "presidio_analyzer", "ir_measures"}


def test_help_imports_nothing_heavy(tmp_path: Path):
    assert {"torch", "prefect", "lancedb", "pandera", "polars", *GATE} & imported(
        tmp_path, "--help"
    ) == set()


def test_what_only_the_gate_needs_is_not_imported_by_a_search_or_by_a_run_with_nothing_to_do(
    project, prefect_server, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
):
    folder = project(
        DOCUMENTS, f"embedding:\n  model: {tiny_model}\nretrieval:\n  golden: golden.jsonl\n"
    ).parent
    (folder / "golden.jsonl").write_text(
        json.dumps({"id": "1", "query": "x", "source": "docs", "uri": "tea.md", "answer": "x"})
    )
    monkeypatch.chdir(folder)
    assert in_this_process(monkeypatch, "ingest").returncode == 0
    # By words: Sentence Transformers, which a search by meaning needs, imports scipy itself.
    assert GATE & imported(folder, "search", "--mode", "text", "tea") == set()
    server = PREFECT_API_URL.value()
    assert server
    assert GATE & imported(folder, "ingest", PREFECT_API_URL=server) == set()
    assert "unchanged" in in_this_process(monkeypatch, "runs").stdout
