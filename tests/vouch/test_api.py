"""The Python API in a program of somebody else, whose process and module names are its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import vouch
from vouch.schemas.errors import IndexError_, RunRejected, SettingsError
from vouch.schemas.process.offline import SWITCHES

ROOT = Path(__file__).parents[2]
LIMIT_S = 900  # for a process that hangs; no claim is about time
DOCUMENTS = {
    "tea.md": "# Tea\n\nGreen tea is steeped for two minutes.",
    "bread.html": "<h1>Bread</h1><p>Rye bread is baked for an hour.</p>",
}
ROOMS = ("schemas", "index", "parsers", "flows", "pipeline")
# pandera sets the first two when it is imported, polars the third.
SET_BY_LIBRARIES = {"SPARK_LOCAL_IP", "PYARROW_IGNORE_TIMEZONE", "_RJEM_MALLOC_CONF"}

IMPORT = """
import json, logging, os, sys

def state():
    root = logging.getLogger()
    return [
        dict(os.environ), id(sys.modules["__main__"]), sys.path, sys.argv, os.getcwd(),
        root.level, len(root.handlers), sorted(root.manager.loggerDict), logging.raiseExceptions,
    ]

before = state()
import vouch
print(json.dumps(before == state()))
"""
# It has no `if __name__ == "__main__"`: a process that imported it again would start runs again.
PROGRAM = """
import json, os, sys

environment = dict(os.environ)
print("started", file=sys.stderr)
import vouch

counts = vouch.plan("vouch.yaml").plan.counts
record = vouch.ingest("vouch.yaml")
hits = vouch.open("data/index").search(
    "How long does rye bread bake?", k=2, breadth="all"
)
changed = {name for name in os.environ.keys() | environment.keys()
           if os.environ.get(name) != environment.get(name)}
print(json.dumps({
    "counts": counts, "published": record.accounting.published,
    "uris": [hit.uri for hit in hits], "changed": sorted(changed),
}))
"""


def run_program(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    """Run a program in its own folder, which comes first on `sys.path`."""
    (folder / "program.py").write_text(text)
    set_by_the_tests = {*SWITCHES, *SET_BY_LIBRARIES}
    kept = {name: value for name, value in os.environ.items() if name not in set_by_the_tests}
    done = subprocess.run(
        [sys.executable, "program.py"],
        cwd=folder,
        env=kept | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )
    assert done.returncode == 0, done.stderr
    return done


def test_the_import_changes_nothing_in_the_process(tmp_path: Path):
    assert json.loads(run_program(tmp_path, IMPORT).stdout) is True


def test_a_program_with_modules_named_like_ours_plans_ingests_and_searches(
    project, tiny_model: Path
):
    folder = project(DOCUMENTS, f"embedding: {{model: {tiny_model}}}\n").parent
    for name in ROOMS:
        (folder / f"{name}.py").write_text("raise SystemExit('this module is not part of Vouch')\n")
    done = run_program(folder, PROGRAM)
    result = json.loads(done.stdout)
    assert (result["counts"]["new"], result["published"]) == (2, 2)
    assert sorted(result["uris"]) == ["bread.html", "tea.md"]
    assert set(result["changed"]) == SET_BY_LIBRARIES
    assert done.stderr.count("started") == 1


def test_a_rejected_run_raises_and_publishes_nothing(project, tiny_model: Path):
    settings = project(
        DOCUMENTS,
        f"embedding: {{model: {tiny_model}}}\ncontracts: {{batch: {{min_documents: 9}}}}\n",
    )
    with pytest.raises(RunRejected, match="was rejected and published nothing"):
        vouch.ingest(settings)
    with pytest.raises(IndexError_):
        vouch.open(settings.parent / "data/index").search("bread")


@pytest.mark.parametrize("call", [vouch.plan, vouch.ingest])
def test_wrong_settings_are_a_settings_error_with_the_line(project, call):
    settings = project(DOCUMENTS, "paring: {}\n")
    with pytest.raises(SettingsError, match=r"line 6: paring is not a valid key"):
        call(settings)


def test_a_folder_without_an_index_is_an_index_error(tmp_path: Path):
    with pytest.raises(IndexError_, match="there is no index in .*/none"):
        vouch.open(tmp_path / "none")
