"""A wheel of Vouch works beside an application whose modules have the names of Vouch's rooms.

It is built from the sources and installed in a new environment, which sees the dependencies of
the current one but not its editable install.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from tools.link_tree import ROOT, rooms

# Prints what it finds as JSON. Its own modules have the names of the rooms.
APPLICATION = """\
import json
import multiprocessing
import os
import sys


def find(query):
    import vouch

    [hit] = vouch.open("data/index").search(query, k=1)
    return [hit.uri, vouch.__file__]


if __name__ == "__main__":
    environment, path, modules = dict(os.environ), list(sys.path), set(sys.modules)
    import vouch

    changed = [dict(os.environ) != environment, sys.path != path]
    imported = sorted(name for name in set(sys.modules) - modules if not name.startswith("vouch"))
    own = [__import__(name).OWNER for name in sys.argv[1:]]
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        [spawned] = pool.map(find, ["How long does green tea steep?"])
    print(json.dumps({"changed": changed, "imported": imported, "own": own, "spawned": spawned}))
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a virtual environment into which a wheel of these sources is installed."""
    sources = tmp_path_factory.mktemp("sources")
    for name in ("setup.py", "pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, sources / name)
    for folder in ("vouch", *rooms()):
        shutil.copytree(
            ROOT / folder, sources / folder, ignore=shutil.ignore_patterns("__pycache__")
        )
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True)
    # A line of a .pth file: the dependencies are found, the .pth files beside them (the editable install) are not read.
    dependencies = sysconfig.get_path("purelib")
    (_site_packages(folder) / "dependencies.pth").write_text(dependencies)
    _run(
        *(sys.executable, "-m", "pip", "--python", folder / "bin/python", "install", "--quiet"),
        *("--no-deps", "--no-build-isolation", "--no-index", "--ignore-installed", sources),
    )
    return folder


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    """The folder of an application with documents, settings, and modules named like the rooms."""
    folder = tmp_path_factory.mktemp("application")
    (folder / "application.py").write_text(APPLICATION)
    for room in rooms():
        (folder / f"{room}.py").write_text("OWNER = 'application'\n")
    (folder / "sources.py").unlink()
    (folder / "sources").mkdir()
    (folder / "sources/__init__.py").write_text("OWNER = 'application'\n")
    (folder / "documents").mkdir()
    (folder / "documents/tea.md").write_text(
        "# Tea\n\nGreen tea is steeped at seventy degrees for two minutes.\n"
    )
    (folder / "documents/coffee.html").write_text(
        "<h1>Coffee</h1><p>An espresso is drawn in about twenty-five seconds.</p>"
    )
    (folder / "vouch.yaml").write_text(
        "sources:\n  - {name: docs, path: documents}\n"
        f"embedding: {{model: {tiny_model}}}\nparsing: {{workers: 1}}\n"
    )
    return folder


def test_the_wheel_holds_every_file_of_the_rooms(environment: Path):
    installed = _site_packages(environment) / "vouch"
    expected = {
        Path(room) / file.relative_to(ROOT / room)
        for room in rooms()
        for file in (ROOT / room).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    } | {file.relative_to(ROOT / "vouch") for file in (ROOT / "vouch").rglob("*.py")}
    assert [str(path) for path in sorted(expected) if not (installed / path).is_file()] == []
    assert (installed / "py.typed").is_file()


def test_the_wheel_ingests_and_searches_beside_modules_named_like_rooms(
    environment: Path, application: Path
):
    python = environment / "bin/python"
    # `python -m` puts the application's folder first on sys.path.
    run = json.loads(_run(python, "-m", "vouch", "--json", "ingest", cwd=application))
    assert run["status"] == "published"
    assert list((application / "data/reports").glob("*.html"))

    result = json.loads(_run(python, "application.py", *rooms(), cwd=application))
    assert result["own"] == ["application"] * len(rooms())
    assert result["spawned"][0] == "tea.md"
    assert Path(result["spawned"][1]).is_relative_to(environment)
    assert result["changed"] == [False, False]
    # Nothing heavy is imported before it is used.
    assert {"torch", "lancedb", "prefect", "pandera"}.isdisjoint(result["imported"])


def test_prefect_loads_every_deployment_by_its_path(monkeypatch: pytest.MonkeyPatch):
    from prefect.flows import load_flow_from_entrypoint

    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "path", list(sys.path))
    entrypoints = re.findall(r"entrypoint: (\S+)", (ROOT / "prefect.yaml").read_text("utf-8"))
    assert entrypoints
    for entrypoint in entrypoints:
        name = entrypoint.partition(":")[2]
        assert load_flow_from_entrypoint(entrypoint).name == name.replace("_", "-")


def test_no_file_of_flows_hides_a_standard_module():
    # Prefect puts flows/ first on sys.path, where flows/secrets.py would be imported instead of the standard library's.
    names = {file.stem for file in (ROOT / "flows").glob("*.py")}
    assert names.isdisjoint(sys.stdlib_module_names)


def _site_packages(environment: Path) -> Path:
    [folder] = environment.glob("lib/python*/site-packages")
    return folder


def _run(*command: str | Path, cwd: Path | None = None) -> str:
    """Return what a command prints on standard output; fail with its standard error."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=cwd, env=inherited, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout
